"""What is written over the API is what switches do: guests reach each other, or not any more."""

from __future__ import annotations

import http.client
import itertools
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from controller.northbound.api_endpoints import SOCKET
from frames import BROADCAST
from prober import Prober
from tests.end_to_end.commands import tenantry
from tests.end_to_end.eventually import eventually
from tests.end_to_end.running import TOPOLOGIES, Installation, running

pytestmark = pytest.mark.ovs

PORTS = {
    "web1": {"network": "web", "switch": "s1", "interface": "s1-eth1", "mac": "02:00:00:00:00:01"},
    "web2": {"network": "web", "switch": "s2", "interface": "s2-eth1"},
}
_tokens = (f"try-{number}" for number in itertools.count())


@pytest.fixture(scope="module")
def ring(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Tenant red is in the files, and tenant blue nowhere."""
    with running(TOPOLOGIES / "two-tenants-vlan.yaml", tmp_path_factory.mktemp("writes")) as installation:
        installation.edit(lambda document: document["tenants"].pop("blue"))
        installation.settle()
        yield installation


def asked(site: Installation, method: str, path: str, content: object = None, *, if_match: str = "") -> httpx.Response:
    transport = httpx.HTTPTransport(uds=str(site.daemon.state / SOCKET))
    with httpx.Client(transport=transport, base_url="http://localhost") as client:
        headers = {"If-Match": if_match} if if_match else {}
        answer = client.request(method, path, json=content, headers=headers)
        assert answer.status_code < http.client.BAD_REQUEST, answer.text
        return answer


def put(site: Installation, path: str, content: object) -> None:
    asked(site, "PUT", f"/api/v1/{path}", content)


def heard(prober: Prober, sender: str, dst: str = BROADCAST) -> dict[str, int]:
    """Who receives a frame, and how often."""
    token = next(_tokens)
    prober.send(sender, token, dst=dst)
    return prober.received(token)


def changes_sent(site: Installation) -> dict[str, float]:
    """Messages by kind that the daemon has sent to change switches."""
    text = asked(site, "GET", "/metrics").text
    lines = [line for line in text.splitlines() if line.startswith("tenantry_messages_sent_total{")]
    return {line.split('"')[1]: float(line.rpartition(" ")[2]) for line in lines}


def test_a_network_made_over_the_api_joins_its_guests_and_nobody_else(ring: Installation) -> None:
    put(ring, "tenants/blue", {})
    put(ring, "networks/blue/web", {"segment": "vlan"})
    with ring.prober() as prober:
        assert heard(prober, "blue1") == {}
        for name, port in PORTS.items():
            put(ring, f"ports/blue/{name}", port)
        eventually(lambda: heard(prober, "blue1") == {"blue2": 1}, "frames from one to the other")
        ring.settle()
        assert heard(prober, "blue2") == {"blue1": 1}
        assert heard(prober, "blue2", prober.mac("blue1")) == {"blue1": 1}
        assert heard(prober, "blue3") == {}
        assert heard(prober, "red1") == dict.fromkeys(("red2", "red3", "red4"), 1), "as before"
    status, lines = tenantry(ring, "show", "tenants")
    assert (status, [line.split()[:2] for line in lines[1:]]) == (0, [["blue", "api"], ["red", "files"]])


def test_a_daemon_that_starts_again_has_nothing_to_send(ring: Installation) -> None:
    # What one guest was learned to be is in the memory by then.
    ring.settle()
    before = ring.all_cookies()
    memory = ring.daemon.state / "memory.json"
    eventually(lambda: b"blue/web2" in memory.read_bytes(), "a memory of the guest")
    ring.daemon.kill()
    ring.start()
    ring.settle()
    assert changes_sent(ring) == {}
    assert ring.all_cookies() == before
    assert asked(ring, "GET", "/api/v1/ports/blue/web1").json()["written"] == PORTS["web1"]


def test_a_file_does_not_take_it_over(ring: Installation) -> None:
    def claim(document: Any) -> None:  # noqa: ANN401
        document["tenants"]["blue"] = {}

    before = ring.all_cookies()
    ring.edit(claim)
    assert 'tenant \\"blue\\" is given twice, first at /api/v1/tenants/blue; keep one' in ring.log()
    assert ring.all_cookies() == before
    ring.edit(lambda document: document["tenants"].pop("blue"))


def test_a_port_that_is_deleted_is_cut_off(ring: Installation) -> None:
    port = "/api/v1/ports/blue/web2"
    with ring.prober() as prober:
        eventually(lambda: heard(prober, "blue1") == {"blue2": 1}, "frames from one to the other")
        asked(ring, "DELETE", port, if_match=asked(ring, "GET", port).headers["etag"])
        eventually(lambda: heard(prober, "blue1") == {}, "no frames any more")
        ring.settle()
        assert heard(prober, "blue2") == heard(prober, "blue1", prober.mac("blue2")) == {}
    asked(ring, "DELETE", "/api/v1/tenants/blue", if_match="*")
    ring.settle()
    networks = {one["network"] for one in asked(ring, "GET", "/api/v1/flows?limit=1000").json()["items"]}
    assert networks == {None, "red/web"}
    assert "a bug" not in ring.log()
