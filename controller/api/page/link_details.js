// A link: its ends, what it costs, how fast it is, how it is, and how much passes.

import { ApiError } from "./api.js";
import { choose } from "./choice.js";
import { dot, facts, make, nameButton, refill } from "./dom.js";
import { heading } from "./heading.js";
import { latency, linkName, linkState, number, passing, share, speed } from "./words.js";

export class LinkDetails {
  constructor(box, id, { store, loads, light }) {
    Object.assign(this, { box, id, _store: store, _loads: loads, _light: light });
    this._about = make("div");
    this._passing = make("div");
    box.append(this._about, this._passing);
  }

  async load() {
    this._row = this._store.links.get(this.id);
    if (!this._row) throw new ApiError(404, "there is no such link, or no longer");
  }

  show() {
    const row = this._row;
    const { word, mood } = linkState(row);
    const end = (name, port) => [nameButton(name, () => choose("switch", name)), " ", make("code", {}, port)];
    refill(this._about, row, () => [
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
    this.showLoads();
    this._light({ on: [`l:${this.id}`, `s:${row.a_switch}`, `s:${row.b_switch}`], extras: [] });
  }

  /** Show how much passes now. */
  showLoads() {
    const load = this._row.state === "up" ? this._loads.of(this.id) : null;
    this._passing.hidden = !load;
    if (load) refill(this._passing, load, () => [make("h3", {}, "Passing now"), facts(about(load))]);
  }
}

const about = (load) => [
  ["Rate", passing(load)],
  ["Load", share(load)],
  ["Frames/s", `${number(Math.round(load.packets_a_to_b))} →, ${number(Math.round(load.packets_b_to_a))} ←`],
  ["Drops/s", load.drops ? number(load.drops) : null],
];
