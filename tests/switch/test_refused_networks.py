"""A network that a real Open vSwitch does not take whole is off on it, named, and back by itself; others go on."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator

import pytest

from controller.dataplane.encoder import cookie_of
from controller.dataplane.flow import Flow, Output, Reason
from controller.dataplane.table import match_of
from controller.southbound.listen import Listen
from namespaces import entered, run
from private_ovs import PrivateOvs
from tests.switch.southbound_lab import (
    BRIDGE,
    as_text,
    flows_of,
    fresh_bridge,
    private_ovs,
    program_of,
    serving,
    until,
)

pytestmark = pytest.mark.ovs
PROTOCOL = 0x1234
LIMIT = 10


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[PrivateOvs, int]]:
    with private_ovs(tmp_path_factory.mktemp("ovs")) as running:
        yield running


def network(number: int, name: str, addresses: int) -> tuple[Flow, ...]:
    """Frames for address `number` enter at interface 1 and leave by 2; a second table holds so many addresses more."""
    why = Reason("test", "a test", network=name)
    return (
        Flow(0, 1, match_of(in_port=1, eth_dst=number), (), 1, number, 0, why),
        Flow(1, 1, match_of(metadata=number), (Output(2),), None, None, 0, why),
        *(
            Flow(1, 2, match_of(metadata=number, eth_src=1000 + source), (), None, None, 0, why)
            for source in range(addresses)
        ),
    )


class Wire:
    """Frames into interface 1, and what comes out of interface 2."""

    def __init__(self, namespace: int) -> None:
        for name in ("p1", "p2"):
            run(["ip", "link", "set", name, "up"], pid=namespace)
        with entered(namespace):
            self._in = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
            self._out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(PROTOCOL))
        self._in.bind(("p1", 0))
        self._out.bind(("p2", PROTOCOL))
        self._serial = 0

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *_: object) -> None:
        self._in.close()
        self._out.close()

    def passes(self, *networks: int) -> list[int]:
        """Send one frame in each of these networks; those that arrived."""
        self._serial += 1
        for number in networks:
            head = number.to_bytes(6, "big") + bytes.fromhex("020000000001") + PROTOCOL.to_bytes(2, "big")
            self._in.send(head + self._serial.to_bytes(4, "big") + bytes(46))
        arrived: list[int] = []
        self._out.settimeout(0.5)
        while len(arrived) < len(networks):
            try:
                frame = self._out.recv(2048)
            except TimeoutError:
                break
            if int.from_bytes(frame[14:18], "big") == self._serial:
                arrived.append(int.from_bytes(frame[:6], "big"))
        return sorted(arrived)


BLUE, RED, GREEN = 2, 4, 6
SMALL = (*network(BLUE, "blue/web", 2), *network(GREEN, "green/web", 2))


def meet(ovs: PrivateOvs) -> Listen:
    path = ovs.directory / "tenantry.sock"
    ovs.vsctl("set-controller", BRIDGE, f"unix:{path}", "--", "set", "controller", BRIDGE, "max_backoff=1000")
    return Listen(path=path)


def limit(ovs: PrivateOvs) -> None:
    table = ["--id=@table", "create", "Flow_Table", f"flow_limit={LIMIT}"]
    ovs.vsctl("--", *table, "--", "set", "bridge", BRIDGE, "flow_tables:1=@table")


@pytest.mark.parametrize("start", [0, 1], ids=["new", "grown"])
def test_a_network_that_does_not_fit(lab: tuple[PrivateOvs, int], start: int) -> None:
    ovs, namespace = lab
    fresh_bridge(ovs)
    limit(ovs)
    endpoint = meet(ovs)
    whole = program_of(*SMALL, *network(RED, "red/web", LIMIT))
    first = [program_of(*SMALL), program_of(*SMALL, *network(RED, "red/web", 1))][start]

    async def scenario() -> None:
        async with serving(endpoint) as (southbound, recorder):
            with Wire(namespace) as wire:
                southbound.replace("s1", first)
                await until(lambda: recorder.ready)
                assert await southbound.settled(["s1"], 10)
                southbound.replace("s1", whole)
                assert await southbound.settled(["s1"], 10)
                assert flows_of(ovs) == as_text(program_of(*SMALL))
                assert await asyncio.to_thread(wire.passes, BLUE, RED, GREEN) == [BLUE, GREEN]
                ((switch, reason, text),) = recorder.refusals
                assert (switch, reason.network) == ("s1", "red/web")
                assert text.startswith("FLOW_MOD_FAILED: TABLE_FULL: ")

                # What others are told goes out meanwhile, in one piece, between attempts.
                for number in range(20):
                    southbound.replace("s1", program_of(*network(BLUE, "blue/web", number % 3), *whole.flows.values()))
                    assert await southbound.settled(["s1"], 10)
                    assert await asyncio.to_thread(wire.passes, BLUE, GREEN) == [BLUE, GREEN]
                assert {reason.network for _, reason, _ in recorder.refusals} == {"red/web"}
                assert not any(cookie_of(flow) in cookies(ovs) for flow in network(RED, "red/web", LIMIT))

                ovs.vsctl("clear", "bridge", BRIDGE, "flow_tables")
                await until(lambda: recorder.taken_later)
                assert recorder.taken_later == [("s1", "red/web")]
                assert flows_of(ovs) == as_text(whole)
                assert await asyncio.to_thread(wire.passes, BLUE, RED, GREEN) == [BLUE, RED, GREEN]

    asyncio.run(scenario())


def test_those_that_fit_get_in_when_all_come_at_once(lab: tuple[PrivateOvs, int]) -> None:
    """Whose flow is the first too many is chance, but the small ones fit when they are tried alone."""
    ovs, namespace = lab
    fresh_bridge(ovs)
    limit(ovs)
    endpoint = meet(ovs)

    async def scenario() -> None:
        async with serving(endpoint) as (southbound, recorder):
            with Wire(namespace) as wire:
                southbound.replace("s1", program_of(*SMALL, *network(RED, "red/web", LIMIT)))
                await until(lambda: recorder.refusals and flows_of(ovs) == as_text(program_of(*SMALL)))
                assert await asyncio.to_thread(wire.passes, BLUE, RED, GREEN) == [BLUE, GREEN]

    asyncio.run(scenario())


def test_a_network_that_is_no_longer_wanted_is_not_tried_again(lab: tuple[PrivateOvs, int]) -> None:
    ovs, _ = lab
    fresh_bridge(ovs)
    limit(ovs)
    endpoint = meet(ovs)

    async def scenario() -> None:
        async with serving(endpoint) as (southbound, recorder):
            southbound.replace("s1", program_of(*SMALL))
            await until(lambda: recorder.ready)
            assert await southbound.settled(["s1"], 10)
            southbound.replace("s1", program_of(*SMALL, *network(RED, "red/web", LIMIT)))
            await until(lambda: recorder.refusals)
            southbound.replace("s1", program_of(*SMALL))
            await asyncio.sleep(2.5)
            assert len(recorder.refusals) == 1
            assert recorder.taken_later == []
            assert flows_of(ovs) == as_text(program_of(*SMALL))

    asyncio.run(scenario())


def cookies(ovs: PrivateOvs) -> set[int]:
    return {int(line.partition("cookie=0x")[2].split()[0], 16) for line in flows_of(ovs)}
