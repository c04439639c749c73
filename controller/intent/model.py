"""What tenants should have, as immutable values.

An `Intent` is the whole answer to "what was asked for": the fabric's switches and key pools, and every tenant's
networks and ports. It is built by `controller.intent.loader` from YAML and from what was changed over the API, never
changed afterwards (a reload makes a new one), and holds no state of the running system: keys that were allocated,
addresses that were learned and interfaces that were seen live elsewhere.

Networks and ports are named `tenant/name` wherever a name must be unique.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address
from typing import Literal, TypeAlias

IpAddress: TypeAlias = IPv4Address | IPv6Address


class Segment(StrEnum):
    """How a network's frames are told apart between switches."""

    VLAN = "vlan"
    VXLAN = "vxlan"
    GENEVE = "geneve"
    GRE = "gre"
    AUTO = "auto"
    """A VLAN while one is free, the fabric's overlay from then on: settled by `controller.intent.allocation`."""

    @property
    def is_overlay(self) -> bool:
        """Whether frames travel inside IP packets between tunnel endpoints."""
        return self in OVERLAYS


OVERLAYS = (Segment.VXLAN, Segment.GENEVE, Segment.GRE)

MAX_VLAN = 4094
"""IEEE 802.1Q-2018, 9.6: VLAN IDs 0 and 4095 are reserved; 1 is every bridge's default."""

MAX_KEY = {Segment.VLAN: MAX_VLAN, Segment.VXLAN: 2**24 - 1, Segment.GENEVE: 2**24 - 1, Segment.GRE: 2**32 - 1}
"""Largest segment key: RFC 7348 section 5, RFC 8926 section 3.4, RFC 2890 section 2."""


@dataclass(frozen=True, slots=True, order=True)
class SegmentKey:
    """Where a network ended up: its segment, never AUTO, and its key there."""

    segment: Segment
    key: int

    @property
    def is_tunnel(self) -> bool:
        """Whether the key is a tunnel ID, instead of a VLAN ID."""
        return self.segment.is_overlay

    def __str__(self) -> str:
        return f"{self.segment.value} {self.key}"


@dataclass(frozen=True, slots=True)
class KeyRange:
    """Segment keys from `first` to `last`, both included."""

    first: int
    last: int

    def __contains__(self, key: int) -> bool:
        return self.first <= key <= self.last

    def __str__(self) -> str:
        return f"{self.first}-{self.last}" if self.first != self.last else str(self.first)


@dataclass(frozen=True, slots=True)
class Learning:
    """Bounds on addresses learned from ports whose MAC is not given."""

    age: int = 300
    """Seconds of silence after which a learned address is forgotten; 1 to 65535 (an OpenFlow idle timeout)."""
    limit: int = 64
    """Learned addresses for each port; further ones are counted and flooded."""


@dataclass(frozen=True, slots=True)
class DiscoverySettings:
    """How links are found."""

    period: float = 1.0
    """Seconds between two announcements from one interface; a link that falls silent is given up after 3.1 of them."""


@dataclass(frozen=True, slots=True)
class SocketAddress:
    """Where somebody listens, in the words of Open vSwitch: `ssl:HOST:PORT`, `tcp:HOST:PORT` or `unix:PATH`."""

    kind: Literal["ssl", "tcp", "unix"]
    host: str
    """An IP address, or a name where one is allowed; of `unix` the path."""
    port: int = 0

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.kind}:{self.host}" if self.kind == "unix" else f"{self.kind}:{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class HostSettings:
    """What all hosts are given that connect with their databases."""

    checksums: bool = True
    """Whether packets of UDP tunnels carry a checksum."""
    ovn_installed: bool = False
    """Whether ports in force are marked as OVN marks them, too."""


@dataclass(frozen=True, slots=True)
class Host:
    """A host whose database is connected with the daemon, to be given what it needs to be a switch."""

    bridge: str = "br-int"
    """Name of the bridge that is the switch."""
    keep: bool = False
    """Whether it stays as it is when it is taken out of the configuration."""
    tunnels: Mapping[Segment, str] = field(default_factory=dict)
    """Names of the tunnel interfaces that it has if it says its endpoint itself."""
    connect: SocketAddress | None = None
    """Where its database listens for the daemon; None if it connects itself."""
    controller: SocketAddress | None = None
    """Where its bridge reaches the daemon; None for the address by which the databases' session came about."""


@dataclass(frozen=True, slots=True)
class Switch:
    """One OVS bridge that speaks OpenFlow to the daemon."""

    name: str
    dpid: int
    endpoint: IpAddress | None = None
    """Tunnel endpoint (VTEP): the address at which the switch sends and receives overlay packets."""
    tunnels: Mapping[Segment, str] = field(default_factory=dict)
    """Name of the flow-based tunnel interface for each encapsulation."""
    draining: bool = False
    """Whether frames are to go around it where they can, so that it can be taken out."""
    host: Host | None = None
    """The host of which it is the integration bridge; None if somebody else sets it up."""
    is_endpoint_said: bool = False
    """Whether the endpoint is what the host says, as none is given."""


@dataclass(frozen=True, slots=True)
class LinkSetting:
    """What the operator says about one link, which need not be there."""

    cost: int = 1
    """1 to 65535; frames take the way of the least sum."""
    draining: bool = False
    """Whether frames are to go around it where they can, so that it can be unplugged."""


LinkEnd: TypeAlias = tuple[str, str]
"""Names of a switch and of its interface."""


@dataclass(frozen=True, slots=True)
class Network:
    """One L2 segment of one tenant."""

    tenant: str
    name: str
    segment: Segment
    key: int | None = None
    """The key that the operator chose; None leaves it to allocation."""
    mtu: int | None = None
    """The MTU the operator gives to guests, for the check against the underlay's; None when not stated."""
    description: str = ""
    passes_lldp: bool = False
    """Whether guests hear each other's LLDP frames, which a bridge keeps for itself."""

    id: str = field(init=False, repr=False, compare=False)
    """`tenant/name`, unique in the installation."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "id", f"{self.tenant}/{self.name}")


@dataclass(frozen=True, slots=True)
class Port:
    """A tenant's logical attachment to one network (access), to several by VLAN tag (trunk), or from outside.

    Exactly one of `network` and `trunk` is set. A port is either on (`switch`, `interface`) or behind `endpoint`, the
    address of a VTEP that is not ours (a Linux `vxlan` device, a hardware switch). One with `iface_id` is where a host
    has an interface with that id: nowhere at first, and on (`switch`, `interface`) while it is plugged in. While its
    guest migrates it is at a second place, too.
    """

    tenant: str
    name: str
    network: str | None = None
    """Network id of an access or outside port."""
    trunk: tuple[tuple[int, str], ...] = ()
    """(VLAN ID towards the guest, network id) of a trunk port, ascending."""
    switch: str | None = None
    interface: str | None = None
    endpoint: IpAddress | None = None
    mac: str | None = None
    """The guest's only MAC, in lower case `aa:bb:cc:dd:ee:ff`; None when it is learned."""
    ip: tuple[IpAddress, ...] = ()
    """The guest's addresses, for display and documentation; not enforced."""
    description: str = ""
    iface_id: str | None = None
    """The id by which a hypervisor names the interface, in its `external_ids:iface-id`."""
    is_mac_plugged: bool = False
    """Whether the MAC is what the hypervisor says (`external_ids:attached-mac`), as none is given."""
    hosts: tuple[str, ...] = ()
    """Switches of the hosts on which it may be, by its id, and between which it may migrate; none means on any one."""
    standby: LinkEnd | None = None
    """Where its guest may go on in a moment: a place on another switch, which has what the first one has."""

    id: str = field(init=False, repr=False, compare=False)
    """`tenant/name`, unique in the installation."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "id", f"{self.tenant}/{self.name}")

    @property
    def asked(self) -> Port:
        """The port as it was asked for, wherever its interface is."""
        if self.iface_id is None or (self.switch is None and not self.is_mac_plugged):
            return self
        mac = None if self.is_mac_plugged else self.mac
        return replace(self, switch=None, interface=None, mac=mac, is_mac_plugged=False, standby=None)

    @property
    def places(self) -> tuple[LinkEnd, ...]:
        """Where it is: switch and interface, and those of its standby."""
        where = ((self.switch, self.interface),) if self.switch and self.interface else ()
        return (*where, self.standby) if self.standby else where

    @property
    def networks(self) -> tuple[str, ...]:
        """Ids of all networks that the port is on."""
        return (self.network,) if self.network else tuple(network for _, network in self.trunk)


@dataclass(frozen=True, slots=True)
class Fabric:
    """The operator's part of the intent: switches, key pools and defaults."""

    switches: Mapping[str, Switch] = field(default_factory=dict)
    vlans: tuple[KeyRange, ...] = (KeyRange(2, MAX_VLAN),)
    keys: tuple[KeyRange, ...] = (KeyRange(4096, 2**24 - 1),)
    reserved: tuple[KeyRange, ...] = ()
    """VLAN IDs that are never given out nor accepted."""
    overlay: Segment = Segment.VXLAN
    underlay_mtu: int = 1500
    """Largest IP packet, in bytes, that the underlay carries between tunnel endpoints."""
    learning: Learning = Learning()
    discovery: DiscoverySettings = DiscoverySettings()
    links: Mapping[tuple[LinkEnd, LinkEnd], LinkSetting] = field(default_factory=dict)
    """By the two ends, the lesser one first. Links that are not named have the defaults."""
    admit: tuple[str, ...] = ()
    """Patterns for the names of hosts that may join without being named (`controller.intent.admitted`)."""
    hosts: HostSettings = HostSettings()


@dataclass(frozen=True, slots=True)
class Intent:
    """Everything that was asked for. Networks and ports are keyed by id (`tenant/name`)."""

    fabric: Fabric = Fabric()
    tenants: tuple[str, ...] = ()
    networks: Mapping[str, Network] = field(default_factory=dict)
    ports: Mapping[str, Port] = field(default_factory=dict)
    api_tenants: frozenset[str] = frozenset()
    """The tenants that are changed over the API; the others are in files."""
