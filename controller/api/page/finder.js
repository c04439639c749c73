// Tenants, networks and switches, listed and searched. The search is done here, in what has come already: for the daemon a
// letter more costs nothing. Words are looked for in names, descriptions, segments and keys; all of them have to be there.

import { chosen, choose } from "./choice.js";
import { byId, dot, make } from "./dom.js";
import { VirtualList } from "./virtual_list.js";
import { count, number, segment, switchState } from "./words.js";

const TABS = ["networks", "tenants", "switches"];

export class Finder {
  constructor(store) {
    this._store = store;
    this._texts = new WeakMap();
    this._tab = "networks";
    this._field = byId("search");
    this._list = new VirtualList(byId("found"), {
      ...{ label: "What was found", height: 44, keyOf: (item) => item.id ?? item.name },
      ...{ render: (item) => this._row(item), onPick: (item) => this._pick(item) },
    });
    this._field.addEventListener("input", () => this.update());
    this._field.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown" || event.key === "Enter") {
        event.preventDefault();
        this._list.enter();
      }
    });
    for (const tab of TABS) {
      byId(`tab-${tab}`).addEventListener("click", () => this._open(tab));
      byId(`tab-${tab}`).addEventListener("keydown", (event) => this._tabKey(event, tab));
    }
  }

  /** Begin to search. */
  focus() {
    this._field.focus();
    this._field.select();
  }

  /** Forget what was searched; whether there was something. */
  clear() {
    const was = this._field.value;
    this._field.value = "";
    this.update();
    return was !== "";
  }

  /** Show what is known and chosen now. */
  update() {
    const words = this._field.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const tab of TABS) {
      const found = this._all(tab).filter((item) => words.every((word) => this._textOf(item).includes(word)));
      byId(`count-${tab}`).textContent = number(found.length);
      byId(`tab-${tab}`).setAttribute("aria-selected", String(tab === this._tab));
      byId(`tab-${tab}`).tabIndex = tab === this._tab ? 0 : -1;
      if (tab !== this._tab) continue;
      this._list.show(found);
      byId("nothing").hidden = found.length > 0;
      byId("nothing").textContent = this._emptyWord(words);
    }
    const choice = chosen();
    this._list.mark(choice ? [choice.id] : []);
  }

  _emptyWord(words) {
    if (!this._store.status) return "Loading…";
    return words.length ? "Nothing has all of these words." : "There are none.";
  }

  _all(tab) {
    return tab === "switches" ? [...this._store.switches.values()] : this._store[tab];
  }

  _open(tab) {
    this._tab = tab;
    byId("found").scrollTop = 0;
    byId("found").setAttribute("aria-labelledby", `tab-${tab}`);
    this.update();
  }

  _tabKey(event, tab) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = TABS[(TABS.indexOf(tab) + step + TABS.length) % TABS.length];
    this._open(next);
    byId(`tab-${next}`).focus();
  }

  _textOf(item) {
    let text = this._texts.get(item);
    if (text === undefined) {
      const about = "segment" in item ? `${item.description} ${segment(item)}` : "dpid" in item ? item.endpoint : "";
      this._texts.set(item, (text = `${item.id ?? item.name} ${about ?? ""}`.toLowerCase()));
    }
    return text;
  }

  _pick(item) {
    if (this._tab === "tenants") {
      this._field.value = `${item.name}/`;
      this._open("networks");
    }
    choose(this._tab === "switches" ? "switch" : item.id ? "network" : "tenant", item.id ?? item.name);
  }

  _row(item) {
    if ("dpid" in item) return switchRow(item);
    if ("id" in item) return networkRow(item);
    return [
      make("span", { class: "main" }, item.name),
      make("span", { class: "side" }, `${count(item.networks, "network")} · ${count(item.ports, "port")}`),
    ];
  }
}

function networkRow(item) {
  const mood = item.refused_by.length ? "bad" : item.segment ? "none" : "busy";
  return [
    make("span", { class: "main" }, make("span", { class: "soft" }, `${item.tenant}/`), item.name),
    make("span", { class: `key ${mood}` }, segment(item)),
  ];
}

function switchRow(item) {
  const { word, mood } = switchState(item);
  return [dot(mood, word), make("span", { class: "main" }, item.name), make("span", { class: "side" }, word)];
}
