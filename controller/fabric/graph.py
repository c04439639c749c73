"""The fabric as a graph, for whoever draws, exports or questions it: a networkx graph that cannot be changed.

    guest -- port -- interface -- switch -- interface == interface -- switch -- endpoint -- interface (tunnel)

Interfaces are nodes of their own, so that several links between two switches stay several. A node is named by its kind
and what it stands for (`switch:s1`, `interface:s1:eth1`), and every attribute is text, a number or a truth value, which
all export formats can carry; one that is not known is left out.

    kind        attributes of a node
    switch      name, dpid, draining, state: connected, away (seen before), missing (never seen)
    interface   switch, name, state: up, down, missing; number, speed (kbit/s)
    endpoint    name (the address), outside: whether it is none of our switches'
    port        name, tenant, networks, ip
    guest       name (the MAC), network, learned

    kind        attributes of an edge
    has         a switch and its interface, or its endpoint
    link        two interfaces; cost, draining, state: up, down (named by the operator and not there); speed (kbit/s, of
                the slower one), latency (seconds, one way)
    tunnel      an endpoint and the interface by which its switch uses it; encapsulation
    attached    a port and its interface or endpoint, a guest and its port
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import networkx as nx

from controller.fabric.costs import reasons_to_drain, setting_of
from controller.fabric.model import End, Fabric, Link, SwitchView
from controller.intent.model import Intent, Port, Switch

NO_ADDRESSES: Mapping[str, Mapping[int, str]] = {}
NO_LATENCIES: Mapping[Link, float] = {}


def fabric_graph(
    intent: Intent,
    fabric: Fabric,
    learned: Mapping[str, Mapping[int, str]] = NO_ADDRESSES,
    latencies: Mapping[Link, float] = NO_LATENCIES,
) -> nx.Graph[str]:
    """A frozen graph of what was asked for and what is there.

    `learned` is network id -> MAC -> port id; `latencies` are in seconds, of those links where one was measured.
    """
    builder = _Builder(intent, fabric)
    for switch in intent.fabric.switches.values():
        builder.add_switch(switch, fabric.switches.get(switch.name))
    for link in sorted(fabric.links | {_named(ends) for ends in intent.fabric.links}):
        builder.add_link(link, latencies.get(link))
    for port in intent.ports.values():
        builder.add_port(port)
    for network, known in learned.items():
        for mac, port_id in known.items():
            if port_id in intent.ports:
                builder.add_guest(port_id, network, mac.to_bytes(6, "big").hex(":"), learned=True)
    nx.freeze(builder.graph)
    return builder.graph


def _named(ends: tuple[tuple[str, str], tuple[str, str]]) -> Link:
    return Link.between(End(*ends[0]), End(*ends[1]))


@dataclass(frozen=True, slots=True)
class _Builder:
    """A graph that is being made."""

    intent: Intent
    fabric: Fabric
    graph: nx.Graph[str] = field(default_factory=nx.Graph)

    def add_switch(self, switch: Switch, view: SwitchView | None) -> None:
        state = "missing" if view is None else "connected" if view.connected else "away"
        node = f"switch:{switch.name}"
        self.graph.add_node(
            node, kind="switch", name=switch.name, dpid=f"{switch.dpid:016x}", draining=switch.draining, state=state
        )
        for interface in view.interfaces if view else ():
            self._interface(End(switch.name, interface))
        if switch.endpoint is None:
            return
        endpoint = self._endpoint(str(switch.endpoint), outside=False)
        self.graph.add_edge(node, endpoint, kind="has")
        for encapsulation, interface in switch.tunnels.items():
            if view and interface in view.interfaces:
                tunnel = self._interface(End(switch.name, interface))
                self.graph.add_edge(endpoint, tunnel, kind="tunnel", encapsulation=encapsulation.value)

    def add_link(self, link: Link, latency: float | None) -> None:
        speeds = [view.interfaces[end.interface].speed for end, view in self._views(link)]
        known = {"speed": min(filter(None, speeds), default=None), "latency": latency}
        self.graph.add_edge(
            self._interface(link.a),
            self._interface(link.b),
            kind="link",
            state="up" if link in self.fabric.links else "down",
            cost=setting_of(self.intent.fabric, link).cost,
            draining=bool(reasons_to_drain(self.intent.fabric, link)),
            **{name: value for name, value in known.items() if value is not None},
        )

    def add_port(self, port: Port) -> None:
        node = f"port:{port.id}"
        self.graph.add_node(node, kind="port", name=port.id, tenant=port.tenant, networks=", ".join(port.networks))
        if port.ip:
            self.graph.nodes[node]["ip"] = ", ".join(map(str, port.ip))
        if port.endpoint:
            self.graph.add_edge(node, self._endpoint(str(port.endpoint), outside=True), kind="attached")
        elif port.switch and port.interface:
            self.graph.add_edge(node, self._interface(End(port.switch, port.interface)), kind="attached")
        for network in port.networks if port.mac else ():
            self.add_guest(port.id, network, str(port.mac), learned=False)

    def add_guest(self, port: str, network: str, mac: str, learned: bool) -> None:
        node = f"guest:{network}:{mac}"
        self.graph.add_node(node, kind="guest", name=mac, network=network, learned=learned)
        self.graph.add_edge(node, f"port:{port}", kind="attached")

    def _endpoint(self, address: str, outside: bool) -> str:
        node = f"endpoint:{address}"
        self.graph.add_node(node, kind="endpoint", name=address, outside=outside)
        return node

    def _interface(self, end: End) -> str:
        name = _shown(end.interface)
        node = f"interface:{end.switch}:{name}"
        if node not in self.graph:
            view = self.fabric.switches.get(end.switch)
            found = view.interfaces.get(end.interface) if view else None
            state = "missing" if found is None else "up" if found.up else "down"
            self.graph.add_node(node, kind="interface", switch=end.switch, name=name, state=state)
            if found:
                self.graph.nodes[node]["number"] = found.number
            if found and found.speed:
                self.graph.nodes[node]["speed"] = found.speed
            self.graph.add_edge(f"switch:{end.switch}", node, kind="has")
        return node

    def _views(self, link: Link) -> list[tuple[End, SwitchView]]:
        pairs = ((end, self.fabric.switches.get(end.switch)) for end in (link.a, link.b))
        return [(end, view) for end, view in pairs if view and end.interface in view.interfaces]


def _shown(name: str) -> str:
    """An interface's name, which a switch may have made up of anything, in characters that every format can carry."""
    return "".join(character if character.isprintable() else ascii(character)[1:-1] for character in name)
