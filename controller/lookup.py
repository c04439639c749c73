"""Looks up everything that a unit of compilation needs: from a situation to the units that apps are given.

It decides which switches a network concerns: those with a port of it, and for VLAN networks those between them. A
switch that was never seen counts as having all its ports, because others must be able to send there while the daemon
has no session with it; one that was seen has the ports whose interface it has.
"""

from __future__ import annotations

from collections.abc import Iterator

from apps.units import Address, LocalPort, NetworkUnit, NextHop, OutsidePort, RemoteAddress, SwitchUnit
from controller.dataplane.fields import mac_number
from controller.dataplane.flow import OUR_METERS
from controller.fabric.trees import branches, tree_number
from controller.intent.model import IpAddress, Port, Segment, SegmentKey, Switch
from controller.situation import Situation

ANNOUNCEMENTS = OUR_METERS[0]
"""The meter for discovery frames."""


def meter_number(interface: int) -> int:
    """The meter for copies from an interface, never that of announcements; interfaces far apart may share one."""
    return OUR_METERS[1 + interface % (len(OUR_METERS) - 1)]


def switch_unit(situation: Situation, name: str) -> SwitchUnit:
    """What switch `name` has regardless of its networks."""
    switch = situation.intent.fabric.switches[name]
    view = situation.fabric.switches[name]
    trunks = (
        (number, port.id)
        for interface, port in sorted(situation.index.trunks_by_switch.get(name, {}).items())
        if (number := view.number(interface)) is not None
    )
    tunnels = tuple(
        (encapsulation, number)
        for encapsulation, interface in sorted(switch.tunnels.items())
        if (number := view.number(interface)) is not None
    )
    return SwitchUnit(
        switch=name,
        links=tuple(sorted(_link_interfaces(situation, name))),
        trunks=tuple(trunks),
        tunnels=tunnels,
        peers=_peers(situation, switch),
        next_hops=tuple(_next_hops(situation, name)),
        announcements=ANNOUNCEMENTS if view.has_meters else None,
    )


def network_units(situation: Situation, network: str) -> dict[str, NetworkUnit]:
    """The network on each switch that it concerns and that was seen; empty while it has no key."""
    segment = situation.keys.get(network)
    if segment is None or network not in situation.intent.networks:
        return {}
    plan = _Plan(situation, network, segment)
    if segment.segment is Segment.VLAN:
        return plan.vlan_units()
    return plan.overlay_units()


def _link_interfaces(situation: Situation, switch: str) -> Iterator[int]:
    view = situation.fabric.switches[switch]
    for link in situation.fabric.links:
        for end in (link.a, link.b):
            if end.switch == switch and (number := view.number(end.interface)) is not None:
                yield number


def _peers(situation: Situation, switch: Switch) -> tuple[IpAddress, ...]:
    """Endpoints of the other switches, as far as this one can speak to them: of its address family."""
    if switch.endpoint is None:
        return ()
    others = [
        other.endpoint
        for other in situation.intent.fabric.switches.values()
        if other.endpoint and other.endpoint != switch.endpoint and _is_one_family(switch, other.endpoint)
    ]
    return tuple(sorted(others, key=int))


def _is_one_family(switch: Switch, endpoint: IpAddress) -> bool:
    """Whether a switch's packets can reach an endpoint: both are IPv4, or both IPv6."""
    return switch.endpoint is not None and switch.endpoint.version == endpoint.version


def _next_hops(situation: Situation, switch: str) -> Iterator[NextHop]:
    """All other switches of a fabric with links: a group stays while its switch cannot be reached, as flows use it."""
    view = situation.fabric.switches[switch]
    if situation.fabric.links:
        for destination, group in sorted(situation.index.group_numbers.items()):
            if destination != switch:
                end = situation.paths.exit(switch, destination)
                yield NextHop(group, destination, view.number(end.interface) if end else None)


class _Plan:
    """One network spread over its switches."""

    def __init__(self, situation: Situation, network: str, segment: SegmentKey) -> None:
        self.situation = situation
        self.network = network
        self.segment = segment
        self.outside: list[Port] = []
        self.members: dict[str, list[tuple[Port, int | None]]] = {}
        for port, tag in situation.index.ports_by_network.get(network, ()):
            if port.endpoint:
                self.outside.append(port)
            elif port.switch and self._is_attached(port.switch, port.interface):
                self.members.setdefault(port.switch, []).append((port, tag))
        self.learned: dict[str, list[int]] = {}
        for mac, port_id in sorted(situation.addresses.of(network).items()):
            self.learned.setdefault(port_id, []).append(mac)

    def vlan_units(self) -> dict[str, NetworkUnit]:
        """Members, and the switches that their frames cross."""
        members = frozenset(self.members)
        carried = self.situation.paths.carried(members)
        tree = branches(self.situation.trees[tree_number(self.network)], members)
        units = {}
        for name in sorted(members | carried.keys() | tree.keys()):
            view = self.situation.fabric.switches.get(name)
            if view is not None:
                ends = [view.number(end.interface) for end in tree.get(name, ())]
                units[name] = self._unit(
                    name,
                    remote=tuple(self._by_group(carried.get(name, frozenset()))),
                    branches=tuple(number for number in ends if number is not None),
                )
        return units

    def overlay_units(self) -> dict[str, NetworkUnit]:
        """Members only: the underlay carries packets between them."""
        units = {}
        for name in sorted(self.members):
            view = self.situation.fabric.switches.get(name)
            if view is not None:
                switch = self.situation.intent.fabric.switches[name]
                tunnel = view.number(switch.tunnels.get(self.segment.segment))
                units[name] = self._unit(
                    name,
                    outside=tuple(self._outside_ports(switch, view.has_meters, tunnel)),
                    remote=tuple(self._by_endpoint(switch)),
                    tunnel=tunnel,
                    peers=self._flood_peers(switch),
                )
        return units

    def _unit(
        self,
        name: str,
        *,
        outside: tuple[OutsidePort, ...] = (),
        remote: tuple[RemoteAddress, ...] = (),
        branches: tuple[int, ...] = (),
        tunnel: int | None = None,
        peers: tuple[IpAddress, ...] = (),
    ) -> NetworkUnit:
        return NetworkUnit(
            switch=name,
            network=self.network,
            segment=self.segment,
            age=self.situation.intent.fabric.learning.age,
            local=tuple(self._local_ports(name)),
            outside=outside,
            remote=remote,
            branches=branches,
            tunnel=tunnel,
            peers=peers,
        )

    def _is_attached(self, switch: str, interface: str | None) -> bool:
        view = self.situation.fabric.switches.get(switch)
        return view is None or view.number(interface) is not None

    def _addresses(self, port: Port) -> tuple[Address, ...]:
        if port.mac:
            return (Address(mac_number(port.mac), learned=False),)
        return tuple(Address(mac, learned=True) for mac in self.learned.get(port.id, ()))

    def _local_ports(self, name: str) -> Iterator[LocalPort]:
        view = self.situation.fabric.switches[name]
        for port, tag in self.members.get(name, ()):
            number = view.number(port.interface)
            if number is not None:
                meter = meter_number(number) if view.has_meters else None
                yield LocalPort(port.id, number, tag, self._addresses(port), not port.mac, meter)

    def _outside_ports(self, switch: Switch, has_meters: bool, tunnel: int | None) -> Iterator[OutsidePort]:
        for port in self.outside:
            if port.endpoint and tunnel is not None and _is_one_family(switch, port.endpoint):
                meter = meter_number(tunnel) if has_meters else None
                yield OutsidePort(port.id, port.endpoint, self._addresses(port), not port.mac, meter)

    def _by_group(self, destinations: frozenset[str]) -> Iterator[RemoteAddress]:
        for destination in sorted(destinations):
            group = self.situation.index.group_numbers[destination]
            for port, _ in self.members[destination]:
                for address in self._addresses(port):
                    yield RemoteAddress(address.mac, port.id, group=group)

    def _by_endpoint(self, switch: Switch) -> Iterator[RemoteAddress]:
        switches = self.situation.intent.fabric.switches
        behind = [
            (switches[member].endpoint, port)
            for member, ports in self.members.items()
            for port, _ in ports
            if member != switch.name
        ]
        behind += [(port.endpoint, port) for port in self.outside]
        for endpoint, port in behind:
            if endpoint is not None and _is_one_family(switch, endpoint):
                for address in self._addresses(port):
                    yield RemoteAddress(address.mac, port.id, endpoint=endpoint)

    def _flood_peers(self, switch: Switch) -> tuple[IpAddress, ...]:
        switches = self.situation.intent.fabric.switches
        endpoints = {switches[member].endpoint for member in self.members if member != switch.name}
        endpoints |= {port.endpoint for port in self.outside}
        usable = (endpoint for endpoint in endpoints if endpoint is not None and _is_one_family(switch, endpoint))
        return tuple(sorted(usable, key=int))
