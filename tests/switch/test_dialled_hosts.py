"""Hosts that the daemon connects to: with a real ovsdb-server that listens, and with such that are none of ours."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from itertools import cycle
from pathlib import Path

import pytest

from controller.fabric.departures import Departures
from controller.intent.model import SocketAddress
from controller.ovsdb import dialling
from controller.ovsdb.hosts import Hosts
from controller.ovsdb.plan import HostPlan
from controller.southbound.listen import Listen, Tls
from controller.southbound.statistics import Statistics
from namespaces import entered, run
from private_ovs import PrivateOvs
from tests.switch.certificates import certificates
from tests.switch.host_lab import BRIDGE, CONTROLLER, PLAN, Recorder, has, join, no_departures
from tests.switch.southbound_lab import private_ovs, until
from tests.unit.host_script import answer, rows

pytestmark = pytest.mark.ovs

PORT = 6640


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again at once, nearly."""
    monkeypatch.setattr(dialling, "FIRST_WAIT", 0.1)
    monkeypatch.setattr(dialling, "LONGEST_WAIT", 0.2)


@contextmanager
def inside(pid: int) -> Iterator[None]:
    """Have this process in the network namespace of another, loopback up: what is connected to is in there."""
    run(["ip", "link", "set", "lo", "up"], pid=pid)
    with entered(pid):
        yield


@pytest.fixture
def ovs(tmp_path: Path) -> Iterator[PrivateOvs]:
    with private_ovs(tmp_path / "ovs") as (running, pid), inside(pid):
        yield running


def at(kind: str, host: str = "127.0.0.1", port: int = PORT) -> HostPlan:
    """The plan of hv1, whose database listens there."""
    return replace(PLAN, connect=SocketAddress(kind, host, 0 if kind == "unix" else port))  # type: ignore[arg-type]


def made(
    handler: Recorder,
    plan: HostPlan = PLAN,
    listens: tuple[Listen, ...] = (),
    departures: Departures | None = None,
) -> Hosts:
    hosts = Hosts(handler, listens, Statistics(), departures or no_departures())
    hosts.expect({plan.name: plan})
    return hosts


@asynccontextmanager
async def answering(says: Iterable[bytes], tls: ssl.SSLContext | None = None) -> AsyncIterator[tuple[int, list[bytes]]]:
    """Somebody who says one of these to each who connects, over and over; his port, and what he was told."""
    told: list[bytes] = []
    talking: set[asyncio.StreamWriter] = set()
    next_words = cycle(says)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talking.add(writer)
        writer.write(next(next_words))
        told.append(await reader.read())
        writer.close()
        talking.discard(writer)

    server = await asyncio.start_server(talk, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1], told
    finally:
        server.close()
        await until(lambda: not talking)


def has_joined(hosts: Hosts) -> bool:
    return "hv1" in hosts.joined and hosts.joined["hv1"].has_joined


@pytest.mark.parametrize(
    ("kind", "host", "manager", "target"),
    [
        ("tcp", "127.0.0.1", f"ptcp:{PORT}:127.0.0.1", "tcp:127.0.0.1:6653"),
        ("tcp", "::1", f"ptcp:{PORT}:[::1]", "tcp:[::1]:6654"),
        ("unix", "SOCKET", "punix:SOCKET", ""),
    ],
)
def test_a_host_that_listens_is_joined_and_left(
    ovs: PrivateOvs, tmp_path: Path, kind: str, host: str, manager: str, target: str
) -> None:
    """Its bridge reaches the daemon at the address from which the daemon came."""
    meeting = str(tmp_path / "listening.sock")
    handler = Recorder()
    listens = (Listen("0.0.0.0", 6653), Listen("::", 6654))

    async def scenario() -> None:
        hosts = made(handler, at(kind, host.replace("SOCKET", meeting)), listens)
        await hosts.open(())
        ovs.vsctl("set-manager", manager.replace("SOCKET", meeting))
        await until(lambda: has_joined(hosts))
        assert handler.came == [("hv1", str(at(kind, host.replace("SOCKET", meeting)).connect))]
        assert ovs.vsctl("get-controller", BRIDGE).strip() == target
        hosts.expect({})
        await until(lambda: not hosts.joined)
        assert ovs.vsctl("list-br").split() == []
        assert hosts.statistics.hosts_closed["left"] == 1
        await hosts.close()

    asyncio.run(scenario())


def test_the_controller_is_what_the_configuration_says(ovs: PrivateOvs) -> None:
    """Before what the host says itself."""

    async def scenario() -> None:
        hosts = made(Recorder(), replace(at("tcp"), controller=SocketAddress("ssl", "daemon.example", 6653)))
        await hosts.open(())
        join(ovs, f"ptcp:{PORT}:127.0.0.1")
        await until(lambda: has_joined(hosts))
        assert ovs.vsctl("get-controller", BRIDGE).strip() == "ssl:daemon.example:6653"
        hosts.expect({"hv1": at("tcp")})
        await until(lambda: ovs.vsctl("get-controller", BRIDGE).strip() == CONTROLLER)
        await hosts.close()

    asyncio.run(scenario())


def test_a_host_that_is_not_there_is_tried_again_and_named_once(
    ovs: PrivateOvs, caplog: pytest.LogCaptureFixture
) -> None:
    refused = f"host cannot be reached at tcp:127.0.0.1:{PORT}: connection refused; tried again and again"

    async def scenario() -> None:
        handler = Recorder()
        hosts = made(handler, at("tcp"))
        await hosts.open(())
        await until(lambda: hosts.statistics.host_dials["failed"] >= 4)
        assert caplog.text.count(refused) == 1
        ovs.vsctl("set-manager", f"ptcp:{PORT}")
        await until(lambda: has_joined(hosts))
        ovs.kill_database()
        await until(lambda: len(handler.gone) == 1)
        failed = hosts.statistics.host_dials["failed"]
        await until(lambda: hosts.statistics.host_dials["failed"] >= failed + 3)
        assert caplog.text.count(refused) == 2
        written = hosts.statistics.host_changes
        ovs.start_database()
        await until(lambda: has_joined(hosts))
        assert hosts.statistics.host_changes == written
        assert hosts.statistics.host_dials["taken on"] == 1, "counted when it is over"
        await hosts.close()

    asyncio.run(scenario())


def test_the_address_is_added_changed_and_taken_out(ovs: PrivateOvs, tmp_path: Path) -> None:
    meeting = tmp_path / "meeting.sock"

    async def scenario() -> None:
        handler = Recorder()
        hosts = made(handler, PLAN)
        await hosts.open([Listen(path=meeting)])
        ovs.vsctl("set-manager", f"ptcp:{PORT}", f"ptcp:{PORT + 1}")
        await asyncio.sleep(0.3)
        assert not hosts.joined
        hosts.expect({"hv1": at("tcp")})
        await until(lambda: has_joined(hosts))
        there = has(ovs, "bridge", BRIDGE, "_uuid")
        other = replace(PLAN, connect=SocketAddress("tcp", "127.0.0.1", PORT + 1))
        hosts.expect({"hv1": other})
        await until(lambda: handler.came[-1] == ("hv1", f"tcp:127.0.0.1:{PORT + 1}") and has_joined(hosts))
        # Without an address it is as any other: what the daemon opened ends, and it may come itself.
        hosts.expect({"hv1": PLAN})
        await until(lambda: not hosts.joined)
        await asyncio.sleep(0.3)
        assert not hosts.joined
        reason = "the configuration does not have it at this address any more; it keeps what it has"
        assert handler.gone == [("hv1", reason)] * 2
        join(ovs, f"unix:{meeting}")
        await until(lambda: has_joined(hosts))
        assert has(ovs, "bridge", BRIDGE, "_uuid") == there, "all that while it kept what it had"
        await hosts.close()

    asyncio.run(scenario())


def test_a_host_that_comes_itself_is_not_connected_to(ovs: PrivateOvs, tmp_path: Path) -> None:
    meeting = tmp_path / "meeting.sock"

    async def scenario() -> None:
        handler = Recorder()
        hosts = made(handler, PLAN)
        await hosts.open([Listen(path=meeting)])
        said = ["external_ids:tenantry-host=hv1", f"external_ids:tenantry-controller={CONTROLLER}"]
        ovs.vsctl("set", "Open_vSwitch", ".", *said, "--", "set-manager", f"unix:{meeting}", f"ptcp:{PORT}")
        await until(lambda: has_joined(hosts))
        hosts.expect({"hv1": at("tcp")})
        await asyncio.sleep(0.5)
        assert handler.came == [("hv1", "")]
        assert hosts.statistics.host_connections == 1
        # It does not come any more, so it is fetched; and what it opens then is refused.
        ovs.vsctl("set-manager", f"ptcp:{PORT}")
        await until(lambda: len(handler.came) == 2 and has_joined(hosts))
        assert handler.came[1] == ("hv1", f"tcp:127.0.0.1:{PORT}")
        ovs.vsctl("set-manager", f"unix:{meeting}", f"ptcp:{PORT}")
        await until(lambda: hosts.statistics.hosts_closed["duplicate"])
        assert len(handler.came) == 2
        assert has_joined(hosts)
        await hosts.close()

    asyncio.run(scenario())


def test_a_host_that_was_away_when_it_was_taken_out_is_fetched_to_be_left(
    ovs: PrivateOvs, caplog: pytest.LogCaptureFixture
) -> None:
    departures = no_departures()

    async def scenario() -> None:
        hosts = made(Recorder(), at("tcp"), departures=departures)
        await hosts.open(())
        ovs.vsctl("set-manager", f"ptcp:{PORT}")
        await until(lambda: has_joined(hosts))
        ovs.kill_database()
        await until(lambda: not hosts.joined)
        hosts.expect({})
        assert "what was made on it is taken back if it comes back within 30 days" in caplog.text
        ovs.start_database()
        await until(lambda: hosts.statistics.hosts_closed["left"] == 1)
        assert ovs.vsctl("list-br").split() == []
        assert not departures.given
        connections = hosts.statistics.host_connections
        await asyncio.sleep(0.5)
        assert hosts.statistics.host_connections == connections
        await hosts.close()

    asyncio.run(scenario())


def test_who_says_that_it_is_another_gets_nothing(ovs: PrivateOvs, caplog: pytest.LogCaptureFixture) -> None:
    ovs.vsctl("set", "Open_vSwitch", ".", "external_ids:tenantry-host=hv2", "--", "set-manager", f"ptcp:{PORT}")

    async def scenario() -> None:
        hosts = made(Recorder(), at("tcp"))
        await hosts.open(())
        await until(lambda: hosts.statistics.hosts_closed["unknown host"] >= 2)
        assert hosts.statistics.host_changes == 0
        await hosts.close()

    asyncio.run(scenario())
    assert caplog.text.count("it says in external_ids:tenantry-host that it is 'hv2'") == 1
    assert ovs.vsctl("list-br").split() == []


def test_a_peer_that_is_no_database(caplog: pytest.LogCaptureFixture) -> None:
    """It costs a connection, and is named."""

    async def scenario() -> None:
        async with answering([b"HTTP/1.1 400 Bad Request\r\n\r\n", answer(1, {"Bridge": 7})]) as (port, _):
            hosts = made(Recorder(), at("tcp", port=port))
            await hosts.open(())
            await until(lambda: hosts.statistics.hosts_closed["malformed"] >= 2)
            assert not hosts.joined
            await hosts.close()

    asyncio.run(scenario())
    assert "no JSON object, but b'HTTP/1.1 400 Bad'" in caplog.text


def test_with_tls_it_has_to_be_who_was_meant(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A certificate of another authority, and of another host: such a peer is not even asked for its rows."""
    certificates(tmp_path, "controller", "hv1 id:0f", "hv2")
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    certificates(foreign, "hv1 id:0f")
    tls = Tls(tmp_path / "controller.pem", tmp_path / "controller.key", tmp_path / "ca.pem")

    async def scenario(ovs: PrivateOvs) -> None:
        def identify(directory: Path, name: str) -> None:
            files = [str(directory / f"{name}.{kind}") for kind in ("key", "pem")]
            ovs.vsctl("set-ssl", *files, str(tmp_path / "ca.pem"), "--", "set-manager", f"pssl:{PORT}:127.0.0.1")

        hosts = made(Recorder(), at("ssl"), (Listen("0.0.0.0", 6653, tls=tls),))
        identify(foreign, "hv1 id:0f")
        await hosts.open((), tls)
        await until(lambda: hosts.statistics.hosts_closed["tls"] >= 2)
        # It says that it is the one that is meant, and has a certificate of the authority, but not that one's.
        ovs.vsctl("set", "Open_vSwitch", ".", "external_ids:tenantry-host=hv1")
        identify(tmp_path, "hv2")
        await until(lambda: hosts.statistics.hosts_closed["unknown host"] >= 2)
        assert hosts.statistics.host_sessions == 0
        identify(tmp_path, "hv1 id:0f")
        await until(lambda: has_joined(hosts))
        assert ovs.vsctl("get-controller", BRIDGE).strip() == "ssl:127.0.0.1:6653"
        await hosts.close()

    with private_ovs(tmp_path / "ovs") as (ovs, pid), inside(pid):
        asyncio.run(scenario(ovs))
    assert caplog.text.count("certificate verify failed") == 1
    assert caplog.text.count("its certificate is that of 'hv2'") == 1


def test_a_wrong_name_is_not_asked_for_its_rows(tmp_path: Path) -> None:
    """Nor believed for being quick: it says all its rows at once, unasked."""
    certificates(tmp_path, "controller", "hv2")
    tls = Tls(tmp_path / "controller.pem", tmp_path / "controller.key", tmp_path / "ca.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "hv2.pem", tmp_path / "hv2.key")

    async def scenario() -> None:
        async with answering([answer(1, rows())], context) as (port, told):
            hosts = made(Recorder(), at("ssl", port=port))
            await hosts.open((), tls)
            await until(lambda: len(told) >= 2)
            assert hosts.statistics.hosts_closed["unknown host"] >= 2
            assert not hosts.joined
            await hosts.close()
        assert set(told) == {b""}

    asyncio.run(scenario())


def test_without_a_certificate_of_its_own_the_daemon_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> None:
        hosts = made(Recorder(), at("ssl"))
        await hosts.open(())
        await until(lambda: hosts.statistics.host_dials["failed"] >= 2)
        await hosts.close()

    asyncio.run(scenario())
    assert caplog.text.count(dialling.NO_CERTIFICATE) == 1
