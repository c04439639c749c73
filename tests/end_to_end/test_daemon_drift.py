"""What somebody changes on a switch by hand is found on demand, named and repaired; what is not ours stays."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator

import pytest
from typer.testing import CliRunner

from apps.pipeline import DELIVER
from controller.dataplane.encoder import COOKIE_MARK_VALUE
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
    switch.ofctl("add-flow", switch.bridge, "cookie=0x7e00000000000001, priority=999,dl_type=0x9999 actions=FLOOD")
    switch.ofctl("del-groups", switch.bridge)
    assert ring.cookies("s2") != wanted
    ring.daemon.audit()
    eventually(lambda: ring.cookies("s2") == wanted, "what should be there, and nothing else of ours")
    assert ring.reach().is_right


def groups_and_meters(ring: Installation, switch: str) -> list[list[str]]:
    """What a switch tells of its groups and meters."""
    node = ring.lab.switches[switch]
    return [sorted(node.ofctl(what, node.bridge).splitlines()[1:]) for what in ("dump-groups", "dump-meters")]


def tamper(ring: Installation, switch: str, chance: random.Random) -> None:
    """Delete, add and change flows, groups and meters at random; nothing is added that is not ours."""
    node = ring.lab.switches[switch]
    for cookie in chance.sample(sorted(ring.cookies(switch)), chance.randint(1, 15)):
        node.ofctl("del-flows", node.bridge, f"cookie={cookie:#x}/-1")
    for _ in range(chance.randint(1, 15)):
        cookie, table = COOKIE_MARK_VALUE | chance.getrandbits(56), chance.randrange(8)
        match = f"priority={chance.randrange(1000)},dl_src=02:00:00:00:00:{chance.randrange(256):02x}"
        node.ofctl("add-flow", node.bridge, f"cookie={cookie:#x},table={table},{match},actions=drop")
    groups, meters = groups_and_meters(ring, switch)
    groups = [line for line in groups if "group_id=7," not in line]
    for line in chance.sample(groups, min(len(groups), chance.randint(0, 2))):
        number = line.partition("group_id=")[2].partition(",")[0]
        if chance.random() < 0.5:
            node.ofctl("mod-group", node.bridge, f"group_id={number},type=all,bucket=output:1")
        else:
            node.ofctl("del-groups", node.bridge, f"group_id={number}")
    for number in re.findall(r"meter=(\d+)", " ".join(meters))[: chance.randint(0, 1)]:
        node.ofctl("del-meter", node.bridge, f"meter={number}")
    node.ofctl("add-group", node.bridge, f"group_id={chance.randrange(0x54800000, 0x54FFFFFF)},type=all")


def test_whatever_is_changed_at_random_is_repaired_and_nothing_of_others_is_touched(ring: Installation) -> None:
    chance = random.Random(8)
    for name, node in ring.lab.switches.items():
        node.ofctl("add-group", node.bridge, "group_id=7,type=all,bucket=output:1")
        node.ofctl("add-flow", node.bridge, "cookie=0x99, table=4, priority=65000, dl_type=0x1234 actions=group:7")
        assert any("cookie=0x99" in flow for flow in ring.flows(name))
    held = {name: (ring.flows(name), groups_and_meters(ring, name)) for name in ring.lab.switches}
    for _ in range(4):
        # Counted before, as the daemon may begin by itself: it notices that flows were deleted.
        repairs = [f'switch={name} message="changed by somebody else, repaired' for name in held]
        counts = [ring.log().count(said) for said in repairs]
        for name in held:
            tamper(ring, name, chance)
        ring.daemon.audit()
        for said, count in zip(repairs, counts, strict=True):
            ring.wait_for_log(said, count + 1)
        for name, before in held.items():
            eventually(
                lambda name=name, before=before: (ring.flows(name), groups_and_meters(ring, name)) == before,  # type: ignore[misc]
                f"{name} as it was",
            )
    assert ring.reach().is_right


def test_the_command_says_what_was_changed_and_where(ring: Installation) -> None:
    def audit() -> tuple[int, str]:
        result = CliRunner().invoke(app, ["drift", "--repair", "--state", str(ring.daemon.state)])
        return result.exit_code, result.output

    names = sorted(ring.lab.switches)
    equal = "".join(f"{name}: as it should be\n" for name in names)
    assert audit() == (0, equal)
    switch, before = ring.lab.switches["s1"], ring.flows("s1")
    entries = [flow for flow in before if "table=1," in flow and f"goto_table:{DELIVER.id}" in flow]
    assert len(entries) == 3, "one for each network"
    switch.ofctl(
        "--strict",
        "del-flows",
        switch.bridge,
        entries[0].partition(" actions=")[0].partition("cookie=")[2].partition(", ")[2],
    )
    switch.ofctl("add-flow", switch.bridge, "cookie=0x7e00000000000001, priority=999,dl_type=0x9999 actions=FLOOD")
    shown = CliRunner().invoke(app, ["show", "drift", "--switch=s1", "--json", "--state", str(ring.daemon.state)])
    rows = json.loads(shown.stdout)
    assert [(row["what"], row["count"], row["app"]) for row in rows] == [
        ("missing", 1, "vlan"),
        ("too many", 1, None),
    ]
    assert rows[0]["network"] in ("blue/web", "blue/db", "red/web")
    assert ring.flows("s1") != before, "who looks repairs nothing"
    status, said = audit()
    assert status == 1
    assert said.startswith("s1: changed by somebody else; repaired\n  1 flow of network ")
    assert "  1 flow with Tenantry's mark too many\n" in said
    assert said.count("as it should be") == len(names) - 1
    assert ring.flows("s1") == before
    assert audit() == (0, equal)
    ring.daemon.stop()
    assert audit() == (2, f"{ring.daemon.state}: no daemon uses this directory\n")
