"""The interpreter's packets as bytes, and back."""

from __future__ import annotations

from controller.dataplane.packet import Packet

MINIMUM = 60
"""Bytes of the shortest Ethernet frame, without its checksum."""


def frame(packet: Packet, mark: bytes = b"") -> bytes:
    """The Ethernet frame, with `mark` as the first bytes of its payload."""
    header = packet.eth_dst.to_bytes(6, "big") + packet.eth_src.to_bytes(6, "big")
    # The priority of a tag behind the first shows nowhere.
    priorities = (packet.priority, *(0 for _ in packet.tags[1:]))
    controls = [priority << 13 | tag for priority, tag in zip(priorities, packet.tags, strict=False)]
    tags = b"".join(b"\x81\x00" + control.to_bytes(2, "big") for control in controls)
    whole = header + tags + packet.eth_type.to_bytes(2, "big") + mark
    return whole + bytes(max(0, MINIMUM - len(whole)))


def tags_and_payload(data: bytes) -> tuple[tuple[int, ...], bytes]:
    """VLAN IDs of a frame, and what follows its Ethernet type."""
    at, tags = 12, []
    while data[at : at + 2] in (b"\x81\x00", b"\x88\xa8"):
        tags.append(int.from_bytes(data[at + 2 : at + 4], "big") & 0xFFF)
        at += 4
    return tuple(tags), data[at + 2 :]
