"""Reading a switch back: its interfaces, and what of ours it holds.

Flows are asked for by the mark in their cookies, and of each only the cookie is read, at its fixed place: 100,000 flows
take a tenth of a second. An audit compares their content, too, for as much time again: the cookie of a flow of ours is
a hash of its content, so one whose content has another hash was changed behind our back, or was added under a cookie of
ours. A switch may write flows otherwise than they were sent; if most seem to be changed, it does, and none counts.

Groups and meters have no cookie, so their descriptions are kept as bytes, in a form that the same group or meter of
ours gives too; those outside our ranges of numbers are somebody else's and skipped.

A reply may come in any number of parts. Each is read as it comes, so that no switch holds up the others for long, and
what is taken of one reply is bounded, whatever the peer sends.
"""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct

from controller.dataplane.encoder import cookie_of_entry, encode_group_add, encode_meter_add
from controller.dataplane.flow import COOKIE_MARK, OUR_GROUPS, OUR_METERS, Group, Meter
from controller.fabric.model import Interface
from controller.southbound import messages as wire
from controller.southbound.events import Held
from controller.southbound.framing import ProtocolError
from controller.southbound.items import Item, Kind

MAX_REPLY_BYTES = 128 * 1024 * 1024
"""About 800,000 flows."""
HELD_QUESTIONS = (wire.GROUP_DESCRIPTION, wire.METER_CONFIG, wire.FLOW_STATS)
QUESTIONS = (wire.PORT_DESCRIPTION, wire.METER_FEATURES, *HELD_QUESTIONS)

_LENGTH = Struct("!H")
_FLOW_COOKIE = Struct("!24xQ")
_FLOW_ENTRY = Struct("!HBx8xHHHH4xQ")
"""Length, table, priority, time-outs, flags and cookie; counters, match and instructions follow."""
_FLOW_BODY = 48
_GROUP = Struct("!HBxI")
_METER = Struct("!HHI")
_SMALLEST_FLOW = 56
_BUCKET = Struct("!H14x")
_OUTPUT = Struct("!HHI")
OUTPUT_ACTION = 0
"""OFPAT_OUTPUT: OpenFlow 1.3.5, 7.2.5."""


class ReadBack:
    """The answers to `QUESTIONS`, as far as they have come."""

    def __init__(self, compares_content: bool = False) -> None:
        self._compares_content = compares_content
        self._altered: set[int] = set()
        self.interfaces: list[Interface] = []
        self.has_meters = False
        self._cookies: set[int] = set()
        self._groups: dict[int, bytes] = {}
        self._meters: dict[int, bytes] = {}
        self._bytes = dict.fromkeys(QUESTIONS, 0)

    @property
    def held(self) -> Held:
        """What of ours the switch holds."""
        altered = self._altered if 2 * len(self._altered) <= len(self._cookies) else frozenset[int]()
        return Held(self._cookies, self._groups, self._meters, altered)

    def add(self, question: int, reply: bytes) -> bool:
        """Take a part of the reply to a question; whether it was the last.

        Raises:
            ProtocolError: another kind of reply, one of more than `MAX_REPLY_BYTES`, or one that cannot be read.
            struct.error: a part that ends in the middle.
        """
        kind, more = wire.multipart_header(reply)
        if kind != question:
            raise ProtocolError("malformed", f"a multipart reply of type {kind} to a request of type {question}")
        self._bytes[question] += len(reply)
        if self._bytes[question] > MAX_REPLY_BYTES:
            raise ProtocolError("too much", f"a multipart reply of more than {MAX_REPLY_BYTES} bytes")
        self._read(question, reply[wire.MULTIPART_BODY :])
        return not more

    def _read(self, question: int, part: bytes) -> None:
        match question:
            case wire.PORT_DESCRIPTION:
                self.interfaces += wire.interfaces_of(part)
            case wire.METER_FEATURES:
                self.has_meters = wire.most_meters(part) > 0
            case wire.GROUP_DESCRIPTION:
                self._groups.update(_our_groups(part))
            case wire.METER_CONFIG:
                self._meters.update(_our_meters(part))
            case wire.FLOW_STATS:
                self._cookies.update(_our_cookies(part))
                if self._compares_content:
                    self._altered.update(_altered(part))


def group_content(group: Group) -> bytes:
    """What a switch that holds exactly this group is read back to have: its kind and its buckets."""
    sent = encode_group_add(group, 0)
    return sent[10:11] + sent[16:]


def outputs_of(content: bytes) -> Iterator[int]:
    """Numbers of the interfaces to which a group sends, from its `group_content`; whatever else it does is left out.

    Raises:
        struct.error: content that ends in the middle.
    """
    at = 1
    while at < len(content):
        length = max(_BUCKET.unpack_from(content, at)[0], _BUCKET.size)
        inside, end = at + _BUCKET.size, at + length
        while inside < end:
            kind, size, number = _OUTPUT.unpack_from(content, inside)
            if kind == OUTPUT_ACTION:
                yield number
            inside += max(size, _OUTPUT.size)
        at = end


def meter_content(meter: Meter) -> bytes:
    """What a switch that holds exactly this meter is read back to have: its flags and its bands."""
    sent = encode_meter_add(meter, 0)
    return sent[10:12] + sent[16:]


def content_of(thing: Group | Meter) -> bytes:
    """What it is read back to have."""
    return group_content(thing) if isinstance(thing, Group) else meter_content(thing)


def contents_of(held: Held) -> dict[Item, bytes]:
    """Contents of the groups and meters that were read back."""
    groups: dict[Item, bytes] = {(Kind.GROUP, number): content for number, content in held.groups.items()}
    return groups | {(Kind.METER, number): content for number, content in held.meters.items()}


def _our_cookies(part: bytes) -> Iterator[int]:
    """Flow statistics: OpenFlow 1.3.5, 7.3.5.2."""
    read_length, read_cookie = _LENGTH.unpack_from, _FLOW_COOKIE.unpack_from
    start, end = 0, len(part)
    while start < end:
        (length,) = read_length(part, start)
        if length < _SMALLEST_FLOW or start + length > end:
            raise ProtocolError("malformed", f"flow statistics of {length} bytes where {end - start} are left")
        (cookie,) = read_cookie(part, start)
        if cookie >> 56 == COOKIE_MARK:
            yield cookie
        start += length


def _altered(part: bytes) -> Iterator[int]:
    """Cookies of flows of ours whose content is another; the part was read by `_our_cookies`."""
    start, end = 0, len(part)
    while start < end:
        length, table, priority, idle, hard, flags, cookie = _FLOW_ENTRY.unpack_from(part, start)
        if cookie >> 56 == COOKIE_MARK:
            body = part[start + _FLOW_BODY : start + length]
            if cookie_of_entry(table, priority, idle, hard, flags, body) != cookie:
                yield cookie
        start += length


def _our_groups(part: bytes) -> Iterator[tuple[int, bytes]]:
    """Group descriptions: 7.3.5.9."""
    for entry in _entries(part, _GROUP.size):
        _, kind, number = _GROUP.unpack_from(entry)
        if number in OUR_GROUPS:
            yield number, bytes([kind]) + entry[_GROUP.size :]


def _our_meters(part: bytes) -> Iterator[tuple[int, bytes]]:
    """Meter configurations: 7.3.5.12."""
    for entry in _entries(part, _METER.size):
        _, flags, number = _METER.unpack_from(entry)
        if number in OUR_METERS:
            yield number, _LENGTH.pack(flags) + entry[_METER.size :]


def _entries(part: bytes, smallest: int) -> Iterator[bytes]:
    start, end = 0, len(part)
    while start < end:
        (length,) = _LENGTH.unpack_from(part, start)
        if length < smallest or start + length > end:
            raise ProtocolError("malformed", f"a description of {length} bytes where {end - start} are left")
        yield part[start : start + length]
        start += length
