"""The discovery benchmark: its fabric of fakes, and a very small run."""

from __future__ import annotations

from collections import Counter
from itertools import chain
from pathlib import Path
from typing import Any, cast

import pytest

import bench_discovery
from apps.discovery import switch_flows
from apps.units import SwitchUnit
from controller.dataplane.encoder import (
    cookie_of,
    encode_flow_add,
    encode_flow_delete,
    encode_group_add,
    encode_group_delete,
    encode_meter_add,
)
from controller.dataplane.flow import Bucket, Flow, Group, GroupKind, Meter, Output, Reason
from controller.intent.loader import load
from controller.southbound import messages as wire
from controller.southbound.events import Held
from controller.southbound.framing import Framer
from controller.southbound.readback import HELD_QUESTIONS, ReadBack, content_of
from holding_switch import HoldingSwitch, parts, wire_up
from link_log import LinkLog
from many_links import ManyLinks

WHY = Reason("test", "test")
GROUPS = [Group(0x54000000 + at, GroupKind.ALL, (Bucket((Output(at),)),), WHY) for at in (1, 2)]
METER = Meter(0x8001, 10, 20, WHY)
PLAIN, METERED = (next(switch_flows(SwitchUnit("s1", announcements=meter))) for meter in (None, METER.id))


class Transport:
    """Keeps what is written."""

    def __init__(self) -> None:
        self.written = bytearray()

    def write(self, data: bytes) -> None:
        self.written += data

    def messages(self) -> list[tuple[int, bytes]]:
        """(type, message) of all that was written since the last call."""
        found = [(kind, message) for _, kind, _, message in Framer().feed(bytes(self.written))]
        self.written.clear()
        return found


def switch(number: int = 1) -> tuple[HoldingSwitch, Transport]:
    made, transport = HoldingSwitch(number, {"eth1": 1, "eth2": 2}), Transport()
    made.connection_made(cast(Any, transport))
    transport.messages()
    return made, transport


def read_back(one: HoldingSwitch, transport: Transport) -> Held:
    found = ReadBack(compares_content=True)
    for question in HELD_QUESTIONS:
        one.data_received(wire.multipart_request(question, 5))
        for _, message in transport.messages():
            found.add(question, message)
    return found.held


def test_what_a_fake_is_told_it_is_read_back_to_hold() -> None:
    one, transport = switch()
    flows = {cookie_of(flow): flow for flow in (PLAIN, METERED)}
    for cookie, flow in flows.items():
        one.data_received(encode_flow_add(flow, cookie, 1))
    for group in GROUPS:
        one.data_received(encode_group_add(group, 1))
    one.data_received(encode_meter_add(METER, 1))
    groups = {group.id: content_of(group) for group in GROUPS}
    assert read_back(one, transport) == Held(set(flows), groups, {METER.id: content_of(METER)}, set())
    one.data_received(encode_flow_delete(cookie_of(PLAIN), 1) + encode_group_delete(GROUPS[0].id, 1))
    left = {GROUPS[1].id: groups[GROUPS[1].id]}
    assert read_back(one, transport) == Held({cookie_of(METERED)}, left, {METER.id: content_of(METER)}, set())


@pytest.mark.parametrize("flow", [PLAIN, METERED], ids=["plain", "metered"])
def test_what_is_sent_out_of_an_interface_goes_up_at_the_other_end_of_its_wire(flow: Flow) -> None:
    (one, _), (other, transport) = switch(1), switch(2)
    wire_up([one, other], [((0, 2), (1, 1))])
    one.data_received(wire.packet_out(2, b"too early", 0))
    cookie = cookie_of(flow)
    other.data_received(encode_flow_add(flow, cookie, 1))
    one.data_received(wire.packet_out(2, b"a frame", 0) + wire.packet_out(1, b"out of a loose end", 0))
    ((kind, message),) = transport.messages()
    assert kind == wire.PACKET_IN
    received, _, interface, frame = wire.packet_in(message)
    assert (received, interface, frame, other.heard) == (cookie, 1, b"a frame", 1)
    other.data_received(encode_flow_delete(cookie, 1))
    one.data_received(wire.packet_out(2, b"too late", 0))
    assert transport.messages() == []


def test_replies_are_cut_where_a_message_would_be_too_long() -> None:
    assert parts([]) == [b""]
    assert parts([b"a" * 30_000, b"b" * 30_000, b"c"]) == [b"a" * 30_000 + b"b" * 30_000, b"c"]


def test_each_interface_of_the_large_fabric_has_one_wire(tmp_path: Path) -> None:
    fabric = bench_discovery.LARGE
    wires = list(fabric.wires())
    used = Counter(chain.from_iterable(wires))
    assert len(wires) == fabric.links == 5000
    assert set(used.values()) == {1}
    assert used.keys() == {(one, number) for one in range(500) for number in fabric.interfaces().values()}
    document = tmp_path / "topology.yaml"
    document.write_text(fabric.text())
    intent = load([document]).intent
    assert intent is not None
    assert [one.dpid for one in intent.fabric.switches.values()] == [fabric.dpid(number) for number in range(500)]


def test_the_log_is_read_as_it_grows(tmp_path: Path) -> None:
    path = tmp_path / "daemon.log"
    path.write_text(
        'time=2026-01-01T00:00:01.500Z level=info from=switch_events message="connected with 2 interfaces"\n'
    )
    log = LinkLog(path)
    assert (log.count("connected with"), log.count("link up")) == (1, 0)
    with path.open("a") as more:
        more.write('time=2026-01-01T00:00:03.000Z level=info from=daemon message="link up: a -- b"\n')
        more.write('time=2026-01-01T00:00:04.000Z level=warning from=daemon message="link do')
    assert (log.count("link up"), log.count("link down"), log.full_graph(1)) == (1, 0, 1.5)
    with path.open("a") as more:
        more.write('wn: a -- b"\n')
    assert (log.count("link down"), log.count("link up")) == (1, 1)


@pytest.mark.ovs
def test_a_very_small_fabric_is_discovered_and_loses_no_link() -> None:
    # The fakes say once a second what they heard: from three to five times in so long.
    figures = list(bench_discovery.measure(ManyLinks(switches=4, degree=2), rest=4.0, quiet=1.0))
    assert [figure.case.partition("interfaces")[0] for figure in figures] == ["4 switches with 8 "] * 5
    graph, _, cpu, heard, lost = (figure.value for figure in figures)
    assert 0 < graph < 10
    assert 0 < cpu < 50
    assert 6 <= heard <= 10
    assert lost == 0
