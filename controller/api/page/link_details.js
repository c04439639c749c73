// A link: its ends, what it costs, how fast it is, and how it is.

import { ApiError } from "./api.js";
import { choose } from "./choice.js";
import { heading } from "./details.js";
import { dot, facts, make, nameButton, refill } from "./dom.js";
import { latency, linkName, linkState, speed } from "./words.js";

export class LinkDetails {
  constructor(box, id, { store, light }) {
    Object.assign(this, { box, id, _store: store, _light: light });
  }

  async load() {
    this._row = this._store.links.get(this.id);
    if (!this._row) throw new ApiError(404, "there is no such link, or no longer");
  }

  show() {
    const row = this._row;
    const { word, mood } = linkState(row);
    const end = (name, port) => [nameButton(name, () => choose("switch", name)), " ", make("code", {}, port)];
    refill(this.box, row, () => [
      heading("Link", linkName(row), dot(mood, word)),
      facts([
        ["State", make("span", { class: mood }, word)],
        ["From", make("span", {}, end(row.a_switch, row.a_interface))],
        ["To", make("span", {}, end(row.b_switch, row.b_interface))],
        ["Cost", String(row.cost)],
        ["Speed", speed(row.speed)],
        ["Latency", latency(row.latency)],
      ]),
    ]);
    this._light({ on: [`l:${this.id}`, `s:${row.a_switch}`, `s:${row.b_switch}`], extras: [] });
  }
}
