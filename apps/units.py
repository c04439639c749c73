"""What an app is given: one switch, or one network on one switch, with everything already looked up.

These values are the whole input of the apps. Two equal units give equal flows, so the compiler compares units to find
out what need not be compiled again.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from apps.pipeline import NETWORK, network_number
from controller.dataplane.flow import Reason
from controller.fabric.detours import Colour
from controller.intent.model import IpAddress, Segment, SegmentKey


class Presence(Enum):
    """What a place is to a port whose guest may be migrating (`apps.migration`)."""

    ALONE = "alone"
    """It is nowhere else."""
    STAYING = "staying"
    """It is here, and another place stands by."""
    STANDING_BY = "standing by"
    """Its guest has not been heard here yet."""


@dataclass(frozen=True, slots=True)
class Twin:
    """How to send to the other one of two places of a port: a label (`apps.labels`), or a tunnel endpoint."""

    label: int | None = None
    endpoint: IpAddress | None = None


@dataclass(frozen=True, slots=True)
class Address:
    """A MAC behind a port: given by intent, or learned."""

    mac: int
    learned: bool
    twin: Twin | None = None
    """Where what is for it has to get, too."""


@dataclass(frozen=True, slots=True)
class LocalPort:
    """A port of the network on this switch."""

    id: str
    interface: int
    tag: int | None
    """VLAN ID towards the guest, of a trunk port."""
    addresses: tuple[Address, ...]
    learns: bool
    meter: int | None
    """Limits copies to the controller; None where the switch has no meters."""
    past: tuple[int, ...] = ()
    """MACs that are not behind it any more; others may still send here what is for them."""
    presence: Presence = Presence.ALONE

    @property
    def stands_by(self) -> bool:
        """Whether its guest has not been heard here yet."""
        return self.presence is Presence.STANDING_BY


@dataclass(frozen=True, slots=True)
class OutsidePort:
    """A port of the network behind a tunnel endpoint that is not ours."""

    id: str
    endpoint: IpAddress
    addresses: tuple[Address, ...]
    learns: bool
    meter: int | None


@dataclass(frozen=True, slots=True)
class RemoteAddress:
    """A MAC on another switch, and how to send there: a label (`apps.labels`), or a tunnel endpoint."""

    mac: int
    port: str
    label: int | None = None
    endpoint: IpAddress | None = None
    twin: Twin | None = None
    """A second place that gets all of it, too."""

    def __hash__(self) -> int:
        """Of what tells addresses of a network apart; hashing an endpoint as well takes longer than all else."""
        return hash((self.mac, self.port))


@dataclass(frozen=True, slots=True)
class NetworkUnit:
    """One network on one switch."""

    switch: str
    network: str
    segment: SegmentKey
    age: int
    """Seconds of silence after which a learned address is forgotten."""
    local: tuple[LocalPort, ...] = ()
    blocked: tuple[LocalPort, ...] = ()
    """Ports of the network that are looped outside of us: nothing but probes enters there, and nothing leaves."""
    outside: tuple[OutsidePort, ...] = ()
    remote: tuple[RemoteAddress, ...] = ()
    label: int | None = None
    """VLAN networks on several switches: this switch's, by which frames for it arrive."""
    tunnel: int | None = None
    """Overlay networks: the tunnel interface of its encapsulation."""
    peers: tuple[IpAddress, ...] = ()
    """Overlay networks: endpoints to which it floods."""
    enters: bool = True
    """Whether frames of local ports enter by this segment; otherwise they still do, or already do, by another."""
    passes_lldp: bool = False
    """Whether guests hear each other's LLDP frames."""

    @property
    def number(self) -> int:
        """The network's metadata."""
        return network_number(self.segment)

    @property
    def is_spread(self) -> bool:
        """Whether it is a VLAN network on several switches, and floods along a tree."""
        return self.label is not None

    @property
    def flooded_or_not(self) -> tuple[int, int]:
        """A match of the metadata: frames of the network, whether a switch before has flooded them or not."""
        return self.number, NETWORK

    def reason(self, app: str, note: str, port: str = "") -> Reason:
        """Why a flow of this unit is there."""
        return Reason(app, note, self.network, port)


@dataclass(frozen=True, slots=True)
class NextHop:
    """How to reach another switch over links."""

    label: int
    switch: str
    ways: tuple[int, ...]
    """Interfaces towards the switch that comes next, the first that is up is taken; none while there is no way."""
    aside: tuple[Colour, int] | None = None
    """Where frames are turned aside when all these are down: the detour's colour, and the interface."""


@dataclass(frozen=True, slots=True)
class DetourHop:
    """Where frames go that were turned aside on their way to another switch."""

    number: int
    """The other switch's."""
    switch: str
    colour: Colour
    interface: int


@dataclass(frozen=True, slots=True)
class SwitchUnit:
    """What one switch has regardless of the networks on it."""

    switch: str
    links: tuple[int, ...] = ()
    barred: tuple[int, ...] = ()
    """Those of them out of which no flooded frames are taken."""
    trunks: tuple[tuple[int, str], ...] = ()
    """(interface, port id) of trunk ports."""
    tunnels: tuple[tuple[Segment, int], ...] = ()
    """(encapsulation, tunnel interface)."""
    peers: tuple[IpAddress, ...] = ()
    """Tunnel endpoints of our other switches, of this switch's address family."""
    next_hops: tuple[NextHop, ...] = ()
    detours: tuple[DetourHop, ...] = ()
    announcements: int | None = None
    """Meter for discovery frames; None where the switch has no meters."""
    probes: int | None = None
    """Meter for probes (`apps.loop_guard`), likewise."""
    underlay: int | None = None
    """Meter for probes of the underlay (`apps.underlay`), likewise."""
    unheard: tuple[int, ...] = ()
    """Interfaces whose probes are not taken for now, as there were too many."""


@dataclass(frozen=True, slots=True)
class TreeUnit:
    """Along which links one switch floods (`apps.trees`)."""

    switch: str
    branches: tuple[tuple[tuple[int, ...], ...], ...]
    """By mark and tree: its interfaces. Empty where VLAN networks have no use for trees."""
    entry: int
    """Mark of the frames that enter here."""
