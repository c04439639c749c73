// A switch: its session, what is on it, its interfaces, with which others its tunnels do not work, and on the drawing its
// links.

import { choose } from "./choice.js";
import { dot, facts, make, refill } from "./dom.js";
import { heading } from "./heading.js";
import { pairsOf, unreachedBy } from "./pairs.js";
import { VirtualList } from "./virtual_list.js";
import { count, duration, number, segment, speed, switchState } from "./words.js";

const MOST_TROUBLES = 1_000;

export class SwitchDetails {
  constructor(box, id, { store, api, light }) {
    Object.assign(this, { box, id, _store: store, _api: api, _light: light });
    this._head = make("div");
    this._about = make("div");
    this._networksTitle = make("h3");
    this._networksBox = make("div", { class: "list networks" });
    this._interfacesBox = make("div");
    this._pairsTitle = make("h3", {}, "Tunnels that do not work as they should");
    this._pairsBox = make("div", { class: "list pairs" });
    box.append(this._head, this._about, this._pairsTitle, this._pairsBox, this._networksTitle, this._networksBox, this._interfacesBox);
    this._networks = new VirtualList(this._networksBox, {
      ...{ label: `Networks on ${id}`, height: 36, keyOf: (network) => network.id, render: networkRow },
      onPick: (network) => choose("network", network.id),
    });
    this._pairs = new VirtualList(this._pairsBox, {
      ...{ label: `Tunnels of ${id} that do not work as they should`, height: 48, keyOf: (pair) => pair.id, render: pairRow },
      onPick: (pair) => choose("switch", pair.from === id ? pair.to : pair.from),
    });
  }

  async load() {
    const networks = [];
    const pages = async () => {
      for await (const rows of this._api.pages("networks", { switch: this.id })) networks.push(...rows);
    };
    const troubles = this._api.get("underlay", { switch: this.id, limit: MOST_TROUBLES });
    const row = this._api.get(`switches/${encodeURIComponent(this.id)}`);
    [this._row, this._troubles] = await Promise.all([row, troubles, pages()]);
    this._found = networks;
  }

  show() {
    const row = this._row;
    const { word, mood } = switchState(row);
    const kind = row.endpoint ? "Hypervisor" : row.ports ? "Edge switch" : "Transit switch";
    refill(this._head, [kind, word], () => heading(kind, row.name, dot(mood, word)));
    this._about.replaceChildren(about(row));
    this._showPairs();
    this._networksTitle.textContent = count(this._found.length, "network");
    this._networksBox.hidden = this._found.length === 0;
    this._networksBox.style.setProperty("--rows", this._found.length);
    this._networks.show(this._found);
    this._interfacesBox.replaceChildren(...interfaces(this._row.interface_list));
    const links = [...this._store.links.values()].filter((row) => [row.a_switch, row.b_switch].includes(this.id));
    const near = new Set(links.flatMap((row) => [`s:${row.a_switch}`, `s:${row.b_switch}`]));
    this._light({ on: [`s:${this.id}`, ...near, ...links.map((row) => `l:${row.id}`), `u:${this.id}`], extras: [] });
  }

  _showPairs() {
    const pairs = pairsOf(this._troubles.items);
    this._pairsTitle.hidden = this._pairsBox.hidden = pairs.length === 0;
    this._pairsBox.style.setProperty("--rows", pairs.length);
    this._pairs.show(pairs);
  }
}

function about(row) {
  return facts([
    ["State", switchState(row).word],
    ["Session", row.session_seconds == null ? null : `for ${duration(row.session_seconds)}`],
    ["Draining", row.draining ? "yes: new ways avoid it" : null],
    ["Tunnel endpoint", row.endpoint],
    ["Out of reach", row.out_of_reach.length ? make("span", { class: "bad" }, `by ${unreachedBy(row)}: nobody floods to it`) : null],
    ["Datapath ID", make("code", {}, row.dpid)],
    ["Flows", number(row.flows)],
    ["Tenants' ports", number(row.ports)],
  ]);
}

function interfaces(rows) {
  if (!rows.length) return [];
  const body = rows.map((row) =>
    make(
      "tr",
      {},
      make("td", {}, dot(row.state === "up" ? "good" : "bad", row.state)),
      make("td", {}, make("code", {}, row.name)),
      make("td", { class: "number" }, speed(row.speed) ?? ""),
    ),
  );
  return [make("h3", {}, count(rows.length, "interface")), make("table", {}, make("tbody", {}, body))];
}

const pairRow = (pair) => [
  dot(pair.mood, pair.mood === "bad" ? "broken" : "narrow"),
  make("span", { class: "main two" }, make("span", {}, pair.id), make("span", { class: "soft" }, pair.text)),
];

const networkRow = (network) => [
  make("span", { class: "main" }, network.id),
  make("span", { class: "key none" }, segment(network)),
];
