"""A running daemon is asked over its socket, and says what happens."""

from __future__ import annotations

import itertools
import json
import stat
from collections.abc import Iterator

import httpx
import pytest

from controller.northbound.api_endpoints import SOCKET
from controller.northbound.client import Server, ask, ask_all, events
from controller.southbound.listen import Listen
from tests.end_to_end.commands import tenantry
from tests.end_to_end.eventually import eventually
from tests.end_to_end.running import TOPOLOGIES, Installation, running

pytestmark = pytest.mark.ovs


@pytest.fixture(scope="module")
def ring(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with running(TOPOLOGIES / "two-tenants-vlan.yaml", tmp_path_factory.mktemp("api")) as installation:
        yield installation


@pytest.fixture
def server(ring: Installation) -> Server:
    return Server(Listen(path=ring.daemon.state / SOCKET))


def test_what_is_there(ring: Installation, server: Server) -> None:
    assert stat.S_IMODE((ring.daemon.state / SOCKET).stat().st_mode) == 0o600
    status = ask(server, "/api/v1/status", {})
    assert status["sync"] == dict.fromkeys(("s1", "s2", "s3", "s4"), "in sync")
    links = {link["id"] for link in ask_all(server, "/api/v1/links", {})}
    assert links == {
        "s1:s1-eth11 -- s2:s2-eth11",
        "s1:s1-eth12 -- s4:s4-eth12",
        "s2:s2-eth12 -- s3:s3-eth11",
        "s3:s3-eth12 -- s4:s4-eth11",
    }
    ports = {port["id"]: port["state"] for port in ask_all(server, "/api/v1/ports", {"switch": "s1"})}
    assert ports == dict.fromkeys(("blue/db1", "blue/web1", "red/web1"), "up")
    learned = [host["port"] for host in ask_all(server, "/api/v1/hosts", {"tenant": "red"}) if host["learned"]]
    assert learned == ["red/web3", "red/web4"]


def test_flows_are_those_that_the_switch_holds(ring: Installation, server: Server) -> None:
    for switch in ("s1", "s3"):
        told = {int(flow["cookie"], 16) for flow in ask_all(server, "/api/v1/flows", {"switch": switch})}
        assert told == ring.cookies(switch)


def test_a_link_that_goes_is_an_event_and_is_shown(ring: Installation, server: Server) -> None:
    last = ask(server, "/api/v1/status", {})["last_event"]
    ring.lab.set_link("s1", "s1-eth11", "down")
    try:
        found = (data for kind, _, data in events(server, {}, str(last)) if kind == "link-down")
        assert json.loads(next(found))["text"] == "link down: s1:s1-eth11 -- s2:s2-eth11"
        shown = tenantry(ring, "show", "links")[1]
        assert shown[0].split() == ["Link", "State", "Cost", "Speed", "Latency"]
        assert [line.split("  ")[0] for line in shown[1:]] == [
            "s1:s1-eth12 -- s4:s4-eth12",
            "s2:s2-eth12 -- s3:s3-eth11",
            "s3:s3-eth12 -- s4:s4-eth11",
        ]
        line = tenantry(ring, "show", "events")[1][-1]
        assert line.split()[2:] == ["link-down", *["link", "down:", "s1:s1-eth11", "--", "s2:s2-eth11"]]
    finally:
        ring.lab.set_link("s1", "s1-eth11", "up")
    kinds = (kind for kind, _, _ in events(server, {}, str(last)))
    assert "link-up" in itertools.islice(kinds, 10)


def test_metrics(ring: Installation, server: Server) -> None:
    def all_in_sync() -> list[str]:
        transport = httpx.HTTPTransport(uds=str(server.listen.path))
        with httpx.Client(transport=transport) as client:
            text = client.get("http://localhost/metrics").text.splitlines()
        lines = {f'tenantry_switch_in_sync{{switch="{switch}"}} 1.0' for switch in ("s1", "s2", "s3", "s4")}
        return text if lines <= set(text) else []

    text = eventually(all_in_sync, "switches that are in sync")
    assert 'tenantry_events_total{kind="link-down"} 1.0' in text
    values = dict(line.rsplit(" ", 1) for line in text if not line.startswith("#"))
    assert float(values["tenantry_compile_seconds_count"]) > 0
    assert float(values["tenantry_sync_seconds_count"]) > 0
    assert float(values['tenantry_packet_ins_handled_total{app="discovery"}']) > 0


def test_the_socket_goes_with_the_daemon(ring: Installation) -> None:
    """The last one: nothing runs after it."""
    assert ring.daemon.stop() == 0
    assert not (ring.daemon.state / SOCKET).exists()
    assert "a bug" not in ring.log()
