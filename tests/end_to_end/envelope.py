"""Packets of the underlay, taken apart and put together: which endpoint sent which frame to which, and in what.

    opened(frame)  what a frame of the underlay carries, or None when that is no tunnel's packet
    sealed(...)    such a frame, as any host on the underlay can make one

Only as much as tests need: no options, no fragments, plain Ethernet. Sources: RFC 7348 (VXLAN), RFC 8926 (Geneve),
RFC 2784 and RFC 2890 (GRE with key).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address

from controller.intent.model import IpAddress, Segment

UDP, GRE = 17, 47
UDP_PORTS = {Segment.VXLAN: 4789, Segment.GENEVE: 6081}
TRANSPARENT_ETHERNET = 0x6558
ETHERTYPES = {4: 0x0800, 6: 0x86DD}
_SOURCE_PORT = 54321
_GRE_KEY_PRESENT = 0x2000


@dataclass(frozen=True, slots=True)
class Envelope:
    """What is known of a tunnel's packet from the outside, and the frame inside."""

    source: IpAddress
    destination: IpAddress
    segment: Segment
    key: int
    inner: bytes

    @property
    def mark(self) -> tuple[str, str, Segment, int]:
        """All but the frame."""
        return str(self.source), str(self.destination), self.segment, self.key


def opened(frame: bytes) -> Envelope | None:
    """The envelope that a frame of the underlay is; None for anything else."""
    ethertype, packet = int.from_bytes(frame[12:14], "big"), frame[14:]
    source: IpAddress
    destination: IpAddress
    if ethertype == ETHERTYPES[4]:
        protocol, rest = packet[9], packet[4 * (packet[0] & 15) : int.from_bytes(packet[2:4], "big")]
        source, destination = IPv4Address(packet[12:16]), IPv4Address(packet[16:20])
    elif ethertype == ETHERTYPES[6]:
        protocol, rest = packet[6], packet[40 : 40 + int.from_bytes(packet[4:6], "big")]
        source, destination = IPv6Address(packet[8:24]), IPv6Address(packet[24:40])
    else:
        return None
    found = _tunnel(protocol, rest)
    return Envelope(source, destination, *found) if found else None


def _tunnel(protocol: int, rest: bytes) -> tuple[Segment, int, bytes] | None:
    if protocol == GRE:
        flags, ethertype, key = struct.unpack_from("!HHI", rest)
        return (Segment.GRE, key, rest[8:]) if (flags, ethertype) == (_GRE_KEY_PRESENT, TRANSPARENT_ETHERNET) else None
    if protocol == UDP:
        port = int.from_bytes(rest[2:4], "big")
        for segment, its_port in UDP_PORTS.items():
            if port == its_port:
                options = 4 * (rest[8] & 0x3F) if segment is Segment.GENEVE else 0
                return segment, int.from_bytes(rest[12:15], "big"), rest[16 + options :]
    return None


def sealed(inner: bytes, *, segment: Segment, key: int, source: str, destination: str, macs: tuple[str, str]) -> bytes:
    """A frame of the underlay around `inner`; `macs` are the outer frame's source and destination."""
    sender, receiver = ip_address(source), ip_address(destination)
    if segment is Segment.GRE:
        protocol, payload = GRE, struct.pack("!HHI", _GRE_KEY_PRESENT, TRANSPARENT_ETHERNET, key) + inner
    else:
        protocol, payload = UDP, _datagram(segment, _tunnel_header(segment, key) + inner, sender, receiver)
    if sender.version == 6:
        header = struct.pack("!IHBB", 6 << 28, len(payload), protocol, 64) + sender.packed + receiver.packed
    else:
        blank = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), 0, 0, 64, protocol, 0)
        blank += sender.packed + receiver.packed
        header = blank[:10] + struct.pack("!H", _checksum(blank)) + blank[12:]
    addresses = b"".join(bytes.fromhex(mac.replace(":", "")) for mac in macs[::-1])
    return addresses + struct.pack("!H", ETHERTYPES[sender.version]) + header + payload


def _tunnel_header(segment: Segment, key: int) -> bytes:
    if segment is Segment.VXLAN:
        return struct.pack("!II", 0x08000000, key << 8)
    return struct.pack("!HHI", 0, TRANSPARENT_ETHERNET, key << 8)


def _datagram(segment: Segment, data: bytes, sender: IpAddress, receiver: IpAddress) -> bytes:
    """A UDP datagram; its checksum may be left out over IPv4 only."""
    length = 8 + len(data)
    ports = struct.pack("!HHH", _SOURCE_PORT, UDP_PORTS[segment], length)
    checksum = 0
    if sender.version == 6:
        pseudo = sender.packed + receiver.packed + struct.pack("!II", length, UDP)
        checksum = _checksum(pseudo + ports + b"\0\0" + data) or 0xFFFF
    return ports + struct.pack("!H", checksum) + data


def _checksum(data: bytes) -> int:
    data += b"\0" * (len(data) % 2)
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
