"""One network as it is spread over switches: its members, their interfaces and addresses.

A switch that was never seen counts as having all its ports, because others must be able to send there while the daemon
has no session with it; one that was seen has the ports whose interface it has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

from apps.units import Address, LocalPort, Presence, Twin
from controller.dataplane.fields import mac_number
from controller.dataplane.flow import OUR_METERS
from controller.fabric.model import SwitchView
from controller.fabric.outside_loops import Attachment
from controller.intent.model import IpAddress, LinkEnd, Port, SegmentKey, Switch
from controller.situation import Situation

ANNOUNCEMENTS = OUR_METERS[0]
"""The meter for discovery frames."""
PROBES = OUR_METERS[1]
"""The meter for probes (`apps.loop_guard`)."""


UNDERLAY = OUR_METERS[-1]
"""The meter for probes of the underlay (`apps.underlay`)."""


def meter_number(interface: int) -> int:
    """The meter for copies from an interface, never one of those above; interfaces far apart may share one.

    Interfaces count from 1.
    """
    return OUR_METERS[2 + (interface - 1) % (len(OUR_METERS) - 3)]


def is_one_family(switch: Switch, endpoint: IpAddress) -> bool:
    """Whether a switch's packets can reach an endpoint: both are IPv4, or both IPv6."""
    return switch.endpoint is not None and switch.endpoint.version == endpoint.version


@dataclass(frozen=True, slots=True)
class Member:
    """A port of the network on a switch."""

    port: Port
    tag: int | None
    """Towards the guest."""
    interface: str
    presence: Presence


@dataclass(frozen=True, slots=True)
class Home:
    """Where a port of the network is."""

    port: Port
    switches: tuple[str, ...]
    """The one where it is, then where it stands by."""


TwinOf: TypeAlias = Callable[[str, Home, int], Twin | None]
"""For a switch, a port's home and a MAC behind the port: how to send to its other place from here."""


class NetworkPlan:
    """A network with a key, and where its ports are."""

    def __init__(self, situation: Situation, network: str, segment: SegmentKey) -> None:
        self.situation = situation
        self.network = network
        self.segment = segment
        self.age = situation.intent.fabric.learning.age
        self.passes_lldp = situation.intent.networks[network].passes_lldp
        self.outside: list[Port] = []
        """Ports behind tunnel endpoints that are not ours."""
        self.members: dict[str, list[Member]] = {}
        """For each switch its ports of the network."""
        self.homes: dict[str, Home] = {}
        """Where each port is that is somewhere, by its id."""
        for port, tag in situation.index.ports_by_network.get(network, ()):
            if port.endpoint:
                self.outside.append(port)
            elif places := tuple(filter(self._is_attached, port.places)):
                self._put(port, tag, places)
        self._addresses: dict[str, tuple[Address, ...]] = {}
        self._learned: dict[str, list[int]] = {}
        for mac, port_id in sorted(situation.addresses.of(network).items()):
            self._learned.setdefault(port_id, []).append(mac)

    def view(self, switch: str) -> SwitchView | None:
        """The switch as it was last seen, if it was."""
        return self.situation.fabric.switches.get(switch)

    def addresses(self, port: Port) -> tuple[Address, ...]:
        """The MAC that is given, or those that were learned; the same values for all switches."""
        if (known := self._addresses.get(port.id)) is None:
            macs = (mac_number(port.mac),) if port.mac else self._learned.get(port.id, ())
            known = self._addresses[port.id] = tuple(Address(mac, learned=not port.mac) for mac in macs)
        return known

    def local_ports(
        self, view: SwitchView, twin_of: TwinOf, past: Iterable[tuple[str, int]] = ()
    ) -> Iterator[LocalPort]:
        """The ports on a switch; `past` are (port id, MAC) to which others may still send."""
        return self._ports(view, twin_of, past, blocked=False)

    def blocked_ports(
        self, view: SwitchView, twin_of: TwinOf, past: Iterable[tuple[str, int]] = ()
    ) -> Iterator[LocalPort]:
        """The same for those that are blocked, as they are looped outside of us."""
        return self._ports(view, twin_of, past, blocked=True)

    def _ports(
        self, view: SwitchView, twin_of: TwinOf, past: Iterable[tuple[str, int]], *, blocked: bool
    ) -> Iterator[LocalPort]:
        for member in self.members.get(view.name, ()):
            port, number = member.port, view.number(member.interface)
            if number is None or (Attachment(self.network, port.id) in self.situation.blocked) != blocked:
                continue
            meter = meter_number(number) if view.has_meters else None
            gone = tuple(mac for name, mac in past if name == port.id)
            addresses, home = self.addresses(port), self.homes[port.id]
            if len(home.switches) > 1:
                addresses = tuple(replace(one, twin=twin_of(view.name, home, one.mac)) for one in addresses)
            yield LocalPort(port.id, number, member.tag, addresses, not port.mac, meter, gone, member.presence)

    def _put(self, port: Port, tag: int | None, places: tuple[LinkEnd, ...]) -> None:
        self.homes[port.id] = Home(port, tuple(switch for switch, _ in places))
        for place in places:
            presence = Presence.ALONE if len(places) == 1 else Presence.STAYING
            if place == port.standby:
                presence = Presence.STANDING_BY
            self.members.setdefault(place[0], []).append(Member(port, tag, place[1], presence))

    def _is_attached(self, place: LinkEnd) -> bool:
        view = self.view(place[0])
        return view is None or view.number(place[1]) is not None
