// A tenant: how much there is of it, its networks, and on the drawing the switches where it is.

import { choose } from "./choice.js";
import { facts, make, refill } from "./dom.js";
import { heading } from "./heading.js";
import { VirtualList } from "./virtual_list.js";
import { count, number, segment } from "./words.js";

export class TenantDetails {
  constructor(box, id, { store, api, light }) {
    Object.assign(this, { box, id, _store: store, _api: api, _light: light });
    this._about = make("div");
    this._box = make("div", { class: "list networks" });
    box.append(this._about, this._box);
    this._list = new VirtualList(this._box, {
      ...{ label: `Networks of ${id}`, height: 36, keyOf: (network) => network.id },
      ...{ render: (network) => [make("span", { class: "main" }, network.name), key(network)] },
      onPick: (network) => choose("network", network.id),
    });
  }

  async load() {
    this._row = await this._api.get(`tenants/${encodeURIComponent(this.id)}`);
  }

  show() {
    const networks = this._store.networks.filter((network) => network.tenant === this.id);
    const switches = new Set(networks.flatMap((network) => network.switches));
    refill(this._about, [this._row, switches.size, networks.length], () => [
      heading("Tenant", this.id),
      facts([
        ["Networks", number(this._row.networks)],
        ["Ports", number(this._row.ports)],
        ["Runs on", count(switches.size, "switch", "switches")],
      ]),
      make("h3", {}, count(networks.length, "network")),
    ]);
    this._box.style.setProperty("--rows", networks.length);
    this._list.show(networks);
    this._light({ on: [...switches].map((name) => `s:${name}`), extras: [] });
  }
}

const key = (network) => make("span", { class: "key none" }, segment(network));
