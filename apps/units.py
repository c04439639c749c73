"""What an app is given: one switch, or one network on one switch, with everything already looked up.

These values are the whole input of the apps. Two equal units give equal flows, so the compiler compares units to find
out what need not be compiled again.
"""

from __future__ import annotations

from dataclasses import dataclass

from apps.pipeline import NETWORK, network_number
from controller.dataplane.flow import Reason
from controller.intent.model import IpAddress, Segment, SegmentKey


@dataclass(frozen=True, slots=True)
class Address:
    """A MAC behind a port: given by intent, or learned."""

    mac: int
    learned: bool
    leaving: bool = False
    """Whether it is being forgotten: frames for it are still delivered."""


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
    """A MAC on another switch, and how to send there: a next-hop group, or a tunnel endpoint.

    With neither, it was on this switch and its port is gone, but others may still send here what is for it.
    """

    mac: int
    port: str
    group: int | None = None
    endpoint: IpAddress | None = None

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
    branches: tuple[int, ...] = ()
    """VLAN networks: interfaces of the links along which it floods."""
    tunnel: int | None = None
    """Overlay networks: the tunnel interface of its encapsulation."""
    peers: tuple[IpAddress, ...] = ()
    """Overlay networks: endpoints to which it floods."""
    enters: bool = True
    """Whether frames of local ports enter by this segment; otherwise they still do, or already do, by another."""

    @property
    def number(self) -> int:
        """The network's metadata."""
        return network_number(self.segment)

    @property
    def flooded_or_not(self) -> tuple[int, int]:
        """A match of the metadata: frames of the network, whether a switch before has flooded them or not."""
        return self.number, NETWORK

    def reason(self, app: str, note: str, port: str = "") -> Reason:
        """Why a flow of this unit is there."""
        return Reason(app, note, self.network, port)


@dataclass(frozen=True, slots=True)
class NextHop:
    """How to reach another switch over links; the interface is None while there is no way."""

    group: int
    switch: str
    interface: int | None


@dataclass(frozen=True, slots=True)
class SwitchUnit:
    """What one switch has regardless of the networks on it."""

    switch: str
    links: tuple[int, ...] = ()
    trunks: tuple[tuple[int, str], ...] = ()
    """(interface, port id) of trunk ports."""
    tunnels: tuple[tuple[Segment, int], ...] = ()
    """(encapsulation, tunnel interface)."""
    peers: tuple[IpAddress, ...] = ()
    """Tunnel endpoints of our other switches, of this switch's address family."""
    next_hops: tuple[NextHop, ...] = ()
    announcements: int | None = None
    """Meter for discovery frames; None where the switch has no meters."""
    probes: int | None = None
    """Meter for probes (`apps.loop_guard`), likewise."""
    unheard: tuple[int, ...] = ()
    """Interfaces whose probes are not taken for now, as there were too many."""
