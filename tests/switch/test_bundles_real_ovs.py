"""Batches in bundles, with a real Open vSwitch: what packets see of a change, and what goes wrong on the way."""

from __future__ import annotations

import asyncio
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from controller.dataplane.flow import OUR_GROUPS, Bucket, Flow, Group, GroupKind, Output, Program, Reason, ToGroup
from controller.dataplane.table import match_of
from controller.southbound import delivery
from controller.southbound.connection import Connection
from controller.southbound.listen import Listen
from namespaces import entered, run
from private_ovs import PrivateOvs
from tests.switch.southbound_lab import (
    BRIDGE,
    WHY,
    as_text,
    flows_of,
    fresh_bridge,
    mac_flow,
    private_ovs,
    program_of,
    serving,
    until,
)

pytestmark = pytest.mark.ovs
OTHER = Reason("test", "another network", network="blue/db")
PROTOCOL = 0x1234
SO_RCVBUFFORCE = 33
GROUPS = tuple(Group(number, GroupKind.ALL, (Bucket((Output(2),)),), WHY) for number in OUR_GROUPS[:2])


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[PrivateOvs, int]]:
    with private_ovs(tmp_path_factory.mktemp("ovs")) as running:
        yield running


@pytest.fixture
def ovs(lab: tuple[PrivateOvs, int]) -> PrivateOvs:
    fresh_bridge(lab[0])
    return lab[0]


def meet(ovs: PrivateOvs) -> Listen:
    path = ovs.directory / "tenantry.sock"
    ovs.vsctl("set-controller", BRIDGE, f"unix:{path}", "--", "set", "controller", BRIDGE, "max_backoff=1000")
    return Listen(path=path)


def cookies_of(ovs: PrivateOvs) -> set[int]:
    return {int(cookie, 16) for cookie in re.findall(r"cookie=(0x[0-9a-f]+)", ovs.ofctl("dump-flows", BRIDGE))}


def crossing(variant: int) -> Program:
    """From interface 1 to interface 2 by way of metadata that two tables have to agree on, and of a group."""
    number, group = variant + 1, GROUPS[variant % 2]
    return program_of(
        # Others, so that without bundles there would be time between the halves.
        *(mac_flow(other, out=number) for other in range(400)),
        Flow(0, 1, match_of(in_port=1), (), 1, number, 0, WHY),
        Flow(1, 1, match_of(metadata=number), (ToGroup(group.id),), None, None, 0, WHY),
        groups=[group],
    )


def versioned(version: int, fillers: int) -> Program:
    """The same way by tables of two versions, each with its own ids and priorities, beside many other flows."""
    first, number = 10 * version + 1, version + 1
    others = (
        Flow(table, 10, match_of(metadata=number, eth_dst=other), (Output(1),), None, None, 0, WHY)
        for table in (first, first + 1)
        for other in range(1000, 1000 + fillers // 2)
    )
    return program_of(
        *others,
        Flow(0, 5 - version, match_of(in_port=1), (), first, number, 0, WHY),
        Flow(first, 1, match_of(metadata=number), (), first + 1, None, 0, WHY),
        Flow(first + 1, 1, match_of(metadata=number), (ToGroup(GROUPS[version].id),), None, None, 0, WHY),
        groups=[GROUPS[version]],
    )


@contextmanager
def packet_train(namespace: int, every: float = 0.0001) -> Iterator[Callable[[], int]]:
    """A frame from interface 1 `every` so many seconds, all of which must arrive at interface 2; yields how many."""
    for name in ("p1", "p2"):
        run(["ip", "link", "set", name, "up"], pid=namespace)
    with entered(namespace):
        sender = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        receiver = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(PROTOCOL))
    sender.bind(("p1", 0))
    receiver.bind(("p2", PROTOCOL))
    receiver.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 64 * 1024 * 1024)
    ended, sent = threading.Event(), 0
    got: set[int] = set()
    head = bytes.fromhex("020000000002 020000000001") + PROTOCOL.to_bytes(2, "big")

    def send() -> None:
        nonlocal sent
        while not ended.is_set():
            sender.send(head + sent.to_bytes(4, "big") + bytes(46))
            sent += 1
            time.sleep(every)

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield lambda: sent
    finally:
        ended.set()
        thread.join()
    receiver.settimeout(1)
    while len(got) < sent:
        try:
            got.add(int.from_bytes(receiver.recv(2048)[14:18], "big"))
        except TimeoutError:
            break
    sender.close()
    receiver.close()
    assert sorted(set(range(sent)) - got) == []


def test_no_packet_sees_half_a_change(ovs: PrivateOvs, lab: tuple[PrivateOvs, int]) -> None:
    endpoint = meet(ovs)

    async def scenario() -> None:
        async with serving(endpoint) as (southbound, recorder):
            southbound.replace("s1", crossing(0))
            await until(lambda: recorder.ready)
            assert await southbound.settled(["s1"], 10)
            variant = watched = 0
            with packet_train(lab[1]) as sent:
                await until(sent)
                while watched < 60:
                    variant, before = variant + 1, sent()
                    southbound.replace("s1", crossing(variant))
                    assert await southbound.settled(["s1"], 10)
                    # However fast the machine is, and whether or not the train got its turn meanwhile.
                    watched += sent() > before
                    await asyncio.sleep(0.005)
            assert recorder.refusals == []
            assert southbound.statistics.sent["bundles"] == 1 + variant

    asyncio.run(scenario())


def test_no_packet_sees_half_of_a_new_version_that_takes_many_bundles(
    ovs: PrivateOvs, lab: tuple[PrivateOvs, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "MESSAGES_PER_BUNDLE", 2000)
    endpoint, programs = meet(ovs), [versioned(version, 24_000) for version in (0, 1)]

    async def scenario() -> None:
        async with serving(endpoint) as (southbound, recorder):
            southbound.replace("s1", programs[0])
            await until(lambda: recorder.ready)
            assert await southbound.settled(["s1"], 20)
            bundles = southbound.statistics.sent
            with packet_train(lab[1], every=0.0005) as sent:
                await until(sent)
                for version in (1, 0):
                    frames, before = sent(), bundles["bundles"]
                    southbound.replace("s1", programs[version])
                    assert await southbound.settled(["s1"], 20)
                    frames, many = sent() - frames, bundles["bundles"] - before
                    assert many >= 24
                    assert frames > many, "frames between one bundle and the next"
                    assert cookies_of(ovs) == programs[version].flows.keys()
            assert recorder.refusals == []

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (Flow(5, 5, match_of(in_port=1), (), 4, None, 0, OTHER), "BAD_INSTRUCTION: BAD_TABLE_ID"),
        (Flow(0, 5, match_of(in_port=1), (ToGroup(OUR_GROUPS[9]),), None, None, 0, OTHER), "BAD_ACTION: BAD_OUT_GROUP"),
    ],
    ids=["on adding", "on committing"],
)
def test_what_is_refused_harms_nothing_else(ovs: PrivateOvs, bad: Flow, said: str) -> None:
    endpoint = meet(ovs)
    good = [mac_flow(number) for number in range(1000)]

    async def scenario() -> None:
        async with serving(endpoint) as (southbound, recorder):
            southbound.replace("s1", program_of(*good[:500], bad, *good[500:]))
            await until(lambda: recorder.ready)
            assert await southbound.settled(["s1"], 10)
            assert flows_of(ovs) == as_text(program_of(*good))
            assert len(recorder.refusals) == 1
            assert recorder.refusals[0][2].startswith(said)

    asyncio.run(scenario())


def test_a_switch_that_restarts_in_the_middle_of_a_bundle(ovs: PrivateOvs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "MESSAGES_PER_BUNDLE", 1000)
    flows = (replace(mac_flow(number), table=1) for number in range(30_000))
    endpoint, program = meet(ovs), program_of(*flows)

    async def scenario() -> None:
        async with serving(endpoint) as (southbound, recorder):
            southbound.replace("s1", program)
            await until(lambda: southbound.statistics.sent["bundles"] > 3)
            assert not await southbound.settled(["s1"], 0)
            await asyncio.to_thread(ovs.kill_switch)
            await until(lambda: recorder.lost)
            await asyncio.to_thread(ovs.start_switch)
            await until(lambda: len(recorder.ready) == 2)
            assert await southbound.settled(["s1"], 20)
            assert flows_of(ovs) == as_text(program)
            assert recorder.refusals == []

    asyncio.run(scenario())


def test_a_bundle_that_expired_on_the_way_is_sent_again(ovs: PrivateOvs, monkeypatch: pytest.MonkeyPatch) -> None:
    ovs.vsctl("set", "Open_vSwitch", ".", "other_config:bundle-idle-timeout=1")
    endpoint, program = meet(ovs), program_of(*(mac_flow(number) for number in range(1000)))
    pump, turns = Connection.pump, 0

    def interrupted(connection: Connection, chunks: Iterator[bytes]) -> None:
        """The first bundle stops in the middle for longer than the switch waits."""
        nonlocal turns
        turns += 1
        if turns == 2:
            pump(connection, iter([next(chunks)]))
            asyncio.get_running_loop().call_later(4, pump, connection, chunks)
        else:
            pump(connection, chunks)

    monkeypatch.setattr(Connection, "pump", interrupted)

    async def scenario() -> None:
        async with serving(endpoint) as (southbound, recorder):
            southbound.replace("s1", program)
            await until(lambda: recorder.ready)
            assert await southbound.settled(["s1"], 20)
            assert flows_of(ovs) == as_text(program)
            assert southbound.statistics.sent["bundles"] == 2
            assert recorder.refusals == []

    try:
        asyncio.run(scenario())
    finally:
        ovs.vsctl("remove", "Open_vSwitch", ".", "other_config", "bundle-idle-timeout")
