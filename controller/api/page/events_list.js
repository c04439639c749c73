// What happens, the latest first. Events that come together are shown together, once in a frame; of all only the latest
// are kept. One that names a network or switch leads there.

import { choose } from "./choice.js";
import { byId, dot, make } from "./dom.js";
import { VirtualList } from "./virtual_list.js";
import { clock } from "./words.js";

const KEPT = 1_000;
const MOODS = { info: "none", warning: "busy", error: "bad", critical: "bad" };
/** Those that are about something lost, whatever their level. */
const LOSSES = new Set([
  ...["link-down", "switch-lost", "endpoint-lost", "underlay-fault"],
  ...["network-refused", "port-blocked", "reload-refused"],
]);

export class EventsList {
  constructor() {
    this._events = [];
    this._list = new VirtualList(byId("events"), {
      ...{ label: "Events, the latest first", height: 30, keyOf: (event) => event.id },
      ...{ render: eventRow, onPick: (event) => lead(event) },
    });
  }

  /** Events arrived, in order. */
  add(events) {
    const rows = events.filter(({ kind }) => kind !== "gap").map(({ data }) => JSON.parse(data));
    if (!rows.length) return;
    this._events = [...rows.reverse(), ...this._events].slice(0, KEPT);
    this._list.show(this._events, rows.length);
    byId("latest").textContent = `${clock(this._events[0].time)} ${wordsOf(this._events[0])}`;
  }
}

function wordsOf(event) {
  const where = event.port ?? event.network ?? event.tenant;
  return [event.switch, where, event.text].filter(Boolean).join(" · ");
}

function eventRow(event) {
  const mood = LOSSES.has(event.kind) ? "bad" : MOODS[event.level];
  return [
    make("time", { datetime: event.time }, clock(event.time)),
    dot(mood, event.level),
    make("span", { class: "kind" }, event.kind),
    make("span", { class: "main", title: wordsOf(event) }, wordsOf(event)),
  ];
}

function lead(event) {
  if (event.network) choose("network", event.network);
  else if (event.switch) choose("switch", event.switch);
}
