"""Who should get a frame, from what was asked for alone.

This is the statement of isolation, written a second time and differently from the code under test: it looks at the
scene, never at units, flows or programs. Where something is a matter of choice the choice is said here:

* a frame for an address whose owner cannot be reached is treated as one for an unknown address in an overlay, and where
  there are no links; with links it goes to nobody;
* what came out of a tunnel never goes into a tunnel, so an outside sender reaches the ports of one switch at a time;
* a port that learns lets its guest send from any individual address.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

import networkx as nx

from controller.dataplane.packet import Packet
from controller.dataplane.walk import Place
from controller.fabric.model import End
from controller.intent.model import IpAddress, Port, Segment, SegmentKey
from tests.property.scene import Scene

Tags: TypeAlias = tuple[int, ...]
GROUP = 1 << 40


@dataclass(frozen=True)
class Expected:
    """What should come out, each as often as it should."""

    delivered: Counter[tuple[Place, Tags]] = field(default_factory=Counter)
    departed: Counter[tuple[IpAddress, str, int]] = field(default_factory=Counter)


@dataclass(frozen=True)
class Member:
    """A port in its role on one network."""

    port: Port
    tags: Tags
    """What its frames carry towards the guest."""
    place: Place | None
    """None for an outside port, and on a switch that was never seen."""


def members(scene: Scene, network: str) -> list[Member]:
    """Ports of the network, without those whose interface is missing."""
    found = []
    for port in scene.intent.ports.values():
        roles: list[Tags] = [()] if port.network == network else []
        roles += [(tag,) for tag, other in port.trunk if other == network]
        is_missing = port.switch in scene.views and scene.place(port) is None
        found += [Member(port, tags, scene.place(port)) for tags in roles if not is_missing]
    return found


def expected(scene: Scene, start: Place, packet: Packet) -> Expected:
    """All that should become of `packet` when it enters at `start`."""
    network, senders = sender_of(scene, start, packet)
    key = scene.keys.get(network)
    is_passed = any(may_send(scene, network, sender.port, packet.eth_src) for sender in senders)
    if key is None or not is_passed or packet.eth_dst >> 4 == 0x0180C200000:
        return Expected()
    others = [member for member in members(scene, network) if member not in senders]
    reached = [member for member in others if _has_way(scene, key, start[0], member)]
    owners = [m for m in members(scene, network) if packet.eth_dst in addresses(scene, network, m.port)]
    if any(owner in senders for owner in owners):
        reached = []
    elif any(owner in reached for owner in owners) or (owners and key.segment is Segment.VLAN and scene.links):
        reached = [member for member in reached if member in owners]
    if packet.tunnel.source is not None:
        reached = [member for member in reached if member.place and member.place[0] == start[0]]
    return _sorted_out(scene, key, start[0], reached)


def sender_of(scene: Scene, start: Place, packet: Packet) -> tuple[str, list[Member]]:
    """The network that a frame belongs to by where it enters, and who may have sent it; empty when to none."""
    for network in scene.intent.networks:
        present = members(scene, network)
        if packet.tunnel.source is None:
            senders = [m for m in present if m.place == start and m.tags == packet.tags]
        else:
            key = SegmentKey(_encapsulation(scene, start), packet.tunnel.id)
            is_here = scene.keys.get(network) == key and any(m.place and m.place[0] == start[0] for m in present)
            is_plain = is_here and not packet.tags
            senders = [
                m
                for m in present
                if is_plain and m.port.endpoint == packet.tunnel.source and _is_one_family(scene, start[0], m.port)
            ]
        if senders:
            return network, senders
    return "", []


def may_send(scene: Scene, network: str, port: Port, mac: int) -> bool:
    """Whether a port lets frames from this address pass."""
    return not mac & GROUP and (port.mac is None or mac in addresses(scene, network, port))


def addresses(scene: Scene, network: str, port: Port) -> set[int]:
    """MACs known to be behind a port in a network."""
    given = {int(port.mac.replace(":", ""), 16)} if port.mac else set()
    return given | {mac for where, who, mac in scene.learned if (where, who) == (network, port.id)}


def known_addresses(scene: Scene, network: str) -> set[int]:
    """MACs known to be behind any port of a network."""
    return set().union(*(addresses(scene, network, member.port) for member in members(scene, network)))


def connected(scene: Scene, switch: str) -> set[str]:
    """Switches that can be reached over links."""
    graph: nx.Graph[str] = nx.Graph([(link.a.switch, link.b.switch) for link in scene.links])
    graph.add_node(switch)
    return set(nx.node_connected_component(graph, switch))


def tunnel_of(scene: Scene, switch: str | None, segment: Segment) -> Place | None:
    """The tunnel interface of a switch for an encapsulation, when it has one."""
    known = scene.intent.fabric.switches.get(switch or "")
    number = scene.number(End(known.name, known.tunnels[segment])) if known and segment in known.tunnels else None
    return (known.name, number) if known and number is not None else None


def endpoint_of(scene: Scene, port: Port) -> IpAddress | None:
    """The tunnel endpoint that a port is behind."""
    return port.endpoint or scene.intent.fabric.switches[port.switch or ""].endpoint


def _has_way(scene: Scene, key: SegmentKey, switch: str, member: Member) -> bool:
    if member.port.switch == switch:
        return True
    if key.segment is Segment.VLAN:
        return member.port.switch in connected(scene, switch)
    return tunnel_of(scene, switch, key.segment) is not None and _is_one_family(scene, switch, member.port)


def _is_one_family(scene: Scene, switch: str, port: Port) -> bool:
    """Whether a switch and what a port is behind can send each other packets: both IPv4, or both IPv6."""
    here, there = scene.intent.fabric.switches[switch].endpoint, endpoint_of(scene, port)
    return here is not None and there is not None and here.version == there.version


def _sorted_out(scene: Scene, key: SegmentKey, switch: str, reached: Iterable[Member]) -> Expected:
    delivered, departed = Counter[tuple[Place, Tags]](), Counter[tuple[IpAddress, str, int]]()
    for member in reached:
        is_near = member.port.switch == switch or key.segment is Segment.VLAN
        if member.place and (is_near or tunnel_of(scene, member.port.switch, key.segment)):
            delivered[member.place, member.tags] += 1
        elif endpoint := endpoint_of(scene, member.port):
            # Several members behind one endpoint get one packet.
            departed[endpoint, key.segment.value, key.key] = 1
    return Expected(delivered, departed)


def _encapsulation(scene: Scene, start: Place) -> Segment:
    switch = scene.intent.fabric.switches[start[0]]
    return next(segment for segment in switch.tunnels if tunnel_of(scene, start[0], segment) == start)


def attachments(scene: Scene) -> Iterator[tuple[Port, Place]]:
    """Ports with a guest that can send."""
    for port in scene.intent.ports.values():
        place = scene.place(port)
        if place:
            yield port, place
