"""Announcements: LLDP frames by which switches hear each other, and nobody else is believed.

A frame is plain LLDP (IEEE 802.1AB-2016): chassis ID, port ID and time to live, so other equipment on the wire can read
it, then one organisationally specific TLV of ours that says the same in full and carries a signature:

    OUI 3 | subtype 1 | version 1 | dpid 8 | interface number 4 | time 8 | length 1 | interface name | signature 16

The signature is HMAC-SHA256 over everything before it, cut to 16 bytes. A guest or neighbour that does not have the key
cannot invent a link. Whether a frame that it heard and repeats is believed is for the reader to judge by the time in it
(`controller.fabric.freshness`): milliseconds, which mean something only to who wrote them. Frames stay below 256 bytes,
as copies to the controller are cut there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from struct import Struct, error

from controller.dataplane.fields import ETH_LLDP
from controller.southbound.signature import OUI, SIGNATURE_BYTES, is_signed, sign

DESTINATION = bytes.fromhex("0180c200000e")
"""The nearest bridge; no bridge that keeps to the standard passes it on."""
TIME_TO_LIVE = 120
MAX_NAME = 64
"""Bytes of an interface's name; Linux has 15."""

_END, _CHASSIS, _PORT, _TTL, _ORGANISATION = 0, 1, 2, 3, 127
_LOCALLY_ASSIGNED = 7
_SUBTYPE, _VERSION = 1, 1
_HEADER = Struct("!H")
_OURS = Struct("!3sBBQIQB")
_TIME_AND_LENGTH = 9
_LAST = bytes(2)
"""The end of an LLDPDU."""


FOREIGN, MALFORMED, FORGED = "foreign", "malformed", "forged"
"""Kinds of frames that are no announcements of ours: LLDP of somebody else, no sense, not our signature."""


class BadFrame(Exception):
    """A frame that is no announcement of ours; `kind` to count by, the message says why."""

    def __init__(self, kind: str, why: str) -> None:
        super().__init__(why)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Announcement:
    """Which interface of which switch a frame left by, and when."""

    dpid: int
    interface: str
    number: int
    time: int
    """Milliseconds, of any epoch."""


def encode_frame(announcement: Announcement, key: bytes) -> bytes:
    """An Ethernet frame that announces an interface, signed with `key`.

    Raises:
        ValueError: the interface's name is longer than `MAX_NAME` bytes.
    """
    return encoder(announcement.dpid, announcement.interface, announcement.number, key)(announcement.time)


@lru_cache(maxsize=65536)
def encoder(dpid_number: int, interface: str, number: int, key: bytes) -> Callable[[int], bytes]:
    """What makes the frames of one interface, for the time in them: all else is the same from one to the next.

    Raises:
        ValueError: the interface's name is longer than `MAX_NAME` bytes.
    """
    name = interface.encode()
    if len(name) > MAX_NAME:
        raise ValueError(f"interface name {interface!r} is longer than {MAX_NAME} bytes")
    dpid = dpid_number.to_bytes(8, "big")
    before = b"".join(
        (
            DESTINATION,
            _source(dpid),
            _HEADER.pack(ETH_LLDP),
            _tlv(_CHASSIS, bytes([_LOCALLY_ASSIGNED]) + b"dpid:" + dpid.hex().encode()),
            _tlv(_PORT, bytes([_LOCALLY_ASSIGNED]) + name),
            _tlv(_TTL, _HEADER.pack(TIME_TO_LIVE)),
            _HEADER.pack(_ORGANISATION << 9 | _OURS.size + len(name) + SIGNATURE_BYTES),
            _OURS.pack(OUI, _SUBTYPE, _VERSION, dpid_number, number, 0, 0)[:-_TIME_AND_LENGTH],
        )
    )
    after = bytes([len(name)]) + name

    def encode(time: int) -> bytes:
        frame = before + time.to_bytes(8, "big") + after
        return frame + sign(frame, key) + _LAST

    return encode


def decode_frame(data: bytes, key: bytes) -> Announcement:
    """The announcement in a frame, which may be padded.

    Raises:
        BadFrame: it is not LLDP, is cut off, is not ours, or is not signed with `key`.
    """
    if data[:6] != DESTINATION or data[12:14] != _HEADER.pack(ETH_LLDP):
        raise BadFrame(MALFORMED, "it is not LLDP")
    for kind, start, end in _tlvs(data):
        if kind == _ORGANISATION and data[start : start + 4] == OUI + bytes([_SUBTYPE]):
            return _decode_ours(data, start, end, key)
    raise BadFrame(FOREIGN, "it is LLDP of somebody else")


def _decode_ours(data: bytes, start: int, end: int, key: bytes) -> Announcement:
    signed = end - SIGNATURE_BYTES
    if end - start < _OURS.size + SIGNATURE_BYTES:
        raise BadFrame(MALFORMED, "it is too short for an announcement")
    if not is_signed(data[:signed], data[signed:end], key):
        raise BadFrame(FORGED, "its signature is not made with our key")
    _, _, version, dpid, number, time, length = _OURS.unpack_from(data, start)
    name = data[start + _OURS.size : signed]
    if version != _VERSION or len(name) != length:
        raise BadFrame(MALFORMED, f"it is of version {version}, or inconsistent")
    try:
        return Announcement(dpid, name.decode(), number, time)
    except UnicodeDecodeError:
        raise BadFrame(MALFORMED, "its interface name is not UTF-8") from None


def _tlvs(data: bytes) -> Iterator[tuple[int, int, int]]:
    """(type, start, end) of each TLV's value."""
    at = 14
    while True:
        try:
            (header,) = _HEADER.unpack_from(data, at)
        except error:
            raise BadFrame(MALFORMED, "it is cut off") from None
        start, kind = at + 2, header >> 9
        at = start + (header & 0x1FF)
        if kind == _END:
            return
        if at > len(data):
            raise BadFrame(MALFORMED, "it is cut off")
        yield kind, start, at


def _tlv(kind: int, value: bytes) -> bytes:
    return _HEADER.pack(kind << 9 | len(value)) + value


def _source(dpid: bytes) -> bytes:
    """A locally administered unicast address made of the datapath id's last 46 bits."""
    return bytes([dpid[2] & 0xFC | 0x02]) + dpid[3:]
