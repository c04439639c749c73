"""Slow and silent switches delay themselves only, and hundreds at once keep nobody's session waiting."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from controller.dataplane.flow import Program
from controller.southbound import connection
from controller.southbound.connection import HIGH_WATER
from controller.southbound.delivery import MESSAGES_PER_WRITE
from controller.southbound.listen import Listen
from controller.southbound.southbound import Southbound
from demo_daemon import DaemonProcess
from fake_switch import FLOW_MOD, FakeSwitch
from installation import Installation
from tests.end_to_end.eventually import eventually
from tests.switch.southbound_lab import Recorder, mac_flow, program_of, serving, until

GOOD, SLOW = 0xA1, 0xA2
MANY = 40_000
"""Flows; each bundle of them is more than the kernel takes from a sender on a Unix socket."""
LARGEST = 200
"""Bytes of a message in these tests, at most."""
ROUNDS = 20
CROWD_PATIENCE = 200.0
INACTIVITY = 10.0
"""Seconds in which an echo request has to be answered: twice the inactivity probe of Open vSwitch, as that does."""


@dataclass(frozen=True)
class Pair:
    """A switch `s1` that reads, and a switch `s2` that has stopped reading in the middle of its program."""

    southbound: Southbound
    recorder: Recorder
    good: FakeSwitch
    slow: FakeSwitch
    slow_socket: socket.socket

    @property
    def session(self) -> connection.Connection:
        """The daemon's end of the slow switch's connection."""
        return self.southbound._sessions.ready["s2"]

    async def change_both(self) -> None:
        """Change what both should hold, again and again, and see that the good one follows."""
        for number in range(ROUNDS):
            flow = mac_flow(MANY + number)
            self.southbound.replace("s1", program_of(flow))
            self.southbound.replace("s2", Program({**BEFORE.flows, **program_of(flow).flows}))
            assert await self.southbound.settled(["s1"], 10)
        assert self.good.told == {FLOW_MOD: 2 * ROUNDS - 1}, "each flow came, and each but the last went"


BEFORE = program_of(*(mac_flow(number) for number in range(MANY)))


@asynccontextmanager
async def connected(path: Path, switch: FakeSwitch) -> AsyncIterator[socket.socket]:
    """A fake, and its socket."""
    with socket.socket(socket.AF_UNIX) as opened:
        opened.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(opened, str(path))
        await loop.create_unix_connection(lambda: switch, sock=opened)
        try:
            yield opened
        finally:
            switch.transport.abort()
            await asyncio.sleep(0)


def with_a_slow_switch(directory: Path, scenario: Callable[[Pair], Awaitable[None]]) -> None:
    async def whole() -> None:
        path = directory / "openflow.sock"
        good, slow = FakeSwitch(GOOD, {}), FakeSwitch(SLOW, {})
        async with (
            serving(Listen(path=path), dpids=(GOOD, SLOW)) as (southbound, recorder),
            connected(path, good),
            connected(path, slow) as slow_socket,
        ):
            await until(lambda: len(recorder.ready) == 2)
            southbound.replace("s2", program_of(mac_flow(0), mac_flow(1)))  # It is asked for bundles before the first.
            assert await southbound.settled(["s2"], 10)
            slow.transport.pause_reading()
            southbound.replace("s2", BEFORE)
            pair = Pair(southbound, recorder, good, slow, slow_socket)
            await until(lambda: not pair.session.send(b""))
            await scenario(pair)

    asyncio.run(whole())


def test_a_switch_that_reads_nothing_holds_up_nobody_and_costs_a_bounded_buffer(tmp_path: Path) -> None:
    async def scenario(pair: Pair) -> None:
        await pair.change_both()
        assert not pair.southbound.is_settled("s2")
        assert 0 < pair.session.waiting <= HIGH_WATER + MESSAGES_PER_WRITE * LARGEST

    with_a_slow_switch(tmp_path, scenario)


def test_a_switch_that_reads_again_gets_the_difference_and_not_the_backlog(tmp_path: Path) -> None:
    async def scenario(pair: Pair) -> None:
        await pair.change_both()
        pair.slow.transport.resume_reading()
        assert await pair.southbound.settled(["s2"], 60)
        assert pair.slow.told == {FLOW_MOD: MANY + 1}, "what it was being told, and the last of the changes"

    with_a_slow_switch(tmp_path, scenario)


def test_a_switch_that_reads_byte_by_byte_holds_up_nobody_and_is_given_up(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(connection, "STALLED_AFTER", 3.0)

    async def scenario(pair: Pair) -> None:
        reading = asyncio.create_task(_read_byte_by_byte(pair.slow_socket))
        await pair.change_both()
        await until(lambda: pair.recorder.lost)
        assert [name for name, _ in pair.recorder.lost] == ["s2"]
        assert pair.southbound.statistics.closed == {"stalled": 1}
        reading.cancel()
        pair.southbound.replace("s1", Program())
        assert await pair.southbound.settled(["s1"], 10)

    with_a_slow_switch(tmp_path, scenario)


async def _read_byte_by_byte(opened: socket.socket) -> None:
    while opened.recv(1):
        await asyncio.sleep(0.1)


def test_sessions_of_500_switches_that_connect_at_once_live_on(tmp_path: Path) -> None:
    """Each asks every second whether the daemon lives, and gives it up as Open vSwitch would."""
    installation = Installation(networks=250, switches=500, spread=4)
    topology = tmp_path / "topology.yaml"
    topology.write_text(installation.text())

    async def crowd(daemon: DaemonProcess) -> None:
        loop = asyncio.get_running_loop()
        vxlan_only = [names.keys() - {"geneve0", "gre0"} for names in installation.interfaces()]
        switches = [
            FakeSwitch(installation.dpid(number), {name: 1 + at for at, name in enumerate(sorted(names, reverse=True))})
            for number, names in enumerate(vxlan_only)
        ]
        connecting = [loop.create_connection(lambda one=one: one, "127.0.0.1", daemon.port) for one in switches]  # type: ignore[misc]
        await asyncio.gather(*connecting)
        watches = [asyncio.create_task(_watch(switch)) for switch in switches]
        async with asyncio.timeout(CROWD_PATIENCE):
            while daemon.log.read_text().count("in sync") < len(switches):
                await asyncio.sleep(0.5)
        assert [switch.dpid for switch in switches if switch.is_closed] == []
        assert "lost:" not in daemon.log.read_text()
        assert all(switch.told[FLOW_MOD] >= len(switches) - 1 for switch in switches), "an endpoint for each other"
        for watch in watches:
            watch.cancel()

    with DaemonProcess(tmp_path, [topology]) as daemon:
        eventually(daemon.socket.exists, "the daemon listens", timeout=60)
        asyncio.run(crowd(daemon))


async def _watch(switch: FakeSwitch) -> None:
    while not switch.is_closed:
        answers = switch.echoes
        switch.probe()
        async with asyncio.timeout(INACTIVITY):
            while switch.echoes == answers:
                await asyncio.sleep(0.2)
        await asyncio.sleep(1)
