"""Whose a frame is by where it crosses the edge of a switch: interface, outermost tag, tunnel ID and remote endpoint.

Owners are told apart by text. A network's is its id (`tenant/name`); what belongs to nobody has a text that says where
it is, and that no network's id can be. Built from intent, the keys in force and what interfaces there are; never from
the flows that are to be examined.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from controller.fabric.model import SwitchView
from controller.intent.model import Intent, IpAddress, Port, Segment, SegmentKey

Owner: TypeAlias = str

LOCAL = 0xFFFFFFFE
"""OFPP_LOCAL: the bridge's own interface, which leads to the host."""


class Ground:
    """What is the same for all switches. Networks claim what is theirs; a later claim counts."""

    def __init__(self, ours: Iterable[IpAddress] = ()) -> None:
        self.ours = frozenset(ours)
        """Tunnel endpoints of our switches."""
        self.numbers: dict[Segment, dict[int, Owner]] = {segment: {} for segment in Segment}
        """Networks by segment and key."""
        self.keys: dict[Owner, tuple[SegmentKey, ...]] = {}
        """All keys whose frames may still be a network's."""
        self.outside: dict[IpAddress, set[Owner]] = {}
        """Networks that have a port at an endpoint that is not ours."""
        self._endpoints: dict[Owner, tuple[IpAddress, ...]] = {}
        self._first = min(self.ours, key=int, default=None)

    def claim(self, owner: Owner, keys: Iterable[SegmentKey], endpoints: Iterable[IpAddress]) -> None:
        """These keys, and ports at these endpoints outside, are a network's, and no others are any more."""
        for key in self.keys.pop(owner, ()):
            if self.numbers[key.segment].get(key.key) == owner:
                del self.numbers[key.segment][key.key]
        for key in (mine := tuple(dict.fromkeys(keys))):
            other = self.numbers[key.segment].get(key.key)
            if other is not None:
                self.keys[other] = tuple(one for one in self.keys[other] if one != key)
            self.numbers[key.segment][key.key] = owner
        for endpoint in self._endpoints.pop(owner, ()):
            self.outside[endpoint].discard(owner)
        for endpoint in (theirs := tuple(endpoints)):
            self.outside.setdefault(endpoint, set()).add(owner)
        if mine:
            self.keys[owner] = mine
        if theirs:
            self._endpoints[owner] = theirs

    def of_vlan(self, tag: int | None) -> Owner:
        """Whose a frame with this tag is between switches."""
        return "no tag" if tag is None else self.numbers[Segment.VLAN].get(tag) or f"VLAN {tag}"

    def alike(self, endpoint: IpAddress) -> IpAddress:
        """An endpoint that may send and receive what this one may; the same for all of our switches."""
        return self._first if self._first is not None and endpoint in self.ours else endpoint

    def of_tunnel(self, segment: Segment, key: int, remote: IpAddress | None) -> Owner:
        """Whose a packet of an encapsulation is."""
        owner = self.of_key(segment, key)
        if remote is not None and (remote in self.ours or owner in self.outside.get(remote, ())):
            return owner
        return f"{segment.value} endpoint {remote}"

    def of_key(self, segment: Segment, key: int) -> Owner:
        """Whose a packet is between two of our endpoints."""
        return self.numbers[segment].get(key) or f"{segment.value} {key}"


@dataclass(frozen=True)
class Border:
    """The edge of one switch; interfaces are OpenFlow numbers."""

    switch: str
    ground: Ground
    ports: Mapping[int, Owner | Mapping[int, Owner]]
    """Tenants' interfaces: an access port's network, or a trunk port's networks by tag."""
    tunnels: Mapping[int, Segment]
    links: frozenset[int]
    """All other interfaces that there are, the bridge's own among them."""
    names: Mapping[int, str] = field(default_factory=dict)

    def owner(self, interface: int, tag: int | None, key: int, remote: IpAddress | None) -> Owner:
        """Whose a frame is that crosses here."""
        port = self.ports.get(interface)
        if isinstance(port, str):
            return port
        if port is not None:
            owner = port.get(tag) if tag is not None else None
            return owner or f"interface {self.name(interface)}, {'no tag' if tag is None else f'tag {tag}'}"
        segment = self.tunnels.get(interface)
        return self.ground.of_tunnel(segment, key, remote) if segment else self.ground.of_vlan(tag)

    def is_link(self, interface: int) -> bool:
        """Whether it is neither a tenant's nor a tunnel; also of one that is not there."""
        return interface not in self.ports and interface not in self.tunnels

    def tag_of_another(self, interface: int, owner: Owner) -> int:
        """A tag with which a frame that crosses at an interface is another owner's, if there is one."""
        port = self.ports.get(interface)
        tags = self.ground.numbers[Segment.VLAN] if port is None or isinstance(port, str) else port
        return next((tag for tag, other in tags.items() if other != owner), 1)

    def interfaces_of(self, owner: Owner) -> list[int]:
        """Interfaces of ports of a network."""
        return [number for number, port in self.ports.items() if _is_on(port, owner)]

    def name(self, interface: int) -> str:
        """What people call it."""
        return "LOCAL" if interface == LOCAL else self.names.get(interface, str(interface))


def _is_on(port: Owner | Mapping[int, Owner], owner: Owner) -> bool:
    return port == owner if isinstance(port, str) else owner in port.values()


def ground_of(intent: Intent, keys: Iterable[tuple[SegmentKey, Owner]]) -> Ground:
    """What intent says, where these keys are in force; a network may have several."""
    ground = Ground(switch.endpoint for switch in intent.fabric.switches.values() if switch.endpoint)
    mine: dict[Owner, list[SegmentKey]] = {}
    for key, owner in dict(keys).items():
        mine.setdefault(owner, []).append(key)
    endpoints: dict[Owner, list[IpAddress]] = {}
    for port in intent.ports.values():
        if port.endpoint and port.network:
            endpoints.setdefault(port.network, []).append(port.endpoint)
    for owner in mine.keys() | endpoints.keys():
        ground.claim(owner, mine.get(owner, ()), endpoints.get(owner, ()))
    return ground


def border_of(ground: Ground, intent: Intent, view: SwitchView, ports: Iterable[Port]) -> Border:
    """The edge of one switch, of which `view` was seen; `ports` are all of its ports, others are skipped."""
    switch = intent.fabric.switches[view.name]
    roles: dict[int, Owner | Mapping[int, Owner]] = {}
    for port in ports:
        for where, interface in port.places:
            number = view.number(interface) if where == view.name else None
            if number is not None:
                roles[number] = port.network or dict(port.trunk)
    tunnels = {
        number: segment
        for segment, interface in switch.tunnels.items()
        if (number := view.number(interface)) is not None
    }
    names = {interface.number: interface.name for interface in view.interfaces.values()}
    others = frozenset(names).difference(roles, tunnels)
    return Border(view.name, ground, roles, tunnels, others | {LOCAL}, names)
