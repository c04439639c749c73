"""Frames by which the daemon finds out which tunnel endpoints reach each other (`apps.underlay`).

    OUI 3 | protocol 2 | version 1 | sender's dpid 8 | receiver's dpid 8 | encapsulation 1 | number 8 | signature 16

behind an Ethernet header with the type for protocols that are named by an OUI (IEEE 802-2014, 9.2.4), and filled with
zeros up to the size that is to be tried. The signature is HMAC-SHA256 over all of that before it, cut to 16 bytes; not
over the Ethernet header, as a switch that sends a probe back writes another destination, nor over what fills it, of
which a copy to the controller has only the beginning.

Each frame has a number of its own, and whoever sends it remembers the number until the answer comes; so an old frame is
known by that. Numbers begin at random, since a daemon does not know those of the one before.
"""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct

from controller.dataplane.fields import ETH_OUI_EXTENDED
from controller.southbound.signature import OUI, SIGNATURE_BYTES, is_signed, sign

_HEADER = Struct("!6s6sH")
_OURS = Struct("!3sHBQQBQ")
_PROTOCOL, _VERSION = 2, 1
_SOURCE = bytes.fromhex("027e74000000")
"""The source address of all of them: no bridge ever learns it."""
NUMBERS = 2**64
LEAST = _HEADER.size + _OURS.size + SIGNATURE_BYTES
"""Bytes of the smallest frame, which are more than Ethernet's least."""
CONTENT = slice(_HEADER.size, LEAST)
"""Where in a frame all that it says is, with the signature."""
NUMBER = slice(LEAST - SIGNATURE_BYTES - 8, LEAST - SIGNATURE_BYTES)
"""Where its number is."""


class BadUnderlayProbe(Exception):
    """A frame that is no probe of ours. `kind` is `malformed` or `forged`."""

    def __init__(self, kind: str, why: str) -> None:
        super().__init__(why)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class UnderlayProbe:
    """What a probe says."""

    sender: int
    """Dpid of the switch."""
    receiver: int
    encapsulation: int
    """The code of it, below 256."""
    number: int
    """Below `NUMBERS`."""


def encode_underlay_probe(probe: UnderlayProbe, destination: int, key: bytes, size: int = 0) -> bytes:
    """A frame to `destination`, signed with `key`, and at least of `size` bytes."""
    said = probe.sender, probe.receiver, probe.encapsulation, probe.number
    ours = _OURS.pack(OUI, _PROTOCOL, _VERSION, *said)
    head = _HEADER.pack(destination.to_bytes(6, "big"), _SOURCE, ETH_OUI_EXTENDED)
    return (head + ours + sign(ours, key)).ljust(size, b"\0")


def decode_underlay_probe(data: bytes, key: bytes) -> UnderlayProbe:
    """What the probe in a frame says.

    Raises:
        BadUnderlayProbe: it is cut off, is none of ours, or is not signed with `key`.
    """
    if len(data) < LEAST:
        raise BadUnderlayProbe("malformed", "it is cut off")
    ours = data[_HEADER.size : _HEADER.size + _OURS.size]
    oui, protocol, version, *said = _OURS.unpack(ours)
    if (oui, protocol, version) != (OUI, _PROTOCOL, _VERSION):
        raise BadUnderlayProbe("malformed", "it is of another protocol or version")
    if not is_signed(ours, data[_HEADER.size + _OURS.size : LEAST], key):
        raise BadUnderlayProbe("forged", "its signature is not made with our key")
    return UnderlayProbe(*said)
