"""A packet as the pipeline sees it.

Only what tables look at is there: addresses, type, VLAN tags, and the header of the tunnel it came out of or goes into.
`body` stands for all the rest. Tags are VLAN IDs, outermost first, 802.1Q and 802.1ad alike, as no match of OVS tells
them apart. Like OVS, a switch reads only the first `parsed` tags (`other_config:vlan-limit`, 1 unless set); a tag
behind those is payload that shows only as the Ethernet type.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv6Address
from typing import Self

from controller.dataplane.fields import (
    ETH_DST,
    ETH_SRC,
    ETH_TYPE,
    ETH_VLAN,
    IN_PORT,
    METADATA,
    TUN_DST,
    TUN_ID,
    TUN_IPV6_DST,
    TUN_IPV6_SRC,
    TUN_SRC,
    VLAN_PCP,
    VLAN_PRESENT,
    VLAN_VID,
    Field,
)

VLAN_LIMIT = 1


@dataclass(frozen=True, slots=True)
class Tunnel:
    """The outer header of an encapsulated packet."""

    id: int
    source: IPv4Address | IPv6Address | None
    destination: IPv4Address | IPv6Address | None


NO_TUNNEL = Tunnel(0, None, None)


@dataclass(frozen=True, slots=True)
class Packet:
    """A frame on a wire or inside a switch."""

    eth_dst: int
    eth_src: int
    eth_type: int = 0x0800
    tags: tuple[int, ...] = ()
    priority: int = 0
    """The PCP of the outermost tag (IEEE 802.1Q-2018, 9.6); that of a tag behind it is taken for 0."""
    body: str = ""
    tunnel: Tunnel = NO_TUNNEL
    parsed: int = 0
    in_port: int = 0
    metadata: int = 0

    def arriving(self, in_port: int) -> Self:
        """The packet as a switch parses it on arrival at interface number `in_port`."""
        return replace(self, in_port=in_port, metadata=0, parsed=min(VLAN_LIMIT, len(self.tags)))

    def read(self, field: Field) -> int:
        """The value of a field, as a flow's match sees it."""
        return _READ[field](self)

    def write(self, field: Field, value: int) -> Self:
        """The packet with a field set. Setting the VLAN of an untagged packet does nothing."""
        if field is VLAN_VID:
            return replace(self, tags=(value & ~VLAN_PRESENT, *self.tags[1:])) if self.parsed else self
        if field is VLAN_PCP:
            return replace(self, priority=value) if self.parsed else self
        if field is METADATA:
            return replace(self, metadata=value)
        if field is ETH_DST:
            return replace(self, eth_dst=value)
        if field is TUN_ID:
            return replace(self, tunnel=replace(self.tunnel, id=value))
        address = IPv4Address(value) if field is TUN_DST else IPv6Address(value)
        return replace(self, tunnel=replace(self.tunnel, destination=address))

    def push(self) -> Self:
        """The packet with one more tag in front."""
        return replace(self, tags=(0, *self.tags), priority=0, parsed=self.parsed + 1)

    def pop(self) -> Self:
        """The packet without its outermost tag."""
        return replace(self, tags=self.tags[1:], priority=0, parsed=self.parsed - 1) if self.parsed else self


def _vlan(packet: Packet) -> int:
    return VLAN_PRESENT | packet.tags[0] if packet.parsed else 0


def _eth_type(packet: Packet) -> int:
    return ETH_VLAN if len(packet.tags) > packet.parsed else packet.eth_type


def _address(address: IPv4Address | IPv6Address | None, version: int) -> int:
    return int(address) if address is not None and address.version == version else 0


_READ: dict[Field, Callable[[Packet], int]] = {
    IN_PORT: lambda packet: packet.in_port,
    METADATA: lambda packet: packet.metadata,
    ETH_DST: lambda packet: packet.eth_dst,
    ETH_SRC: lambda packet: packet.eth_src,
    ETH_TYPE: _eth_type,
    VLAN_VID: _vlan,
    VLAN_PCP: lambda packet: packet.priority if packet.parsed else 0,
    TUN_ID: lambda packet: packet.tunnel.id,
    TUN_SRC: lambda packet: _address(packet.tunnel.source, 4),
    TUN_DST: lambda packet: _address(packet.tunnel.destination, 4),
    TUN_IPV6_SRC: lambda packet: _address(packet.tunnel.source, 6),
    TUN_IPV6_DST: lambda packet: _address(packet.tunnel.destination, 6),
}
