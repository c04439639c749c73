"""An OpenFlow 1.3 session, without sockets and without a clock.

    HELLO -> FEATURES -> IDENTIFIED -> READING -> READY -> CLOSED

Bytes go in by `receive`, times by `receive` and `tick`; events come out, and `outgoing` holds what is to be written.
As soon as the peer has said who it is, the session waits in IDENTIFIED: whoever owns it decides with `accept` or
`close` whether that switch is served, before anything is read back. READING asks five questions at once: interfaces,
meter features, and which flows, groups and meters of ours are there. READY may ask the last three again.

Everything the peer sends is decoded inside one guard. Whatever it breaks ends the session, with a reason that can be
counted, and nothing else. After `CLOSED` nothing is taken and nothing said.

xids from `OWN_XIDS` on belong to the session; those below are for the messages of whoever owns it.
"""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Iterable
from enum import Enum

from controller.dataplane.flow import COOKIE_MARK
from controller.southbound import bundle_messages, error_names
from controller.southbound import messages as wire
from controller.southbound.counters import Counting, questions
from controller.southbound.events import (
    BarrierPassed,
    BundleAnswered,
    Closed,
    EchoAnswered,
    Event,
    FlowExpired,
    FlowLost,
    Identified,
    InterfaceChanged,
    PacketIn,
    ReadAgain,
    Refused,
    SwitchReady,
)
from controller.southbound.framing import VERSION, Framer, ProtocolError
from controller.southbound.liveness import Liveness
from controller.southbound.readback import HELD_QUESTIONS, QUESTIONS, ReadBack

MEASURE_EVERY = 10.0
"""Seconds between two measurements of the round trip."""
MEASUREMENTS = 6
"""How many count; the quickest of them says least of what else went on."""
IDENTIFY_WITHIN = 10.0
"""Seconds from connecting until the peer has to have said which switch it is."""
READ_BACK_WITHIN = 60.0
"""Seconds from `accept` or `read_again` until the switch has to have been read back."""
OWN_XIDS = 0xF0000000

MAX_EARLY = 65536
"""Events that may come while a switch is read back."""

_IDLE_TIMEOUT, _HARD_TIMEOUT = 0, 1


class State(Enum):
    """Where a session stands."""

    HELLO = "waiting for hello"
    FEATURES = "waiting for features"
    IDENTIFIED = "waiting to be accepted"
    READING = "reading back"
    READY = "ready"
    CLOSED = "closed"


class Session:
    """The controller's end of one connection with a switch."""

    def __init__(self, now: float) -> None:
        self.state = State.HELLO
        self.outgoing = bytearray()
        """What is to be written; the owner empties it."""
        self._framer = Framer()
        self._deadline = now + IDENTIFY_WITHIN
        self._liveness = Liveness(now)
        self._round_trips: deque[float] = deque(maxlen=MEASUREMENTS)
        self._echo_sent = now
        self._echo_xid = 0
        self._xid = OWN_XIDS
        self._dpid = 0
        self._asked: dict[int, int] = {}
        self._found = ReadBack()
        self._early: list[Event] = []
        self._counting = Counting()
        self._send(wire.hello(self._next_xid()))

    @property
    def round_trip(self) -> float | None:
        """Seconds that the quickest of the last echoes took; None before the first."""
        return min(self._round_trips, default=None)

    @property
    def heard(self) -> float:
        """When the peer said something last."""
        return self._liveness.heard

    def receive(self, data: bytes, now: float) -> list[Event]:
        """Take bytes from the peer, in pieces of any size."""
        events: list[Event] = []
        if self.state is State.CLOSED:
            return events
        self._liveness.hear(now)
        try:
            for version, kind, xid, message in self._framer.feed(data):
                if kind == wire.PACKET_IN and version == VERSION and self.state is State.READY:
                    # All that comes by the ten thousand: announcements that were heard.
                    events.append(PacketIn(*wire.packet_in(message)))
                else:
                    self._handle(version, kind, xid, message, events)
        except ProtocolError as broken:
            events.append(self.close(broken.kind, str(broken)))
        except (struct.error, ValueError, IndexError) as broken:
            events.append(self.close("malformed", f"a message that cannot be read: {broken}"))
        return events

    def tick(self, now: float) -> list[Event]:
        """Let time pass: probe a silent peer, give up a dead one. Call it about once a second."""
        if self.state is State.CLOSED:
            return []
        if (self.state is not State.READY or self._asked) and now >= self._deadline:
            return [self.close("timeout", f"not finished in time: {self.state.value}")]
        if self.state not in (State.READING, State.READY):
            return []
        if self._liveness.is_due(now):
            self.probe(now)
        elif self._liveness.is_over(now):
            half = f", in the middle of a message ({self._framer.waiting} bytes)" if self._framer.waiting else ""
            return [self.close("silent", f"nothing heard for {now - self.heard:.0f} s{half}")]
        if self.state is State.READY and now - self._echo_sent >= MEASURE_EVERY:
            self._send_echo(now)
        return []

    def accept(self, now: float) -> None:
        """Serve the identified switch: read it back."""
        self.state = State.READING
        self._ask(QUESTIONS, now)

    def read_again(self, now: float) -> None:
        """Ask a switch that is ready what it holds; `ReadAgain` follows. Not before the last answer to this."""
        self._ask(HELD_QUESTIONS, now)

    def count(self, trunks: Iterable[int]) -> bool:
        """Ask a switch that is ready for its counters; `Counted` follows. False while it owes the last answer."""
        if self._counting or self.state is not State.READY:
            return False
        for kind, body in questions(trunks):
            self._send(self._counting.ask(self._next_xid(), kind, body))
        return True

    def _ask(self, questions: Iterable[int], now: float) -> None:
        self._deadline = now + READ_BACK_WITHIN
        for question in questions:
            xid = self._next_xid()
            self._asked[xid] = question
            self._send(_request(question, xid))

    def probe(self, now: float) -> None:
        """Ask the peer whether it is there; `EchoAnswered` follows if so."""
        self._liveness.probe(now)
        self._send_echo(now)

    def _send_echo(self, now: float) -> None:
        self._echo_sent, self._echo_xid = now, self._next_xid()
        self._send(wire.message(wire.ECHO_REQUEST, self._echo_xid))

    def close(self, kind: str, reason: str) -> Closed:
        """End the session; what `outgoing` holds should still be written."""
        self.state = State.CLOSED
        return Closed(kind, reason)

    def _handle(self, version: int, kind: int, xid: int, message: bytes, events: list[Event]) -> None:
        if self.state is State.HELLO:
            self._greet(version, kind, message)
            return
        if version != VERSION:
            raise ProtocolError("malformed", f"a message of version {version:#04x} in an OpenFlow 1.3 session")
        if kind == wire.ECHO_REQUEST:
            self._send(wire.message(wire.ECHO_REPLY, xid, message[8:]))
        elif kind == wire.ECHO_REPLY:
            if xid == self._echo_xid:
                self._round_trips.append(self.heard - self._echo_sent)
            events.append(EchoAnswered())
        elif kind == wire.ERROR:
            self._error(xid, message, events)
        elif self.state is State.FEATURES and kind == wire.FEATURES_REPLY:
            self._dpid = wire.features_dpid(message)
            self.state = State.IDENTIFIED
            events.append(Identified(self._dpid))
        elif self.state in (State.READING, State.READY) and kind == wire.MULTIPART_REPLY:
            self._read(xid, message, events)
        elif self.state in (State.READING, State.READY):
            self._report(kind, xid, message, events)

    def _greet(self, version: int, kind: int, message: bytes) -> None:
        if kind == wire.ERROR:
            raise ProtocolError("incompatible", f"the peer refused: {error_names.describe(message)[2]}")
        if kind != wire.HELLO:
            raise ProtocolError("malformed", f"a message of type {kind} before hello")
        if not wire.speaks_our_version(version, message):
            text = "Tenantry speaks OpenFlow 1.3 (version 0x04) only"
            self._send(wire.hello_failed(self._next_xid(), text))
            raise ProtocolError("incompatible", f"the peer does not speak OpenFlow 1.3, but up to {version:#04x}")
        self.state = State.FEATURES
        self._send(wire.message(wire.FEATURES_REQUEST, self._next_xid()))

    def _error(self, xid: int, message: bytes, events: list[Event]) -> None:
        kind, code, text = error_names.describe(message)
        asked = self._asked.pop(xid, None)
        if asked in (wire.METER_FEATURES, wire.METER_CONFIG):
            # A switch that knows no meters holds none.
            self._finish(events)
        elif xid in self._counting:
            events.extend(filter(None, [self._counting.end(xid)]))
        elif asked is not None or xid >= OWN_XIDS:
            raise ProtocolError("refused", f"the switch refuses to be read back: {text}")
        else:
            events.append(Refused(xid, kind, code, text))

    def _read(self, xid: int, message: bytes, events: list[Event]) -> None:
        if xid in self._counting:
            events.extend(filter(None, [self._counting.add(xid, message)]))
            return
        question = self._asked.get(xid)
        if question is None:
            raise ProtocolError("malformed", f"a multipart reply to nothing that was asked (xid {xid:#x})")
        if self._found.add(question, message):
            del self._asked[xid]
            self._finish(events)

    def _finish(self, events: list[Event]) -> None:
        if self._asked:
            return
        found, early = self._found, self._early
        self._found, self._early = ReadBack(compares_content=True), []
        if self.state is State.READY:
            events.append(ReadAgain(found.held))
            return
        self.state = State.READY
        events.append(SwitchReady(self._dpid, tuple(found.interfaces), found.has_meters, found.held))
        events.extend(early)

    def _report(self, kind: int, xid: int, message: bytes, events: list[Event]) -> None:
        event = _event(kind, xid, message)
        if event is None:
            return
        if self.state is State.READY:
            events.append(event)
        elif not isinstance(event, PacketIn):
            # It may be newer than the answer to our question, so it is told after it.
            self._early.append(event)
            if len(self._early) > MAX_EARLY:
                raise ProtocolError("too much", f"more than {MAX_EARLY} changes while it was read back")

    def _send(self, data: bytes) -> None:
        self.outgoing += data

    def _next_xid(self) -> int:
        self._xid = OWN_XIDS if self._xid == 0xFFFFFFFF else self._xid + 1
        return self._xid


def _event(kind: int, xid: int, message: bytes) -> Event | None:
    if kind == wire.PACKET_IN:
        return PacketIn(*wire.packet_in(message))
    if kind == wire.BARRIER_REPLY:
        return BarrierPassed(xid)
    if kind == bundle_messages.EXPERIMENTER:
        return BundleAnswered(xid) if bundle_messages.is_answer(message) else None
    if kind == wire.FLOW_REMOVED:
        cookie, reason = wire.flow_removed(message)
        if cookie >> 56 != COOKIE_MARK:
            return None
        return FlowExpired(cookie) if reason in (_IDLE_TIMEOUT, _HARD_TIMEOUT) else FlowLost(cookie)
    if kind == wire.PORT_STATUS:
        interface, deleted = wire.port_status(message)
        return InterfaceChanged(interface, deleted) if interface else None
    return None


def _request(question: int, xid: int) -> bytes:
    if question == wire.FLOW_STATS:
        return wire.our_flows_request(xid)
    if question == wire.METER_CONFIG:
        return wire.meters_request(xid)
    return wire.multipart_request(question, xid)
