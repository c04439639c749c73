"""The session: the same events however the bytes are cut, and a named end whatever they are."""

from __future__ import annotations

import struct
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.fabric.model import Interface
from controller.southbound import session as sessions
from controller.southbound.events import (
    BarrierPassed,
    BundleAnswered,
    Closed,
    EchoAnswered,
    Event,
    FlowExpired,
    FlowLost,
    Held,
    Identified,
    InterfaceChanged,
    PacketIn,
    ReadAgain,
    Refused,
    SwitchReady,
)
from controller.southbound.framing import Framer
from controller.southbound.liveness import DEAD_AFTER, PROBE_AFTER
from controller.southbound.messages import interfaces_of
from controller.southbound.session import Session, State
from tests.unit import switch_script as script

READY = SwitchReady(
    5,
    (
        Interface("eth1", 1, True),
        Interface("eth2", 2, False),
        Interface("eth3", 3, False),
    ),
    True,
    Held(
        {script.MARK | 1, script.MARK | 2},
        {script.OUR_GROUP: b"\0" + script.bucket()},
        {script.OUR_METER: struct.pack("!HHHII4x", 6, 1, 16, 5, 6)},
    ),
)
AFTERWARDS = (
    script.packet_in(script.MARK | 9, 2, b"frame"),
    script.flow_removed(script.MARK | 1, 0),
    script.flow_removed(script.MARK | 2, 3),
    script.flow_removed(0x11, 0),
    script.port_status(1, script.port(3, "eth3")),
    script.port_status(2, script.port(0xFFFFFFFE, "br0")),
    script.error(5, 1, 17),
    script.message(21, 18),
    script.message(4, 21, struct.pack("!IIIHH", 0x4F4E4600, 2300, 21, 1, 3)),
    script.message(4, 22, struct.pack("!II", 0x4F4E4600, 2301)),
    script.message(2, 19, b"ping"),
    script.message(3, 20),
)
TOLD = [
    PacketIn(script.MARK | 9, 3, 2, b"frame"),
    FlowExpired(script.MARK | 1),
    FlowLost(script.MARK | 2),
    InterfaceChanged(Interface("eth3", 3, True), True),
    Refused(17, 5, 1, "FLOW_MOD_FAILED: TABLE_FULL"),
    BarrierPassed(18),
    BundleAnswered(21),
    EchoAnswered(),
]


def sent_by(session: Session) -> bytes:
    sent = bytes(session.outgoing)
    session.outgoing.clear()
    return sent


def converse(feed: Callable[[Session, bytes], list[Event]]) -> tuple[Session, list[Event], bytes]:
    """A whole session: its events, and what it said last."""
    session = Session(0.0)
    events = feed(session, script.hello() + script.features())
    sent_by(session)
    session.accept(0.0)
    events += feed(session, script.answers(sent_by(session)))
    events += feed(session, b"".join(AFTERWARDS))
    return session, events, sent_by(session)


def test_a_whole_session() -> None:
    session, events, last = converse(lambda session, data: session.receive(data, 0.0))
    assert events == [Identified(5), READY, *TOLD]
    assert session.state is State.READY
    assert last == script.message(3, 19, b"ping")


def test_byte_by_byte_is_the_same() -> None:
    def feed(session: Session, data: bytes) -> list[Event]:
        return [event for byte in data for event in session.receive(bytes([byte]), 0.0)]

    assert converse(feed)[1] == [Identified(5), READY, *TOLD]


@given(st.lists(st.integers(1, 200), min_size=1, max_size=50))
def test_any_cut_is_the_same(sizes: list[int]) -> None:
    def feed(session: Session, data: bytes) -> list[Event]:
        events, at = [], 0
        for size in [*sizes, len(data)]:
            events += session.receive(data[at : at + size], 0.0)
            at += size
        return events

    assert converse(feed)[1] == [Identified(5), READY, *TOLD]


def test_what_changes_while_it_is_read_back_is_told_after() -> None:
    session = Session(0.0)
    session.receive(script.hello() + script.features(), 0.0)
    sent_by(session)
    session.accept(0.0)
    assert session.receive(AFTERWARDS[4], 0.0) == []
    assert session.receive(script.answers(sent_by(session)), 0.0) == [READY, TOLD[3]]


def test_a_switch_that_knows_no_meters_has_none() -> None:
    session = Session(0.0)
    session.receive(script.hello() + script.features(), 0.0)
    sent_by(session)
    session.accept(0.0)
    events = []
    for _, _, xid, request in Framer().feed(sent_by(session)):
        question = int.from_bytes(request[8:10], "big")
        body = script.error(1, 2, xid) if question in (10, 11) else script.answers(request)
        events += session.receive(body, 0.0)
    assert events == [SwitchReady(5, READY.interfaces, False, Held(READY.held.cookies, READY.held.groups, {}))]


def test_a_ready_switch_can_be_read_again() -> None:
    session, _, _ = converse(lambda session, data: session.receive(data, 0.0))
    session.read_again(100.0)
    assert session.receive(script.answers(sent_by(session)), 100.0) == [ReadAgain(READY.held)]
    assert session.tick(100.0 + sessions.READ_BACK_WITHIN) == []
    session.read_again(200.0)
    session.receive(script.message(3, 1), 200.0 + sessions.READ_BACK_WITHIN)
    (closed,) = session.tick(200.0 + sessions.READ_BACK_WITHIN)
    assert isinstance(closed, Closed)
    assert closed.kind == "timeout"


@pytest.mark.parametrize(
    ("said", "accepted"),
    [
        (struct.pack("!BBHI", 4, 0, 8, 1), True),
        (struct.pack("!BBHI", 6, 0, 8, 1), True),
        (struct.pack("!BBHIHHI", 6, 0, 16, 1, 1, 8, 0x10), True),
        (struct.pack("!BBHIHHIHHI", 6, 0, 24, 1, 9, 8, 0, 1, 8, 0x12), True),
        (struct.pack("!BBHIHHI", 6, 0, 16, 1, 1, 8, 0x40), False),
        (struct.pack("!BBHIHHI", 4, 0, 16, 1, 1, 8, 0x02), False),
        (struct.pack("!BBHI", 1, 0, 8, 1), False),
        (struct.pack("!BBHIHHI", 1, 0, 16, 1, 0, 0, 0), False),
    ],
)
def test_version_negotiation(said: bytes, accepted: bool) -> None:
    session = Session(0.0)
    events = session.receive(said, 0.0)
    assert (events == []) is accepted
    if not accepted:
        assert events[0].kind == "incompatible"  # type: ignore[union-attr]
        assert sent_by(session).endswith(b"\0\0\0\0Tenantry speaks OpenFlow 1.3 (version 0x04) only")


def test_a_silent_switch_is_probed_and_then_given_up() -> None:
    session, _, _ = converse(lambda session, data: session.receive(data, 0.0))
    assert session.tick(PROBE_AFTER - 0.1) == []
    assert sent_by(session) == b""
    assert session.tick(PROBE_AFTER) == []
    assert sent_by(session)[:2] == b"\x04\x02"
    assert session.tick(DEAD_AFTER - 0.1) == []
    assert session.tick(DEAD_AFTER) == [Closed("silent", "nothing heard for 15 s")]
    assert session.receive(b"late", 16.0) == []


def test_a_controller_that_was_busy_for_long_asks_first() -> None:
    session, _, _ = converse(lambda session, data: session.receive(data, 0.0))
    assert session.tick(100.0) == []
    assert session.receive(script.message(3, 1), 100.1) == [EchoAnswered()]
    assert session.tick(100.2) == []


def test_the_round_trip_is_that_of_the_quickest_of_the_last_echoes() -> None:
    session, _, _ = converse(lambda session, data: session.receive(data, 0.0))
    took = [0.5, 0.25, 3.0, 1.0, 1.0, 1.0, 2.0, 0.75]
    measured = [session.round_trip]
    for number, seconds in enumerate(took, 1):
        now = number * sessions.MEASURE_EVERY
        session.receive(script.message(21, 1), now - 0.1)  # or the silence would be probed
        assert session.tick(now - 0.1) == []
        assert sent_by(session) == b""
        assert session.tick(now) == []
        xid = int.from_bytes(sent_by(session)[4:8], "big")
        assert session.receive(script.message(3, xid - 1) + script.message(3, xid), now + seconds)
        measured.append(session.round_trip)
    assert measured == [None, 0.5, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.75]


@pytest.mark.parametrize("said", [b"", script.hello(), script.hello() + script.features()])
def test_a_handshake_has_a_deadline(said: bytes) -> None:
    session = Session(0.0)
    session.receive(said, 0.0)
    assert session.tick(sessions.IDENTIFY_WITHIN - 0.1) == []
    (closed,) = session.tick(sessions.IDENTIFY_WITHIN)
    assert isinstance(closed, Closed)
    assert closed.kind == "timeout"


@given(st.data())
@settings(max_examples=400, deadline=None)
def test_mutated_bytes_end_the_session_or_not_but_never_raise(data: st.DataObject) -> None:
    def mutated(good: bytes) -> bytes:
        changes = data.draw(st.dictionaries(st.integers(0, max(len(good) - 1, 0)), st.integers(0, 255), max_size=4))
        broken = bytearray(good)
        for at, byte in changes.items():
            if at < len(broken):
                broken[at] = byte
        return bytes(broken)

    session = Session(0.0)
    events = session.receive(mutated(script.hello() + script.features()), 0.0)
    if session.state is State.IDENTIFIED:
        sent_by(session)
        session.accept(0.0)
        events += session.receive(mutated(script.answers(sent_by(session))), 0.0)
        events += session.receive(mutated(b"".join(AFTERWARDS)), 0.0)
    ends = [event for event in events if isinstance(event, Closed)]
    assert (session.state is State.CLOSED) == (len(ends) == 1)
    assert not ends or events[-1] is ends[0]


@given(st.binary(max_size=300))
def test_garbage_never_raises(garbage: bytes) -> None:
    session = Session(0.0)
    session.receive(garbage, 0.0)
    session = Session(0.0)
    session.receive(script.hello() + garbage, 0.0)


def test_an_interface_s_speed_is_the_present_one_or_else_the_most_it_can() -> None:
    speeds = ((10_000_000, 0), (1_000, 25_000_000), (0, 25_000_000), (0, 0))
    part = b"".join(script.port(n, f"eth{n}", speed=now, most=most) for n, (now, most) in enumerate(speeds, 1))
    assert [one.speed for one in interfaces_of(part)] == [10_000_000, 1_000, 25_000_000, 0]
