"""Counters of a switch's interfaces, and of flows towards and from trunk ports: what is asked, and what comes back.

Interfaces are asked for all at once (OpenFlow 1.3.5, 7.3.5.6). Of flows (7.3.5.2) only those of ours are asked for that
tell the networks of a trunk port apart: where its frames enter, and what is sent out of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from struct import Struct

from controller.dataplane.encoder import ANY, COOKIE_MARK_MASK, COOKIE_MARK_VALUE
from controller.southbound import messages as wire
from controller.southbound.framing import ProtocolError

PORT_STATS = 4
MOST_BYTES = 16 * 2**20
"""Of all answers of a switch to one question; an interface takes 112."""
MOST_TRUNKS = 50
"""For how many trunk ports of a switch flows are asked for."""
_ALL_PORTS = Struct("!I4x")
_PORT = Struct("!I4x12QII")
_FLOW = Struct("!H22xQQQ")
"""Length, cookie, packets and bytes."""
_FLOWS = Struct("!B3xII4xQQ")
_MATCH_OF_NOTHING = b"\x00\x01\x00\x04\x00\x00\x00\x00"
_MATCH_OF_PORT = Struct("!HHII4x")
_IN_PORT = 0x80000004
_FIRST_TABLE, _ALL_TABLES = 0, 0xFF
_UNKNOWN = 2**64 - 1
_LAST_INTERFACE = 0xFFFFFF00


@dataclass(frozen=True, slots=True)
class InterfaceCounters:
    """What an interface has counted since it came; received is what came in from whoever is plugged in there."""

    received_packets: int
    sent_packets: int
    received_bytes: int
    sent_bytes: int
    dropped: int
    """In both directions."""
    age: float
    """Seconds since it came, by the switch's clock."""


@dataclass(frozen=True, slots=True)
class Counted:
    """A switch has said what it has counted: by number of interface, and (packets, bytes) by cookie of flow."""

    interfaces: Mapping[int, InterfaceCounters]
    flows: Mapping[int, tuple[int, int]]


@dataclass(slots=True)
class Counting:
    """What a switch was asked and has not answered yet."""

    _asked: dict[int, int] = field(default_factory=dict)
    """Kind of each question by xid."""
    _size: int = 0
    _interfaces: dict[int, InterfaceCounters] = field(default_factory=dict)
    _flows: dict[int, tuple[int, int]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self._asked)

    def __contains__(self, xid: object) -> bool:
        return xid in self._asked

    def ask(self, xid: int, kind: int, body: bytes) -> bytes:
        """The message of a question."""
        self._asked[xid] = kind
        return wire.multipart_request(kind, xid, body)

    def add(self, xid: int, reply: bytes) -> Counted | None:
        """Take a part of an answer; what was counted, when all has come. Raises ProtocolError and struct.error."""
        kind, is_more = wire.multipart_header(reply)
        self._size += len(reply)
        if kind != self._asked[xid] or self._size > MOST_BYTES:
            raise ProtocolError("malformed", f"an answer of type {kind} to a question for counters, or a huge one")
        part = reply[wire.MULTIPART_BODY :]
        if kind == PORT_STATS:
            self._interfaces.update(interface_counters(part))
        else:
            self._flows.update(flow_counters(part))
        return None if is_more else self.end(xid)

    def end(self, xid: int) -> Counted | None:
        """There is no more of an answer, as it was refused or is complete."""
        del self._asked[xid]
        if self._asked:
            return None
        counted = Counted(self._interfaces, self._flows)
        self._size, self._interfaces, self._flows = 0, {}, {}
        return counted


def questions(trunks: Iterable[int]) -> Iterator[tuple[int, bytes]]:
    """(kind, body) of what is asked, given the numbers of the interfaces of trunk ports."""
    yield PORT_STATS, _ALL_PORTS.pack(ANY)
    for number, _ in zip(trunks, range(MOST_TRUNKS), strict=False):
        entering = _MATCH_OF_PORT.pack(1, 12, _IN_PORT, number)
        yield wire.FLOW_STATS, _FLOWS.pack(_FIRST_TABLE, ANY, ANY, COOKIE_MARK_VALUE, COOKIE_MARK_MASK) + entering
        leaving = _FLOWS.pack(_ALL_TABLES, number, ANY, COOKIE_MARK_VALUE, COOKIE_MARK_MASK)
        yield wire.FLOW_STATS, leaving + _MATCH_OF_NOTHING


def interface_counters(part: bytes) -> Iterator[tuple[int, InterfaceCounters]]:
    """Counters by number. Raises struct.error when the part is not a whole number of interfaces."""
    for number, *counts, seconds, nanoseconds in _PORT.iter_unpack(part):
        if number <= _LAST_INTERFACE:
            # What the switch does not count has all bits set.
            known = [0 if count == _UNKNOWN else count for count in counts[:6]]
            received, sent, received_bytes, sent_bytes, received_drops, sent_drops = known
            dropped, age = received_drops + sent_drops, seconds + nanoseconds / 1e9
            yield number, InterfaceCounters(received, sent, received_bytes, sent_bytes, dropped, age)


def flow_counters(part: bytes) -> Iterator[tuple[int, tuple[int, int]]]:
    """(packets, bytes) by cookie. Raises struct.error and ProtocolError."""
    start, end = 0, len(part)
    while start < end:
        length, cookie, packets, octets = _FLOW.unpack_from(part, start)
        if length < _FLOW.size or start + length > end:
            raise ProtocolError("malformed", f"flow statistics of {length} bytes where {end - start} are left")
        yield cookie, (packets, octets)
        start += length
