// What the panel shows when nothing is chosen: how much there is of everything, over which links most
// passes, and how to use the page.

import { choose } from "./choice.js";
import { facts, make, nameButton, refill } from "./dom.js";
import { count, linkName, number, passing } from "./words.js";

const BUSIEST = 5; // links that are listed
const KEYS = [
  ["/", "search"],
  ["↑ ↓", "move in a list"],
  ["Enter", "choose"],
  ["w", "ask why"],
  ["+ − 0", "zoom, when the drawing has the focus"],
  ["Esc", "back"],
];

export class Overview {
  constructor(box, _id, { store, loads }) {
    Object.assign(this, { box, _store: store, _loads: loads });
    this._about = make("div");
    this._busiest = make("div");
    this._busiest.hidden = true;
    const keys = KEYS.map(([key, what]) => [make("dt", {}, make("kbd", {}, key)), make("dd", {}, what)]);
    const title = make("h3", { class: "keys-title" }, "Keys");
    box.append(this._about, this._busiest, title, make("dl", { class: "keys" }, keys));
  }

  async load() {}

  show() {
    const status = this._store.status;
    if (!status) return;
    const tiles = [
      [status.switches, "switches"],
      [status.links, "links"],
      [status.tenants, "tenants"],
      [status.networks, "networks"],
      [status.ports, "ports"],
      [status.learned, "learned addresses"],
    ];
    this._about.replaceChildren(
      make("div", { class: "tiles" }, tiles.map(([value, noun]) => tile(value, noun))),
      facts([
        ["Daemon", `Tenantry ${status.version}, since ${new Date(status.started).toLocaleString("en-GB")}`],
        ["Connected", `${number(status.connected)} of ${count(status.switches, "switch", "switches")}`],
      ]),
    );
    this.showLoads();
  }

  /** Show over which links most passes. */
  showLoads() {
    const found = this._loads.busiest(BUSIEST).filter(({ id }) => this._store.links.has(id));
    this._busiest.hidden = !found.length;
    refill(this._busiest, found, () => [
      make("h3", {}, "Busiest links"),
      make("ul", { class: "busiest" }, found.map((load) => busy(load, this._store.links.get(load.id)))),
    ]);
  }
}

const busy = (load, row) =>
  make("li", {}, nameButton(linkName(row), () => choose("link", row.id)), make("span", { class: "soft" }, passing(load)));

const tile = (value, noun) => make("div", { class: "tile" }, make("b", {}, number(value)), make("span", {}, noun));
