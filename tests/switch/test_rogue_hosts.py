"""A host that says more than it is given time for waits, and others do not wait for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from controller.ovsdb import share
from controller.ovsdb.hosts import Hosts
from controller.ovsdb.session import Event, Session
from controller.southbound.listen import Listen, Tls
from controller.southbound.statistics import Statistics
from tests.switch.certificates import certificates
from tests.switch.fake_host import FakeHost, named
from tests.switch.host_lab import PLAN, Recorder, no_departures
from tests.switch.southbound_lab import until
from tests.unit.free_port import free_port
from tests.unit.host_script import answer, message, rows

NEVER = 1e-9
"""A rate at which no credit comes back while a test runs."""
CHANGES = 30


@pytest.fixture(autouse=True)
def small_burst(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(share, "BURST", 0.05)


@pytest.fixture
def meeting(tmp_path: Path) -> Path:
    return tmp_path / "ovsdb.sock"


@asynccontextmanager
async def expecting(endpoint: Listen) -> AsyncIterator[tuple[Hosts, Recorder]]:
    """A `Hosts` that expects hv1 and hv2."""
    recorder = Recorder()
    hosts = Hosts(recorder, (), Statistics(), no_departures())
    hosts.expect({"hv1": PLAN, "hv2": replace(PLAN, name="hv2")})
    await hosts.open([endpoint])
    try:
        yield hosts, recorder
    finally:
        await hosts.close()


async def flood(host: FakeHost, sent: list[int]) -> None:
    """Send updates as long as they are taken; how many were, in `sent`."""
    while True:
        await host.say(named(f"tap{sent[0] + 1}"))
        sent[0] += 1


def taken(hosts: Hosts, name: str) -> int:
    """The number of the last update of a host that was handled."""
    return int(hosts.joined[name].connection.session.replica.interfaces["i"].name.removeprefix("tap"))


def test_a_joined_host_that_floods_waits_and_nobody_else_does(
    meeting: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(share, "RATE", NEVER)

    async def scenario() -> None:
        async with expecting(Listen(path=meeting)) as (hosts, recorder):
            rogue, good = [await FakeHost.connect(meeting, name) for name in ("hv1", "hv2")]
            await until(lambda: recorder.found.keys() == {"hv1", "hv2"})
            sent = [0]
            flooding = asyncio.create_task(flood(rogue, sent))
            connection = hosts.joined["hv1"].connection
            # What was sent and is not taken waits in buffers on both sides.
            await until(lambda: connection.is_held and rogue.is_pushed_back)
            handled = taken(hosts, "hv1")
            for number in range(CHANGES):
                await good.say(named(f"guest{number}", **{"iface-id": "x"}))
                await until(lambda: f"guest{number}" in recorder.found["hv2"].plugged)  # noqa: B023
            assert handled == taken(hosts, "hv1") < sent[0]
            await until(lambda: rogue.is_pushed_back)
            # It is us who do not listen: it is not silent, and alive.
            for later in (1000, 2000):
                connection.tick(asyncio.get_running_loop().time() + later)
            second = await FakeHost.connect(meeting, "hv1")
            await until(second.is_closed.is_set)
            assert hosts.statistics.hosts_closed == {"duplicate": 1}
            assert hosts.statistics.hosts_slowed == 1
            assert set(hosts.joined) == {"hv1", "hv2"}
            flooding.cancel()
            connection.close("test", "it can be closed while it waits")
            await connection.gone.wait()
            assert set(hosts.joined) == {"hv2"}
            for one in (rogue, second, good):
                await one.end()

    asyncio.run(scenario())
    [line] = (one for one in caplog.records if one.message.startswith("slowed down"))
    assert line.message == "slowed down: its database sends more than it is given time for"
    assert vars(line)["switch"] == "hv1"


def test_a_host_whose_answer_is_not_heard_counts_as_alive(meeting: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(share, "RATE", NEVER)

    async def scenario() -> None:
        async with expecting(Listen(path=meeting)) as (hosts, recorder):
            first = await FakeHost.connect(meeting, "hv1")
            await until(lambda: "hv1" in recorder.found)
            hosts.allowances.spend("hv1", share.BURST)
            second = await FakeHost.connect(meeting, "hv1")
            await until(second.is_closed.is_set)
            assert hosts.statistics.hosts_closed == {"duplicate": 1}
            for one in (first, second):
                await one.end()

    asyncio.run(scenario())


def test_all_that_a_slowed_host_said_is_taken_in_the_end(meeting: Path) -> None:
    async def scenario() -> None:
        async with expecting(Listen(path=meeting)) as (hosts, recorder):
            host = await FakeHost.connect(meeting, "hv1")
            await until(lambda: "hv1" in recorder.found)
            last = await say_much(host, hosts)
            await until(lambda: f"tap{last}" in recorder.found["hv1"].plain)
            assert not hosts.statistics.hosts_closed
            await host.end()

    asyncio.run(scenario())


async def say_much(host: FakeHost, hosts: Hosts) -> int:
    """Send updates until the host had to wait three times; the number of the last one."""
    last = 0
    while hosts.statistics.hosts_slowed < 3:
        last += 1
        await host.say(named(f"tap{last}"))
    return last


def test_with_tls_as_well_and_strangers_take_nothing_from_who_has_a_certificate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificates(tmp_path, "controller", "hv1", "stranger")
    tls = Tls(tmp_path / "controller.pem", tmp_path / "controller.key", tmp_path / "ca.pem")
    # Megabytes are in buffers before the host has to wait itself.
    monkeypatch.setattr(share, "RATE", 5.0)

    async def scenario() -> None:
        port = free_port()
        async with expecting(Listen("127.0.0.1", port, tls=tls)) as (hosts, recorder):
            strangers_are_spent(hosts)
            host = await FakeHost.connect_tls(port, "hv1", tmp_path)
            await until(lambda: "hv1" in recorder.found)
            last = await say_much(host, hosts)
            await until(lambda: f"tap{last}" in recorder.found["hv1"].plain)
            assert not hosts.statistics.hosts_closed
            connection, slowed = hosts.joined["hv1"].connection, hosts.statistics.hosts_slowed
            monkeypatch.setattr(share, "RATE", NEVER)
            flooding = asyncio.create_task(flood(host, [0]))
            await until(lambda: hosts.statistics.hosts_slowed > slowed)
            connection.close("test", "it can be closed while it waits")
            await connection.gone.wait()
            flooding.cancel()
            await host.end()

    asyncio.run(scenario())


def strangers_are_spent(hosts: Hosts) -> None:
    """Those who have not shown who they are wait, for hours."""
    hosts.allowances.of("").spend(3600.0)


def test_strangers_have_one_share_together_and_a_new_connection_buys_nothing(
    meeting: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(share, "RATE", NEVER)

    async def scenario() -> None:
        async with expecting(Listen(path=meeting)) as (hosts, recorder):
            known = await FakeHost.connect(meeting, "hv2")
            await until(lambda: "hv2" in recorder.found)
            _, writer = await asyncio.open_unix_connection(meeting)
            nonsense = message(method="x") * 1000
            while not hosts.statistics.hosts_slowed:
                writer.write(nonsense)
                await writer.drain()
                await asyncio.sleep(0)
            writer.close()
            # Whoever merely says that it is hv1 is a stranger like that one.
            for number in range(2, 5):
                again = await FakeHost.connect(meeting, "hv1")
                await until(lambda: hosts.statistics.hosts_slowed == number)  # noqa: B023
                await again.end()
            assert set(hosts.joined) == {"hv2"}
            await known.say(named("guest"))
            await until(lambda: recorder.found["hv2"].plain == {"guest"})
            assert not hosts.statistics.hosts_closed
            await known.end()

    asyncio.run(scenario())
    assert caplog.text.count("slowed down") == 1


def advance(seconds: float) -> None:
    """Have the loop's clock show so much more from now on."""
    loop = asyncio.get_running_loop()
    now = loop.time
    loop.time = lambda: now() + seconds  # type: ignore[method-assign]


def make_messages_dear(monkeypatch: pytest.MonkeyPatch) -> None:
    """Five take all of a burst, by the clock of the loop, and nothing comes back."""
    monkeypatch.setattr(share, "RATE", NEVER)
    monkeypatch.setattr(share, "BURST", 0.5)
    receive = Session.receive

    def costly(session: Session, data: bytes, now: float) -> list[Event]:
        advance(share.BURST / 5)
        return receive(session, data, now)

    monkeypatch.setattr(Session, "receive", costly)


def test_many_hosts_may_come_at_once_without_certificates(meeting: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_messages_dear(monkeypatch)

    async def scenario() -> None:
        async with expecting(Listen(path=meeting)) as (hosts, recorder):
            names = [f"hv{number}" for number in range(8)]
            hosts.expect({name: replace(PLAN, name=name) for name in names})
            some = [await FakeHost.connect(meeting, name) for name in names]
            await until(lambda: recorder.found.keys() == set(names))
            assert hosts.statistics.hosts_slowed == 0
            for one in some:
                await one.end()

    asyncio.run(scenario())


def test_who_comes_again_and_again_spends_its_own_and_then_what_strangers_have(
    meeting: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_messages_dear(monkeypatch)

    async def scenario() -> None:
        async with expecting(Listen(path=meeting)) as (hosts, recorder):
            for number in range(1, 12):
                _, writer = await asyncio.open_unix_connection(meeting)
                writer.write(answer(1, rows()))
                await until(lambda: hosts.statistics.hosts_slowed or len(recorder.came) == number)  # noqa: B023
                writer.close()
                await until(lambda: not hosts.joined)
            assert hosts.statistics.hosts_slowed
            assert 5 < len(recorder.came) < 11

    asyncio.run(scenario())


def test_who_waits_is_heard_in_turn(meeting: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Strangers that wait for the same share become hosts, or are refused, in the order in which they spoke.

    However long that takes, it is none of their time.
    """
    monkeypatch.setattr(share, "RATE", NEVER)

    async def scenario() -> None:
        async with expecting(Listen(path=meeting)) as (hosts, recorder):
            hosts.allowances.of("").spend(share.BURST)
            order = ("hv2", "hv7", "hv1")
            some = []
            for number, name in enumerate(order, 1):
                some.append(await FakeHost.connect(meeting, name))
                await until(lambda: hosts.statistics.hosts_slowed == number)  # noqa: B023
            advance(2 * share.ENOUGH / NEVER)
            await until(lambda: len(recorder.came) == 2)
            assert recorder.came == [("hv2", ""), ("hv1", "")]
            assert hosts.statistics.hosts_closed == {"unknown host": 1}
            for one in some:
                await one.end()

    asyncio.run(scenario())
