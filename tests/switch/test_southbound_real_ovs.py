"""The southbound with a real Open vSwitch."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterator

import pytest

from controller.dataplane.encoder import cookie_of
from controller.dataplane.flow import OUR_GROUPS, Flow, Output, Program, Reason, ToController, ToGroup
from controller.dataplane.table import match_of
from controller.dataplane.text import flow_text, group_text, meter_text
from controller.southbound.listen import Listen
from namespaces import entered, run
from private_ovs import PrivateOvs
from tests.switch.southbound_lab import (
    BRIDGE,
    METER,
    WHY,
    as_text,
    flows_of,
    fresh_bridge,
    mac_flow,
    mixed_program,
    private_ovs,
    program_of,
    serving,
    until,
)

pytestmark = pytest.mark.ovs
FOREIGN = "cookie=0x1234, table=0, priority=7,dl_dst=02:00:00:00:00:99 actions=output:2"
NOTHING = Program()


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[PrivateOvs, int]]:
    with private_ovs(tmp_path_factory.mktemp("ovs")) as running:
        yield running


@pytest.fixture
def ovs(lab: tuple[PrivateOvs, int]) -> PrivateOvs:
    fresh_bridge(lab[0])
    return lab[0]


def meet(ovs: PrivateOvs) -> Listen:
    """Point the bridge at a socket file; OVS opens those of its own run directory only."""
    path = ovs.directory / "tenantry.sock"
    ovs.vsctl("set-controller", BRIDGE, f"unix:{path}", "--", "set", "controller", BRIDGE, "max_backoff=1000")
    return Listen(path=path)


def test_a_switch_gets_its_program_and_keeps_foreign_flows(ovs: PrivateOvs) -> None:
    # In this order: a bridge that gets its first controller drops all flows.
    endpoint, program = meet(ovs), mixed_program()
    ovs.ofctl("add-flow", BRIDGE, FOREIGN)
    foreign = flows_of(ovs)

    async def scenario() -> None:
        async with serving(endpoint) as (southbound, recorder):
            southbound.replace("s1", program)
            await until(lambda: recorder.ready)
            assert await southbound.settled(["s1"], 10)
            name, interfaces, has_meters = recorder.ready[0]
            assert (name, has_meters) == ("s1", True)
            assert {(interface.name, interface.number) for interface in interfaces} == {("p1", 1), ("p2", 2)}
            assert flows_of(ovs) == as_text(program) | foreign
            assert not recorder.refusals

            southbound.replace("s1", program_of(mac_flow(3, out=2)))
            assert await southbound.settled(["s1"], 10)
            assert flows_of(ovs) == as_text(program_of(mac_flow(3, out=2))) | foreign
            assert "group_id" not in ovs.ofctl("dump-groups", BRIDGE)
            assert "meter=" not in ovs.ofctl("dump-meters", BRIDGE)

    asyncio.run(scenario())
    assert endpoint.path
    assert not endpoint.path.exists()


def test_a_restarted_daemon_reads_back_all_it_sent_and_sends_nothing(ovs: PrivateOvs) -> None:
    endpoint, program = meet(ovs), mixed_program()

    async def run_daemon() -> dict[str, int]:
        async with serving(endpoint) as (southbound, recorder):
            southbound.replace("s1", program)
            await until(lambda: recorder.ready)
            assert await southbound.settled(["s1"], 10)
            return dict(southbound.statistics.sent)

    first = asyncio.run(run_daemon())
    assert first == {"flows added": 209, "groups and meters set": 5, "deletions": 0, "batches": 1, "bundles": 1}
    assert asyncio.run(run_daemon()) == {}
    assert flows_of(ovs) == as_text(program)


def test_an_operator_can_give_our_text_to_ovs_ofctl(ovs: PrivateOvs) -> None:
    endpoint, program = meet(ovs), mixed_program()
    for meter in program.meters.values():
        ovs.ofctl("add-meter", BRIDGE, meter_text(meter))
    ovs.ofctl("add-groups", BRIDGE, "-", stdin="\n".join(map(group_text, program.groups.values())))
    ovs.ofctl(
        "add-flows", BRIDGE, "-", stdin="\n".join(flow_text(flow, cookie) for cookie, flow in program.flows.items())
    )
    assert flows_of(ovs) == as_text(program)

    async def scenario() -> None:
        async with serving(endpoint) as (southbound, recorder):
            southbound.replace("s1", program)
            await until(lambda: recorder.ready)
            assert await southbound.settled(["s1"], 10)
            assert southbound.statistics.sent == {}, "what was typed in is the same as what would be sent"

    asyncio.run(scenario())


def test_nothing_is_changed_before_the_gate_opens(ovs: PrivateOvs) -> None:
    endpoint, old, new = meet(ovs), program_of(mac_flow(1)), program_of(mac_flow(2))

    async def scenario() -> None:
        async with serving(endpoint, gate_open=False) as (southbound, recorder):
            southbound.replace("s1", old)
            await until(lambda: recorder.ready)
            assert await southbound.settled(["s1"], 10), "a switch that holds nothing need not wait"
        async with serving(endpoint, gate_open=False) as (southbound, recorder):
            southbound.replace("s1", new)
            await until(lambda: recorder.ready)
            assert not await southbound.settled(["s1"], 0.5)
            assert flows_of(ovs) == as_text(old)
            southbound.open_gate("s1")
            assert await southbound.settled(["s1"], 10)
            assert flows_of(ovs) == as_text(new)

    asyncio.run(scenario())


def test_an_error_names_what_caused_it_and_harms_nothing_else(ovs: PrivateOvs) -> None:
    endpoint = meet(ovs)
    other = Reason("test", "another network", network="blue/db")
    bad = Flow(0, 5, match_of(in_port=1), (ToGroup(OUR_GROUPS[9]),), None, None, 0, other)

    async def scenario() -> None:
        async with serving(endpoint) as (southbound, recorder):
            southbound.replace("s1", program_of(mac_flow(1), bad, mac_flow(2)))
            await until(lambda: recorder.ready)
            assert await southbound.settled(["s1"], 10)
            assert flows_of(ovs) == as_text(program_of(mac_flow(1), mac_flow(2)))
            cookie = cookie_of(bad)
            text = f"cookie={cookie:#x}, table=0, priority=5,in_port=1 actions=group:{OUR_GROUPS[9]}"
            assert recorder.refusals == [("s1", other, f"BAD_ACTION: BAD_OUT_GROUP: {text}")]
            await until(lambda: len(recorder.refusals) > 1)

    asyncio.run(scenario())


def test_interfaces_come_and_go(ovs: PrivateOvs) -> None:
    endpoint = meet(ovs)

    async def scenario() -> None:
        async with serving(endpoint) as (_, recorder):
            await until(lambda: recorder.ready)
            add = ["--", "set", "interface", "p3", "type=internal", "ofport_request=3"]
            await asyncio.to_thread(ovs.vsctl, "add-port", BRIDGE, "p3", *add)
            await until(lambda: recorder.interfaces)
            await asyncio.to_thread(ovs.vsctl, "del-port", BRIDGE, "p3")
            await until(lambda: recorder.interfaces[-1][2])
            assert {(name, interface.name, interface.number) for name, interface, _ in recorder.interfaces} == {
                ("s1", "p3", 3)
            }

    asyncio.run(scenario())


def test_an_expired_flow_is_told_and_not_added_again_once_unwanted(ovs: PrivateOvs) -> None:
    endpoint, flow = meet(ovs), mac_flow(1, idle_timeout=1)

    async def scenario() -> None:
        async with serving(endpoint) as (southbound, recorder):
            southbound.replace("s1", program_of(flow))
            await until(lambda: recorder.expired)
            assert recorder.expired == [("s1", cookie_of(flow))]
            southbound.replace("s1", NOTHING)
            assert await southbound.settled(["s1"], 10)
            assert flows_of(ovs) == set()

    asyncio.run(scenario())


def test_flows_are_back_after_the_switch_restarted(ovs: PrivateOvs) -> None:
    endpoint, program = meet(ovs), mixed_program()

    async def scenario() -> None:
        async with serving(endpoint) as (southbound, recorder):
            southbound.replace("s1", program)
            await until(lambda: recorder.ready)
            assert await southbound.settled(["s1"], 10)
            ovs.kill_switch()
            await until(lambda: recorder.lost)
            ovs.start_switch()
            await until(lambda: len(recorder.ready) == 2)
            assert await southbound.settled(["s1"], 10)
            assert flows_of(ovs) == as_text(program)

    asyncio.run(scenario())


def test_a_meter_limits_copies_and_not_the_packets(ovs: PrivateOvs, lab: tuple[PrivateOvs, int]) -> None:
    endpoint = meet(ovs)
    copy = Flow(0, 5, match_of(in_port=1), (ToController(METER.id), Output(2)), None, None, 0, WHY)
    run(["ip", "link", "set", "p1", "up"], pid=lab[1])
    run(["ip", "link", "set", "p2", "up"], pid=lab[1])
    frame = bytes.fromhex("020000000002 020000000001 1234") + bytes(46)

    async def scenario() -> None:
        async with serving(endpoint) as (southbound, recorder):
            southbound.replace("s1", program_of(copy, meters=[METER]))
            await until(lambda: recorder.ready)
            assert await southbound.settled(["s1"], 10)
            with entered(lab[1]), socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sender:
                sender.bind(("p1", 0))
                began, sent = time.monotonic(), 0
                while sent < 2000:
                    sent += bool(sender.send(frame))
                    await asyncio.sleep(0.0005)
            await asyncio.sleep(0.5)
            copies = [entry for entry in recorder.packets if entry[3][:14] == frame[:14]]
            took = time.monotonic() - began
            assert 0 < len(copies) <= METER.burst + METER.rate * took + METER.rate < sent
            assert {(name, cookie, port) for name, cookie, port, _ in copies} == {("s1", cookie_of(copy), 1)}
            counted = ovs.ofctl("--no-names", "dump-flows", BRIDGE, "in_port=1")
            assert int(counted.split("n_packets=")[1].split(",")[0]) >= sent
            passed = ovs.ofctl("dump-ports", BRIDGE, "p2").split("tx pkts=")[1].split(",")[0]
            assert int(passed) >= sent

    asyncio.run(scenario())


def test_a_frame_is_sent_out_of_an_interface(ovs: PrivateOvs, lab: tuple[PrivateOvs, int]) -> None:
    endpoint = meet(ovs)
    run(["ip", "link", "set", "p2", "up"], pid=lab[1])
    frame = bytes.fromhex("020000000002 020000000001 1234") + bytes(46)

    async def scenario() -> None:
        async with serving(endpoint) as (southbound, recorder):
            await until(lambda: recorder.ready)
            with entered(lab[1]):
                receiver = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x1234))
            with receiver:
                receiver.bind(("p2", 0x1234))
                receiver.settimeout(5)
                southbound.packet_out("s1", [(2, frame)])
                assert await asyncio.to_thread(receiver.recv, 2048) == frame
            southbound.packet_out("s1", [(99, frame)])
            assert await southbound.settled(["s1"], 5)
            assert recorder.lost == []

    asyncio.run(scenario())
