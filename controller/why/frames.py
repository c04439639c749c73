"""The frame that is asked about: made for what an operator wants to know, or given byte by byte.

`icmp`, `arp`, `nd`, `icmp6`, `tcp/PORT` and `udp/PORT` are what a guest sends first when it wants that. The pipeline
sees of it what `controller.dataplane.packet.Packet` has; the bytes are there for a switch that is asked the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from controller.dataplane.fields import ETH_SERVICE_VLAN, ETH_VLAN
from controller.dataplane.packet import Packet
from controller.intent.model import IpAddress
from controller.why import payloads
from controller.why.payloads import Pair

BROADCAST = 0xFFFFFFFFFFFF
GROUP = 1 << 40
ETH_IPV4, ETH_ARP, ETH_IPV6 = 0x0800, 0x0806, 0x86DD
NO_TYPE = 0x05FF
"""What a switch takes for the type of a frame that has a length there (OpenFlow 1.3.5, 7.2.3.7)."""
LENGTHS = 0x0600
"""What is less is a length (IEEE 802.3-2018, 3.2.6)."""
MINIMUM = 60
LARGEST = 2048
"""Bytes of a frame that are taken."""
VERSIONS = {"icmp": 0, "arp": 4, "nd": 6, "icmp6": 6, "tcp": 0, "udp": 0}
"""Of IP, by kind; 0 for either."""

_NAMED = re.compile(r"(icmp|arp|nd|icmp6)|(tcp|udp)/([0-9]{1,5})")
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})+")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be sent."""

    text: str
    """As it was asked for."""
    kind: str = ""
    port: int = 0
    raw: bytes = b""
    """The whole frame, when it was given."""

    @property
    def version(self) -> int:
        """Of IP; 0 for either."""
        return VERSIONS.get(self.kind, 0)


def wanted_of(text: str) -> Wanted:
    """What a text asks for. Raises ValueError."""
    if found := _NAMED.fullmatch(text):
        port = int(found[3] or 0)
        if port > 0xFFFF or (found[2] and not port):
            raise ValueError(f"ports of {found[2]} are 1 to 65535")
        return Wanted(text, found[1] or found[2], port)
    plain = re.sub(r"[\s:]", "", text)
    if not _HEX.fullmatch(plain):
        raise ValueError("it is neither icmp, arp, tcp/PORT, udp/PORT, icmp6 or nd, nor a frame in hex")
    raw = bytes.fromhex(plain)
    if len(raw) > LARGEST:
        raise ValueError(f"it is a frame of {len(raw)} bytes; at most {LARGEST} are taken")
    packet_in(raw)
    return Wanted("a frame", raw=raw)


@dataclass(frozen=True, slots=True)
class Ends:
    """Between whom: MACs, IP addresses, and the VLAN tags of the sender's frames."""

    source: int
    destination: int
    ips: Pair
    tags: tuple[int, ...] = ()


def packet_of(wanted: Wanted, ends: Ends) -> Packet:
    """The frame as switches see it; `body` has the rest in hex, from the type on."""
    if wanted.raw:
        return packet_in(wanted.raw)
    destination, eth_type = ends.destination, ETH_IPV4 if ends.ips.source.version == 4 else ETH_IPV6
    match wanted.kind:
        case "arp":
            destination, eth_type, body = BROADCAST, ETH_ARP, payloads.arp_request(ends.source, ends.ips)
        case "nd":
            body = payloads.solicitation(ends.source, ends.ips)
            destination = 0x333300000000 | int(payloads.solicited_node(ends.ips.destination)) & 0xFFFFFFFF
        case "tcp":
            body = payloads.connection(ends.ips, wanted.port)
        case "udp":
            body = payloads.datagram(ends.ips, wanted.port)
        case _:
            body = payloads.echo(ends.ips)
    return Packet(destination, ends.source, eth_type, ends.tags, body=(eth_type.to_bytes(2, "big") + body).hex())


def packet_in(raw: bytes) -> Packet:
    """A frame that is given, as switches see it. Raises ValueError when it is too short."""
    tags: list[int] = []
    at, priority = 12, 0
    while (eth_type := int.from_bytes(raw[at : at + 2], "big")) in (ETH_VLAN, ETH_SERVICE_VLAN):
        control = int.from_bytes(raw[at + 2 : at + 4], "big")
        priority = priority if tags else control >> 13
        tags.append(control & 0xFFF)
        at += 4
    if len(raw) < at + 2:
        raise ValueError("it is shorter than the header of a frame")
    eth_type = eth_type if eth_type >= LENGTHS else NO_TYPE
    destination, source = int.from_bytes(raw[:6], "big"), int.from_bytes(raw[6:12], "big")
    return Packet(destination, source, eth_type, tuple(tags), priority, raw[at:].hex())


def frame_of(packet: Packet) -> bytes:
    """A packet of `packet_of`, changed by switches, as a frame."""
    # The priority of a tag behind the first shows nowhere.
    priorities = (packet.priority, *(0 for _ in packet.tags[1:]))
    controls = [priority << 13 | tag for priority, tag in zip(priorities, packet.tags, strict=False)]
    tags = b"".join(ETH_VLAN.to_bytes(2, "big") + control.to_bytes(2, "big") for control in controls)
    whole = packet.eth_dst.to_bytes(6, "big") + packet.eth_src.to_bytes(6, "big") + tags + bytes.fromhex(packet.body)
    return whole.ljust(MINIMUM, b"\0")


def unspecified(version: int) -> IpAddress:
    """What stands for an address that is not known."""
    return IPv4Address(0) if version == 4 else IPv6Address(0)
