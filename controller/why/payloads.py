"""What follows the Ethernet header of the frames that are asked about: the least that a guest would take for real.

Sources: RFC 826 (ARP), RFC 791 (IPv4), RFC 8200 (IPv6), RFC 792 and RFC 4443 (echo requests), RFC 4861 (neighbour
discovery), RFC 9293 (TCP), RFC 768 (UDP), RFC 1071 (checksums).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from controller.intent.model import IpAddress

ICMP, TCP, UDP, ICMPV6 = 1, 6, 17, 58
ECHO, ECHO6, SOLICITATION = 8, 128, 135
_HOPS = 64
_DISCOVERY_HOPS = 255
_ANY_PORT = 49152
"""The first of those that nobody has for himself (RFC 6335, 6)."""
_SYN = 0x5002
"""A header of five words, and the flag SYN."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Sender and receiver, both of one IP version."""

    source: IpAddress
    destination: IpAddress


def arp_request(sender: int, pair: Pair) -> bytes:
    """Who has the destination? `sender` is a MAC."""
    head = struct.pack("!HHBBH", 1, 0x0800, 6, 4, 1)
    return head + _mac(sender) + pair.source.packed + bytes(6) + pair.destination.packed


def echo(pair: Pair) -> bytes:
    """An echo request, as `ping` sends it."""
    if pair.source.version == 4:
        return _ip(pair, ICMP, _filled(struct.pack("!BBHHH", ECHO, 0, 0, 1, 1), 2, b""))
    return _ip(pair, ICMPV6, _filled(struct.pack("!BBHHH", ECHO6, 0, 0, 1, 1), 2, _pseudo(pair, ICMPV6, 8)))


def solicitation(sender: int, pair: Pair) -> bytes:
    """Who has the destination? As IPv6 asks. `sender` is a MAC."""
    to_all = Pair(pair.source, solicited_node(pair.destination))
    body = struct.pack("!BBHI", SOLICITATION, 0, 0, 0) + pair.destination.packed + b"\x01\x01" + _mac(sender)
    return _ip(to_all, ICMPV6, _filled(body, 2, _pseudo(to_all, ICMPV6, len(body))), _DISCOVERY_HOPS)


def solicited_node(address: IpAddress) -> IPv6Address:
    """The group that an address is asked for in (RFC 4291, 2.7.1)."""
    return IPv6Address(0xFF0200000000000000000001FF000000 | int(address) & 0xFFFFFF)


def connection(pair: Pair, port: int) -> bytes:
    """The first segment of a TCP connection."""
    body = struct.pack("!HHIIHHHH", _ANY_PORT, port, 0, 0, _SYN, 0xFFFF, 0, 0)
    return _ip(pair, TCP, _filled(body, 16, _pseudo(pair, TCP, len(body))))


def datagram(pair: Pair, port: int) -> bytes:
    """An empty UDP datagram."""
    body = struct.pack("!HHHH", _ANY_PORT, port, 8, 0)
    return _ip(pair, UDP, _filled(body, 6, _pseudo(pair, UDP, len(body))))


def _ip(pair: Pair, protocol: int, body: bytes, hops: int = _HOPS) -> bytes:
    source, destination = pair.source.packed, pair.destination.packed
    if isinstance(pair.source, IPv4Address):
        head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), 0, 0x4000, hops, protocol, 0) + source + destination
        return _filled(head, 10, b"") + body
    return struct.pack("!IHBB", 6 << 28, len(body), protocol, hops) + source + destination + body


def _pseudo(pair: Pair, protocol: int, length: int) -> bytes:
    """What a checksum covers beside (RFC 8200, 8.1; the sum is the same in the form of RFC 9293, 3.1)."""
    return pair.source.packed + pair.destination.packed + struct.pack("!II", length, protocol)


def _filled(data: bytes, at: int, beside: bytes) -> bytes:
    """The data with the checksum of it and of what is `beside` put in."""
    whole = beside + data + bytes(len(data) % 2)
    total = sum(struct.unpack(f"!{len(whole) // 2}H", whole))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    # A sum of zero would say that there is none (RFC 768).
    return data[:at] + struct.pack("!H", ~total & 0xFFFF or 0xFFFF) + data[at + 2 :]


def _mac(number: int) -> bytes:
    return number.to_bytes(6, "big")
