// What the panel shows when nothing is chosen: how much there is of everything, and how to use the page.

import { facts, make } from "./dom.js";
import { count, number } from "./words.js";

const KEYS = [
  ["/", "search"],
  ["↑ ↓", "move in a list"],
  ["Enter", "choose"],
  ["w", "ask why"],
  ["+ − 0", "zoom, when the drawing has the focus"],
  ["Esc", "back"],
];

export class Overview {
  constructor(box, _id, { store }) {
    this.box = box;
    this._store = store;
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
    this.box.replaceChildren(
      make("div", { class: "tiles" }, tiles.map(([value, noun]) => tile(value, noun))),
      facts([
        ["Daemon", `Tenantry ${status.version}, since ${new Date(status.started).toLocaleString("en-GB")}`],
        ["Connected", `${number(status.connected)} of ${count(status.switches, "switch", "switches")}`],
      ]),
      make("h3", {}, "Keys"),
      make("dl", { class: "keys" }, KEYS.map(([key, what]) => [make("dt", {}, make("kbd", {}, key)), make("dd", {}, what)])),
    );
  }
}

const tile = (value, noun) => make("div", { class: "tile" }, make("b", {}, number(value)), make("span", {}, noun));
