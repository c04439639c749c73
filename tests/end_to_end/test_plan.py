"""What a plan says is what a reload does: the switches' flows before and after, on real Open vSwitch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from controller.northbound.api_endpoints import SOCKET
from controller.northbound.client import Server, send
from controller.southbound.listen import Listen
from tests.end_to_end.eventually import eventually
from tests.end_to_end.running import TOPOLOGIES, Installation, running

pytestmark = pytest.mark.ovs


@pytest.fixture(scope="module")
def mesh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with running(TOPOLOGIES / "full-mesh.yaml", tmp_path_factory.mktemp("plan")) as installation:
        yield installation


def grow(document: dict[str, Any]) -> None:
    """Another network, a port that moves to it, and one that is gone."""
    blue = document["tenants"]["blue"]
    blue["networks"]["side"] = {"segment": "vlan"}
    blue["ports"]["web4"]["network"] = "side"
    del document["tenants"]["red"]["ports"]["web2"]


def rekey(document: dict[str, Any]) -> None:
    """A network takes the key of another, which gets a key of its own; and a link is dear."""
    document["tenants"]["red"]["networks"]["web"] = {"segment": "vlan", "key": 101}
    document["tenants"]["blue"]["networks"]["web"] = {"segment": "auto", "description": "was 101"}
    document["fabric"]["links"] = [{"between": ["s1:s1-eth11", "s2:s2-eth11"], "cost": 100}]


def drain(document: dict[str, Any]) -> None:
    """A switch is avoided."""
    document["fabric"]["switches"]["s1"]["draining"] = True


def planned(mesh: Installation, document: dict[str, Any]) -> dict[str, Any]:
    """The plan for a document."""
    server = Server(Listen(path=mesh.daemon.state / SOCKET))
    files = {"files": [{"name": "new.yaml", "text": yaml.safe_dump(document)}]}
    answer: dict[str, Any] = send(server, "/api/v1/plan", {"flows": "true"}, files, 60.0)
    assert answer["lines_left_out"] == 0
    return answer


def groups(mesh: Installation, switch: str) -> set[str]:
    node = mesh.lab.switches[switch]
    return {line.partition("group_id=")[2].partition(",")[0] for line in node.ofctl("dump-groups", node.bridge).split()}


def test_what_a_plan_says_is_what_a_reload_does(mesh: Installation) -> None:
    for edit in (grow, rekey, drain):
        before = {name: (mesh.cookies(name), groups(mesh, name)) for name in mesh.lab.switches}
        document = yaml.safe_load(mesh.topology.read_text())
        document.pop("lab", None)
        edit(document)
        plan = planned(mesh, document)
        assert {name: (mesh.cookies(name), groups(mesh, name)) for name in mesh.lab.switches} == before
        mesh.edit(edit)
        mesh.settle()
        expected = {name: program(cookies, plan, name) for name, (cookies, _) in before.items()}
        eventually(
            lambda expected=expected: {name: mesh.cookies(name) for name in mesh.lab.switches} == expected,  # type: ignore[misc]
            "the switches as planned",
        )
        for name, (_, known) in before.items():
            counts: Counter[str] = Counter()
            counts.update(*(one["groups"] for one in plan["switches"] if one["switch"] == name))
            now = groups(mesh, name)
            assert (len(now - known), len(known - now)) == (counts["added"], counts["removed"])
        assert planned(mesh, document)["changes"] is False


def program(cookies: set[int], plan: dict[str, Any], switch: str) -> set[int]:
    """What a switch has to hold after a plan."""
    lines = [line for line in plan["lines"] if line["switch"] == switch and line["text"].startswith("cookie=")]
    told = {
        how: {int(line["text"].partition("=")[2].partition(",")[0], 16) for line in lines if line["change"] == how}
        for how in ("added", "removed")
    }
    assert told["removed"] <= cookies
    assert not told["added"] & cookies
    (one,) = [one for one in plan["switches"] if one["switch"] == switch] or [{"flows": {}}]
    counts = one["flows"]
    assert len(told["added"]) == counts.get("added", 0) + counts.get("changed", 0)
    assert len(told["removed"]) == counts.get("removed", 0) + counts.get("changed", 0)
    return cookies - told["removed"] | told["added"]
