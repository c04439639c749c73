"""What somebody changes on a switch by hand is found on demand, named and repaired; what is not ours stays."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from typer.testing import CliRunner

from controller.northbound.cli import app
from tests.end_to_end.eventually import eventually
from tests.end_to_end.running import TOPOLOGIES, Installation, running

pytestmark = pytest.mark.ovs

FOREIGN = "cookie=0x1234, priority=5,dl_type=0x1234 actions=drop"


@pytest.fixture(scope="module")
def ring(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with running(TOPOLOGIES / "two-tenants-vlan.yaml", tmp_path_factory.mktemp("drift")) as installation:
        yield installation


def test_flows_that_were_deleted_by_hand_come_back(ring: Installation) -> None:
    switch = ring.lab.switches["s1"]
    wanted = ring.cookies("s1")
    switch.ofctl("add-flow", switch.bridge, FOREIGN)
    switch.ofctl("del-flows", switch.bridge, "table=3")
    switch.ofctl("del-flows", switch.bridge, "table=5")
    assert ring.cookies("s1") < wanted
    ring.daemon.audit()
    eventually(lambda: ring.cookies("s1") == wanted, "the flows of table 3 and 5")
    ring.wait_for_log("changed by somebody else, repaired")
    assert "network=blue/web" in ring.log().partition("changed by somebody else")[2]
    assert any("cookie=0x1234" in flow for flow in ring.flows("s1")), "not ours, not touched"
    assert ring.reach().is_right


def test_flows_that_were_added_with_our_mark_and_groups_that_vanished_are_repaired(ring: Installation) -> None:
    switch = ring.lab.switches["s2"]
    wanted = ring.cookies("s2")
    switch.ofctl("add-flow", switch.bridge, "cookie=0x7e00000000000001, priority=999 actions=FLOOD")
    switch.ofctl("del-groups", switch.bridge)
    assert ring.cookies("s2") != wanted
    ring.daemon.audit()
    eventually(lambda: ring.cookies("s2") == wanted, "what should be there, and nothing else of ours")
    assert ring.reach().is_right


def test_the_command_says_what_was_changed_and_where(ring: Installation) -> None:
    def audit() -> tuple[int, str]:
        result = CliRunner().invoke(app, ["audit", "--state", str(ring.daemon.state)])
        return result.exit_code, result.output

    names = sorted(ring.lab.switches)
    equal = "".join(f"{name}: as it should be\n" for name in names)
    assert audit() == (0, equal)
    switch, before = ring.lab.switches["s1"], ring.flows("s1")
    entries = [flow for flow in before if "table=1," in flow]
    assert len(entries) == 3, "one for each network"
    switch.ofctl(
        "--strict",
        "del-flows",
        switch.bridge,
        entries[0].partition(" actions=")[0].partition("cookie=")[2].partition(", ")[2],
    )
    switch.ofctl("add-flow", switch.bridge, "cookie=0x7e00000000000001, priority=999 actions=FLOOD")
    status, said = audit()
    assert status == 1
    assert said.startswith("s1: changed by somebody else; repaired\n  1 flow of network ")
    assert "  1 flow with Tenantry's mark too many\n" in said
    assert said.count("as it should be") == len(names) - 1
    assert ring.flows("s1") == before
    assert audit() == (0, equal)
    ring.daemon.stop()
    assert audit() == (2, f"{ring.daemon.state}: no daemon uses this directory\n")
