// A network: its key, where it runs, its ports, and on the drawing the tree or the tunnels that it uses.

import { choose } from "./choice.js";
import { dot, facts, make, nameButton, refill } from "./dom.js";
import { heading } from "./heading.js";
import { VirtualList } from "./virtual_list.js";
import { count, portState, segment } from "./words.js";

export class NetworkDetails {
  constructor(box, id, { store, api, why, light, placeOf }) {
    Object.assign(this, { box, id, _store: store, _api: api, _why: why, _light: light, _placeOf: placeOf });
    this._about = make("div");
    this._title = make("h3");
    const ports = make("div", { class: "list ports" });
    box.append(
      this._about,
      this._title,
      make("p", { class: "hint" }, "Choose two ports to see whether and how frames get from one to the other."),
      ports,
    );
    this._list = new VirtualList(ports, {
      ...{ label: `Ports of ${id}`, height: 48, keyOf: (port) => port.id },
      ...{ render: (port) => portRow(port, id, why.roleOf(port.id)), onPick: (port) => why.take(port.id) },
      about: (port) => [port, why.roleOf(port.id)],
    });
    this._box = ports;
  }

  async load() {
    const [tenant, name] = [this.id.slice(0, this.id.indexOf("/")), this.id.slice(this.id.indexOf("/") + 1)];
    const path = `networks/${encodeURIComponent(tenant)}/${encodeURIComponent(name)}`;
    const ports = [];
    const pages = async () => {
      for await (const rows of this._api.pages("ports", { network: this.id })) ports.push(...rows);
    };
    const [network, tree] = await Promise.all([this._api.get(path), this._api.get(`${path}/tree`), pages()]);
    Object.assign(this, { _network: network, _tree: tree.links, _ports: ports });
  }

  show() {
    const { _network: network, _ports: ports } = this;
    refill(this._about, network, () => about(network));
    this._title.textContent = count(ports.length, "port");
    this._box.style.setProperty("--rows", Math.max(1, ports.length));
    this._list.show(ports);
    this._list.mark(ports.map((port) => port.id).filter((id) => this._why.roleOf(id)));
    if (!this._why.isShown) this._light(this._lit());
  }

  /** What the drawing shows of it. */
  _lit() {
    const { switches, segment: kind } = this._network;
    const on = switches.map((name) => `s:${name}`);
    if (!kind || kind === "vlan") return { on: [...on, ...this._tree.map((link) => `l:${link}`)], via: this._via(), extras: [] };
    const outside = [...new Set(this._ports.map((port) => port.endpoint).filter(Boolean))];
    if (switches.length + outside.length < 2) return { on, extras: [] };
    const tunnels = ["underlay", ...switches.map((name) => `u:${name}`)];
    return { on: [...on, ...tunnels], extras: outside.flatMap((address, index) => this._outside(address, index)) };
  }

  /** The switches that its tree crosses, and that have no port of it. */
  _via() {
    const links = this._tree.map((id) => this._store.links.get(id)).filter(Boolean);
    const crossed = new Set(links.flatMap((row) => [row.a_switch, row.b_switch]));
    return [...crossed].filter((name) => !this._network.switches.includes(name)).map((name) => `s:${name}`);
  }

  /** An endpoint that is none of our switches', below the underlay. */
  _outside(address, index) {
    const places = [...this._store.switches.keys()].map((name) => this._placeOf(name)).filter(Boolean);
    const position = {
      x: Math.min(...places.map((at) => at.x)) + 30 + index * 140,
      y: Math.max(...places.map((at) => at.y)) + 170,
    };
    const [node, hub] = [`e:${address}`, "underlay"];
    return [
      { data: { id: node, says: address }, classes: "outside", position },
      { data: { id: `${node}:way`, source: node, target: hub, x: 0 }, classes: "attached" },
    ];
  }
}

function about(network) {
  const chips = network.switches.map((name) => nameButton(name, () => choose("switch", name), { class: "chip" }));
  return [
    heading("Network", network.id, make("span", { class: "badge" }, segment(network))),
    network.description && make("p", { class: "description" }, network.description),
    facts([
      ["Tenant", nameButton(network.tenant, () => choose("tenant", network.tenant))],
      ["Runs on", chips.length ? make("div", { class: "chips" }, chips) : "no switch"],
      ["Refused by", network.refused_by.length ? make("span", { class: "bad" }, network.refused_by.join(", ")) : null],
      ["Moving to", network.moving_to],
      ["Guests' MTU", network.guest_mtu && `${network.guest_mtu} bytes`],
      ["Learned", count(network.learned, "address", "addresses")],
    ]),
  ];
}

function portRow(port, network, role) {
  const { word, mood } = portState(port);
  const vlan = port.trunk.find((one) => one.network === network)?.vlan;
  const where = port.endpoint ? `behind ${port.endpoint}` : `${port.switch}:${port.interface}`;
  const addresses = [port.mac ?? "learned", ...port.ip].join(" · ");
  return [
    dot(mood, word),
    make(
      "span",
      { class: "main two" },
      make("span", {}, port.id, vlan && make("span", { class: "soft" }, ` tag ${vlan}`)),
      make("span", { class: "soft" }, `${where} · ${addresses}`),
    ),
    role && make("span", { class: "badge" }, role),
  ];
}
