"""Counters as switches tell them, in any number of parts; what they come to in a second; and who waits for whom."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable

import pytest
from os_ken.ofproto import ofproto_v1_3_parser as parser

from controller.api import sampling
from controller.api.sampling import Sampling
from controller.link_rates import link_rates
from controller.rates import Rate, Sample, port_rates
from controller.southbound.counters import (
    MOST_TRUNKS,
    Counted,
    InterfaceCounters,
    flow_counters,
    interface_counters,
    questions,
)
from controller.southbound.events import Closed, Event
from controller.southbound.framing import Framer
from controller.southbound.session import Session, State
from tests.unit import switch_script as script
from tests.unit.api_site import Switches, core_of

UNKNOWN = 2**64 - 1


def port_stats(number: int, *counts: int, seconds: int = 9) -> bytes:
    return struct.pack("!I4x12QII", number, *counts, *(12 - len(counts)) * (0,), seconds, 500_000_000)


def started() -> Session:
    session = Session(0.0)
    session.receive(script.hello() + script.features(), 0.0)
    session.outgoing.clear()
    session.accept(0.0)
    session.receive(script.answers(bytes(session.outgoing)), 0.0)
    session.outgoing.clear()
    assert session.state is State.READY
    return session


def reply(xid: int, kind: int, body: bytes, more: bool = False) -> bytes:
    return script.message(19, xid, struct.pack("!HH4x", kind, int(more)) + body)


def asked(session: Session) -> list[tuple[int, int]]:
    """(xid, kind) of what was asked."""
    found = [
        (xid, struct.unpack_from("!H", request, 8)[0]) for _, _, xid, request in Framer().feed(bytes(session.outgoing))
    ]
    session.outgoing.clear()
    return found


def test_interfaces_as_os_ken_reads_them() -> None:
    part = port_stats(7, *range(101, 113)) + port_stats(8, *(12 * (UNKNOWN,))) + port_stats(0xFFFFFFFE)
    theirs = [parser.OFPPortStats.parser(part, at) for at in (0, 112)]
    ours = dict(interface_counters(part))
    assert list(ours) == [7, 8], "the bridge's own interface is nobody's"
    one = theirs[0]
    expected = (one.rx_packets, one.tx_packets, one.rx_bytes, one.tx_bytes, one.rx_dropped + one.tx_dropped)
    assert ours[7] == InterfaceCounters(*expected, 9.5)
    assert ours[8] == InterfaceCounters(0, 0, 0, 0, 0, 9.5), "what is not counted"


def test_flows() -> None:
    entry = script.flow_stats(script.MARK | 1)
    entry = entry[:32] + struct.pack("!QQ", 5, 300) + entry[48:]
    assert dict(flow_counters(entry + script.flow_stats(script.MARK | 2, 40))) == {
        script.MARK | 1: (5, 300),
        script.MARK | 2: (0, 0),
    }
    with pytest.raises(Exception, match="flow statistics of 4 bytes"):
        list(flow_counters(struct.pack("!H", 4) + bytes(60)))


def test_a_switch_is_asked_again_only_when_it_has_answered() -> None:
    session = started()
    assert session.count([4])
    (ports, kind), (entering, _), (leaving, _) = asked(session)
    assert kind == 4
    assert not session.count([4])
    assert not session.outgoing
    assert session.receive(reply(ports, 4, port_stats(1, 10), more=True), 1.0) == []
    assert session.receive(reply(entering, 1, b""), 1.0) == []
    assert session.receive(reply(ports, 4, port_stats(2, 20)), 1.0) == []
    (counted,) = session.receive(reply(leaving, 1, script.flow_stats(5)), 1.0)
    assert isinstance(counted, Counted)
    assert {number: one.received_packets for number, one in counted.interfaces.items()} == {1: 10, 2: 20}
    assert counted.flows == {5: (0, 0)}
    assert session.count([])


def test_a_switch_that_refuses_to_count_is_no_worse_for_it() -> None:
    session = started()
    session.count([])
    ((xid, _),) = asked(session)
    assert session.receive(script.error(1, 2, xid), 1.0) == [Counted({}, {})]
    assert session.state is State.READY


@pytest.mark.parametrize(
    "answer",
    [
        lambda xid: reply(xid, 1, b""),
        lambda xid: reply(xid, 4, port_stats(1)[:-1]),
        lambda xid: reply(xid + 9, 4, port_stats(1)),
    ],
)
def test_answers_that_are_none_end_the_session(answer: Callable[[int], bytes]) -> None:
    session = started()
    session.count([])
    ((xid, _),) = asked(session)
    (closed,) = session.receive(answer(xid), 1.0)
    assert isinstance(closed, Closed)
    assert closed.kind == "malformed"


def test_what_is_told_without_bound_ends_the_session(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("controller.southbound.counters.MOST_BYTES", 1000)
    session = started()
    session.count([])
    ((xid, _),) = asked(session)
    events: list[Event] = []
    for _ in range(20):
        events += session.receive(reply(xid, 4, port_stats(1), more=True), 1.0)
    assert [type(event) for event in events] == [Closed]


def test_not_all_trunks_of_a_switch_with_very_many_are_asked_for() -> None:
    assert len(list(questions(range(1, 1000)))) == 1 + 2 * MOST_TRUNKS


def sample(taken: float, age: float, packets: int, octets: int, dropped: int) -> Sample:
    return Sample(taken, Counted({1: InterfaceCounters(packets, 0, octets, 0, dropped, age)}, {}))


def test_the_switchs_clock_counts_and_who_starts_again_has_no_rate() -> None:
    core, first = core_of(), sample(0.0, 10.0, 100, 1000, 5)
    (one,) = port_rates(core, "s1", first, sample(9.0, 12.0, 300, 3000, 6))
    assert (one.port.id, one.rate.packets_in, one.rate.bits_in, one.rate.drops) == ("blue/a", 100, 8000, 0.5)
    (one,) = port_rates(core, "s1", first, sample(4.0, 10.0, 300, 3000, 5))
    assert one.rate.packets_in == 50, "a switch that has no clock"
    assert list(port_rates(core, "s1", first, sample(9.0, 1.0, 300, 3000, 6))) == [], "it came anew"
    assert list(port_rates(core, "s1", first, sample(9.0, 12.0, 50, 3000, 6))) == []
    assert list(port_rates(core, "s9", first, first)) == []


def wire_samples(received: int, sent: int, dropped: int) -> tuple[Sample, Sample]:
    """Of the interface of a wire, over ten seconds in which so many packets of 100 bytes passed."""
    now = InterfaceCounters(received, sent, 100 * received, 100 * sent, dropped, 20.0)
    return tuple(
        Sample(taken, Counted({4: counters}, {}))
        for taken, counters in ((0.0, InterfaceCounters(0, 0, 0, 0, 0, 10.0)), (10.0, now))
    )  # type: ignore[return-value]  # two


def test_a_link_has_what_its_senders_count_or_who_receives_it_while_they_say_nothing() -> None:
    core, here, there = core_of(), wire_samples(70, 100, 10), wire_samples(90, 80, 20)
    (both,) = link_rates(core, {"s1": here, "s2": there}, None)
    assert str(both.link) == "s1:wire1 -- s2:wire1"
    assert (both.rate, both.speed) == (Rate(8, 10, 6400, 8000, 3), 10_000_000)
    (one,) = link_rates(core, {"s1": here}, "s2")
    assert one.rate == Rate(7, 10, 5600, 8000, 1)
    (other,) = link_rates(core, {"s2": there}, "s1")
    assert other.rate == Rate(8, 9, 6400, 7200, 2)
    assert list(link_rates(core, {}, None)) == list(link_rates(core, {"s1": here}, "s3")) == []


def test_a_link_of_which_one_end_counts_anew() -> None:
    (first, again) = wire_samples(70, 100, 10)
    (link,) = link_rates(core_of(), {"s1": (again, first), "s2": wire_samples(90, 80, 20)}, None)
    assert link.rate == Rate(8, 9, 6400, 7200, 2)


def test_who_asks_within_a_second_of_another_gets_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampling, "FRESH", 0.05)

    async def run() -> None:
        switches = Switches()
        sampled = Sampling(core_of(), switches)
        pairs = await asyncio.gather(*(sampled.pairs() for _ in range(20)))
        assert switches.rounds == 2
        assert {name for pair in pairs for name in pair} == {"s1"}
        assert sampled.answered == {"s1"}
        await asyncio.sleep(0.06)
        assert (await sampled.pairs())["s1"][0] == pairs[0]["s1"][1], "one more is enough from then on"
        assert switches.rounds == 3

    asyncio.run(run())
