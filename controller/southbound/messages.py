"""The small OpenFlow 1.3 messages of a session: what we ask, and the structures that come back.

Flows, groups and meters are written in `controller.dataplane.encoder`. Everything here is `struct` rather than
os-ken's classes: packet-ins and statistics come by the hundred thousand, and a wrong length must be an exception of one
kind (`struct.error`), not one of a dozen. Numbers: OpenFlow 1.3.5, 7.1 (types) and the sections named below.
"""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct, error
from sys import intern

from controller.dataplane.encoder import ANY, COOKIE_MARK_MASK, COOKIE_MARK_VALUE
from controller.fabric.model import Interface
from controller.southbound.framing import HEADER, VERSION

HELLO, ERROR, ECHO_REQUEST, ECHO_REPLY = 0, 1, 2, 3
FEATURES_REQUEST, FEATURES_REPLY = 5, 6
PACKET_IN, FLOW_REMOVED, PORT_STATUS, PACKET_OUT = 10, 11, 12, 13
MULTIPART_REQUEST, MULTIPART_REPLY = 18, 19
BARRIER_REQUEST, BARRIER_REPLY = 20, 21

FLOW_STATS, GROUP_DESCRIPTION, METER_CONFIG, METER_FEATURES, PORT_DESCRIPTION = 1, 7, 10, 11, 13
MORE = 1
"""OFPMPF_REPLY_MORE: another part follows."""

_MULTIPART = Struct("!8xHH4x")
_FLOW_STATS_REQUEST = Struct("!B3xII4xQQ")
_ALL_METERS = Struct("!I4x")
_PORT = Struct("!I4x6x2x16sII16xII")
_PORT_STATUS = Struct("!8xB7x")
_PACKET_IN = Struct("!15xBQ2xHII")
"""Table, cookie, length of the match, and its first field if it is one of 32 bits."""
_PACKET_IN_MATCH, _MATCH_OF_A_WORD = 24, 12
"""Where the match begins, and how long it is with one such field."""
_MATCH = Struct("!HH")
_OXM = Struct("!HBB")
_FLOW_REMOVED = Struct("!8xQHBB")
_PACKET_OUT = Struct("!BBHIIIH6xHHIH6x")
"""The message with one action, an output."""
_PACKET_OUT_HEAD = Struct("!BBHIIIH6x")
MOST_FRAME = 65_000
"""Bytes of a frame that fit into a message (of 65,535) with a few actions."""
_FEATURES = Struct("!8xQ")
_METER_FEATURES = Struct("!I")
_WORD = Struct("!I")

_LAST_INTERFACE = 0xFFFFFF00
"""OFPP_MAX; what lies above are not interfaces, the bridge's own (LOCAL) among them."""
_PORT_DOWN, _LINK_DOWN = 1, 1
_HELLO_VERSIONS = 1
_IN_PORT = 0x80000004
"""The header of the field that says where a packet came in, of 32 bits (7.2.3.7)."""
_CONTROLLER = 0xFFFFFFFD
_OUTPUT, _OUTPUT_BYTES = 0, 16
_EXACT_MATCH_OF_NOTHING = b"\x00\x01\x00\x04\x00\x00\x00\x00"


def message(kind: int, xid: int, body: bytes = b"") -> bytes:
    """A message with its header."""
    return HEADER.pack(VERSION, kind, HEADER.size + len(body), xid) + body


def hello(xid: int) -> bytes:
    """Our hello, with a bitmap of the versions that we speak: one (7.5.1)."""
    return message(HELLO, xid, b"\x00\x01\x00\x08" + _WORD.pack(1 << VERSION))


def hello_failed(xid: int, text: str) -> bytes:
    """The error that says why no version is common (OFPHFC_INCOMPATIBLE, 7.4.4)."""
    return message(ERROR, xid, b"\x00\x00\x00\x00" + text.encode())


def speaks_our_version(version: int, hello_message: bytes) -> bool:
    """Whether the sender of this hello can speak 1.3: by its bitmap, or else by its header (6.3.1)."""
    start = HEADER.size
    while start + 4 <= len(hello_message):
        kind, length = _MATCH.unpack_from(hello_message, start)
        if kind == _HELLO_VERSIONS and length >= 8:
            return bool(_WORD.unpack_from(hello_message, start + 4)[0] >> VERSION & 1)
        start += max(length + 7 & ~7, 8)
    return version >= VERSION


def multipart_request(kind: int, xid: int, body: bytes = b"") -> bytes:
    """A multipart request of one part."""
    return message(MULTIPART_REQUEST, xid, kind.to_bytes(2, "big") + bytes(6) + body)


def our_flows_request(xid: int) -> bytes:
    """Ask for the flows of all tables whose cookie has our mark (7.3.5.2)."""
    wanted = _FLOW_STATS_REQUEST.pack(0xFF, ANY, ANY, COOKIE_MARK_VALUE, COOKIE_MARK_MASK)
    return multipart_request(FLOW_STATS, xid, wanted + _EXACT_MATCH_OF_NOTHING)


def all_flows_request(xid: int) -> bytes:
    """Ask for the flows of all tables, whoever put them there."""
    return multipart_request(FLOW_STATS, xid, _FLOW_STATS_REQUEST.pack(0xFF, ANY, ANY, 0, 0) + _EXACT_MATCH_OF_NOTHING)


def meters_request(xid: int) -> bytes:
    """Ask for the configuration of all meters (7.3.5.12)."""
    return multipart_request(METER_CONFIG, xid, _ALL_METERS.pack(0xFFFFFFFF))


def packet_out_by(actions: bytes, frame: bytes, xid: int) -> bytes:
    """Have these encoded actions done with a frame, as if from the controller (7.3.7)."""
    length = _PACKET_OUT_HEAD.size + len(actions) + len(frame)
    head = _PACKET_OUT_HEAD.pack(VERSION, PACKET_OUT, length, xid, ANY, _CONTROLLER, len(actions))
    return head + actions + frame


def packet_out(interface_number: int, frame: bytes, xid: int) -> bytes:
    """Send a frame out of an interface, as if from the controller (7.3.7)."""
    length = _PACKET_OUT.size + len(frame)
    output = _OUTPUT, _OUTPUT_BYTES, interface_number, 0
    return _PACKET_OUT.pack(VERSION, PACKET_OUT, length, xid, ANY, _CONTROLLER, _OUTPUT_BYTES, *output) + frame


def features_dpid(reply: bytes) -> int:
    """The datapath id in a features reply (7.3.1)."""
    (dpid,) = _FEATURES.unpack_from(reply)
    return int(dpid)


def multipart_header(reply: bytes) -> tuple[int, bool]:
    """(type, whether more parts follow) of a part of a multipart reply (7.3.5)."""
    kind, flags = _MULTIPART.unpack_from(reply)
    return kind, bool(flags & MORE)


MULTIPART_BODY = _MULTIPART.size


def interfaces_of(part: bytes) -> Iterator[Interface]:
    """The interfaces in a port description (7.3.5.7).

    Raises:
        struct.error: the part is not a whole number of ports.
    """
    for fields in _PORT.iter_unpack(part):
        interface = _interface(*fields)
        if interface:
            yield interface


def port_status(received: bytes) -> tuple[Interface | None, bool]:
    """(interface or None for the bridge's own, whether it was deleted) of a port status (7.4.3)."""
    (reason,) = _PORT_STATUS.unpack_from(received)
    return _interface(*_PORT.unpack_from(received, _PORT_STATUS.size)), reason == 1


def packet_in(received: bytes) -> tuple[int, int, int, bytes]:
    """(cookie, table, interface, packet) of a packet-in (7.4.1)."""
    table, cookie, length, first, in_port = _PACKET_IN.unpack_from(received)
    data = _PACKET_IN_MATCH + (length + 7 & ~7) + 2
    if data > len(received):
        raise error("a match that is longer than its message")
    if first != _IN_PORT or length < _MATCH_OF_A_WORD:
        in_port = _in_port(received, _PACKET_IN_MATCH + _MATCH.size, _PACKET_IN_MATCH + length)
    return cookie, table, in_port, received[data:]


def flow_removed(received: bytes) -> tuple[int, int]:
    """(cookie, reason) of a flow-removed (7.4.2)."""
    cookie, _, reason, _ = _FLOW_REMOVED.unpack_from(received)
    return cookie, reason


def most_meters(part: bytes) -> int:
    """How many meters the switch has room for (7.3.5.13)."""
    (most,) = _METER_FEATURES.unpack_from(part)
    return int(most)


def _interface(number: int, name: bytes, config: int, state: int, speed: int, most: int) -> Interface | None:
    if number > _LAST_INTERFACE:
        return None
    up = not (config & _PORT_DOWN or state & _LINK_DOWN)
    # Interned, as intent names most of them, too.
    text = intern(name.partition(b"\0")[0].decode("utf-8", "replace"))
    return Interface(text, number, up, speed or most)


def _in_port(received: bytes, start: int, end: int) -> int:
    while start + 4 <= end:
        oxm_class, field, length = _OXM.unpack_from(received, start)
        if oxm_class == 0x8000 and field == 0:
            return int(_WORD.unpack_from(received, start + 4)[0])
        start += 4 + length
    raise error("a packet-in without interface")
