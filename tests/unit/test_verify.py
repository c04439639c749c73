"""Frames that get into another network are found, with their way; what is right is proved."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from typer.testing import CliRunner

from controller import isolation_watch
from controller.compiler import SWITCH, Change, Compiler
from controller.core import Core
from controller.dataplane.encoder import cookie_of
from controller.dataplane.fields import ETH_VLAN, IN_PORT, TUN_ID, VLAN_PRESENT, VLAN_VID
from controller.dataplane.flow import Flow, Group, Output, PopVlan, Program, PushVlan, Reason, SetField
from controller.dataplane.program import Share
from controller.dataplane.table import match_of
from controller.intent.model import Segment, SegmentKey
from controller.isolation import Isolation, Whole
from controller.isolation_watch import IsolationWatch
from controller.northbound.cli import app
from controller.situation import Situation
from controller.southbound.statistics import Statistics
from controller.verification import verify
from controller.verify.borders import LOCAL, Border, Ground
from controller.verify.rules import Holding, Rule, holding_of
from controller.verify.search import Breach
from controller.verify.verdict import Verdict
from controller.verify.verifier import examine
from tests.unit.two_tenants import FILES, RED_PORT, flow_for, known_core

BY_HAND = Reason("", "by hand")


@pytest.fixture
def core(tmp_path: Path) -> Core:
    (tmp_path / "site.yaml").write_text(FILES)
    return known_core(tmp_path / "site.yaml", tmp_path / "state")


def examined(core: Core, programs: dict[str, Program] | None = None) -> tuple[Verdict, list[str]]:
    """What is said of these programs, or of what was compiled."""
    views = core.fabric.switches
    held = {name: holding_of((programs or {}).get(name) or core.compiler.program(name)) for name in views}
    verdict, borders = verify(core.situation, held, views, lambda: 0.0)
    return verdict, list(verdict.lines(borders))


def exchanged(program: Program, old: Flow, new: Flow) -> Program:
    """The program with another flow in the place of one."""
    flows = {cookie: flow for cookie, flow in program.flows.items() if flow is not old}
    return replace(program, flows={**flows, cookie_of(new): new})


def claimed(network: str) -> Ground:
    ground = Ground()
    ground.claim(network, [SegmentKey(Segment.VLAN, 5)], [])
    return ground


def test_owners_by_interface_tag_and_endpoint() -> None:
    ours, theirs, strange = (IPv4Address(f"192.0.2.{number}") for number in (1, 9, 8))
    ground = Ground([ours])
    ground.claim("red/a", [SegmentKey(Segment.VLAN, 5)], [])
    ground.claim("red/b", [SegmentKey(Segment.VXLAN, 7)], [theirs])
    border = Border("s1", ground, {1: "red/a", 2: {3: "red/a", 4: "red/b"}}, {9: Segment.VXLAN}, frozenset({LOCAL, 5}))
    assert [border.owner(1, tag, 0, None) for tag in (None, 5, 9)] == ["red/a"] * 3
    assert [border.owner(2, tag, 0, None) for tag in (None, 3, 4, 5)] == [
        "interface 2, no tag",
        "red/a",
        "red/b",
        "interface 2, tag 5",
    ]
    assert [border.owner(5, tag, 0, None) for tag in (None, 5, 6)] == ["no tag", "red/a", "VLAN 6"]
    assert [border.owner(9, None, key, ours) for key in (7, 8)] == ["red/b", "vxlan 8"]
    assert [border.owner(9, None, 7, other) for other in (theirs, strange, None)] == [
        "red/b",
        "vxlan endpoint 192.0.2.8",
        "vxlan endpoint None",
    ]


def test_a_later_claim_counts() -> None:
    ground = Ground()
    ground.claim("red/a", [SegmentKey(Segment.VLAN, 5), SegmentKey(Segment.VLAN, 6)], [])
    ground.claim("blue/a", [SegmentKey(Segment.VLAN, 5)], [])
    ground.claim("red/a", [SegmentKey(Segment.VLAN, 6)], [])
    assert [ground.of_vlan(tag) for tag in (5, 6)] == ["blue/a", "red/a"]
    ground.claim("blue/a", [], [])
    assert (ground.of_vlan(5), ground.keys) == ("VLAN 5", {"red/a": (SegmentKey(Segment.VLAN, 6),)})


def test_what_is_compiled_is_proved(core: Core) -> None:
    verdict, lines = examined(core)
    assert verdict.is_proved
    assert not verdict.is_leaking
    flows = sum(len(core.compiler.program(name).flows) for name in ("s1", "s2"))
    assert lines[0] == "Proved: what enters on a port of a network leaves on ports of that network only."
    assert lines[1].startswith("Examined: 2 switches, 3 networks, 6 ports, ")
    assert f" {flows} flows, " in lines[1]
    assert [one.suspects for one in verdict.examined] == [0, 0]


def test_a_flood_to_another_tenants_port_is_named_with_its_flows(core: Core) -> None:
    program = core.compiler.program("s1")
    flood = flow_for(program, "forwarding", "flood", "blue/web")
    wrong = replace(flood, actions=(*flood.actions, PopVlan(), Output(RED_PORT)))
    verdict, lines = examined(core, {"s1": exchanged(program, flood, wrong)})
    assert verdict.is_leaking
    assert lines[0] == "s1: a frame of blue/web leaves by p3 as one of red/db"
    assert lines[1] == "  enters p1: 02:00:00:00:00:01 > 02:de:ad:00:00:01, type 0x0800"
    assert lines[-6:-4] == [
        "  leaves p3: 02:00:00:00:00:01 > 02:de:ad:00:00:01, type 0x0800",
        "  From port to port, blue/web to red/db:",
    ]
    assert lines[-2] == "Not proved: 1 flow lets frames out where they should not be."


def test_a_probe_that_is_sent_back_as_a_networks_packet_is_found(core: Core) -> None:
    program = core.compiler.program("s1")
    asked = flow_for(program, "underlay", "probe of 192.0.2.2 sent back, vxlan", "")
    key = core.situation.keys["blue/far"].key
    actions = tuple(
        SetField(TUN_ID, key) if isinstance(action, SetField) and action.field is TUN_ID else action
        for action in asked.actions
    )
    verdict, lines = examined(core, {"s1": exchanged(program, asked, replace(asked, actions=actions))})
    assert not verdict.is_proved
    assert lines[0] == "s1: a frame of vxlan 0 leaves by vx1 as one of blue/far"


def test_a_swapped_tag_is_followed_to_the_other_switch(core: Core) -> None:
    program = core.compiler.program("s1")
    flood = flow_for(program, "forwarding", "flood", "blue/web")
    theirs = next(a for a in flow_for(program, "forwarding", "flood", "red/db").actions if isinstance(a, SetField))
    swapped = tuple(
        theirs if isinstance(action, SetField) and action.field is theirs.field else action for action in flood.actions
    )
    verdict, lines = examined(core, {"s1": exchanged(program, flood, replace(flood, actions=swapped))})
    (finding,) = verdict.findings
    assert (finding.breach.owner, finding.breach.reached) == ("blue/web", "red/db")
    assert finding.leak is not None
    assert [(hop.switch, hop.entered, hop.left) for hop in finding.leak.hops] == [("s1", 3, 1), ("s2", 1, 5)]
    assert "    s2: l2 -> q3: 02:00:00:00:00:01 > 02:de:ad:00:00:01, type 0x0800" in lines


def test_a_guest_that_may_choose_its_tag_is_in_every_network(core: Core) -> None:
    program = core.compiler.program("s1")
    tagged = match_of(in_port=3, vlan_vid=(VLAN_PRESENT, VLAN_PRESENT))
    loose = Flow(0, 1000, tagged, (Output(1),), None, None, 0, BY_HAND)
    verdict, lines = examined(core, {"s1": replace(program, flows={**program.flows, 1: loose})})
    (finding,) = verdict.findings
    assert lines[0] == "s1: a frame of blue/web leaves by l1 as one of red/db"
    assert finding.leak is not None
    assert [(hop.switch, hop.left) for hop in finding.leak.hops] == [("s1", 1), ("s2", RED_PORT)]


def test_a_tag_behind_the_one_that_is_taken_off_is_in_front_then(core: Core) -> None:
    program = core.compiler.program("s1")
    twice = match_of(in_port=4, vlan_vid=VLAN_PRESENT | 7, eth_type=ETH_VLAN)
    loose = Flow(0, 1000, twice, (PopVlan(), Output(1)), None, None, 0, BY_HAND)
    verdict, _ = examined(core, {"s1": replace(program, flows={**program.flows, 1: loose})})
    (finding,) = verdict.findings
    assert finding.breach.owner == "blue/far"
    assert finding.breach.sent is not None
    assert finding.breach.sent.tags == finding.breach.packet.tags[1:]
    assert finding.breach.reached in ("blue/web", "red/db")


def test_tags_that_were_put_on_are_matched_by_later_tables() -> None:
    border = Border("s1", claimed("a/a"), {1: "a/a", 2: "b/b"}, {}, frozenset({LOCAL}))
    put = Flow(0, 1, match_of(in_port=1), (PushVlan(), SetField(VLAN_VID, VLAN_PRESENT | 5)), 1, None, 0, BY_HAND)
    for tag, is_found in ((5, True), (6, False)):
        out = Flow(1, 1, match_of(vlan_vid=VLAN_PRESENT | tag), (Output(2),), None, None, 0, BY_HAND)
        assert bool(examine(border, Holding((Rule(put), Rule(out)))).breaches) == is_found


def test_strangers_on_the_underlay_are_let_in_by_a_flow_without_sender(core: Core) -> None:
    program = core.compiler.program("s1")
    entry = flow_for(program, "overlay", "vxlan from 192.0.2.2", "")
    loose = replace(entry, match=tuple(one for one in entry.match if one[0] is IN_PORT))
    verdict, _ = examined(core, {"s1": exchanged(program, entry, loose)})
    (finding,) = verdict.findings
    assert finding.breach.owner.startswith("vxlan endpoint ")
    assert finding.breach.reached == "blue/far"


def test_a_frame_from_a_link_is_followed_back_to_a_port(core: Core) -> None:
    """The switch that is wrong is not the one where the port is."""
    program = core.compiler.program("s2")
    flood = flow_for(program, "forwarding", "flood", "blue/web")
    wrong = replace(flood, actions=(Output(RED_PORT),))
    verdict, _ = examined(core, {"s2": exchanged(program, flood, wrong)})
    (finding,) = verdict.findings
    assert finding.leak is not None
    assert finding.leak.hops[-1].left == RED_PORT


def test_a_bucket_of_a_group_is_named_with_what_has_to_be_down(core: Core) -> None:
    program = core.compiler.program("s1")
    group = next(one for one in program.groups.values() if one.kind.value == "fast_failover" and one.buckets)
    last = replace(group.buckets[-1], actions=(PopVlan(), Output(RED_PORT)), watch_port=RED_PORT)
    wrong = Group(group.id, group.kind, (*group.buckets[:1], last), BY_HAND)
    verdict, lines = examined(core, {"s1": replace(program, groups={**program.groups, group.id: wrong})})
    assert verdict.is_leaking
    assert {finding.breach.left for finding in verdict.findings} == {RED_PORT}
    assert "  while down: l1" in lines


def test_a_flow_that_never_decides_is_no_finding(core: Core) -> None:
    program = core.compiler.program("s1")
    flood = flow_for(program, "forwarding", "flood", "blue/web")
    hidden = replace(flood, priority=0, actions=(Output(RED_PORT),))
    verdict, _ = examined(core, {"s1": replace(program, flows={**program.flows, 1: hidden})})
    assert verdict.is_proved
    assert verdict.examined[0].suspects == 1


def test_a_criterion_that_is_not_modelled_hides_nothing() -> None:
    """A flow that may take less than is known does not keep others from being met."""
    border = Border("s1", claimed("a/a"), {1: "a/a", 2: "b/b"}, {}, frozenset({LOCAL}))
    drop = Rule(Flow(0, 9, (), (), None, None, 0, BY_HAND), more_criteria=("field 0x8000/14",))
    out = Rule(Flow(0, 1, (), (Output(2),), None, None, 0, BY_HAND))
    (breach,) = examine(border, Holding((drop, out))).breaches
    assert (breach.owner, breach.left, breach.reached) == ("a/a", 2, "b/b")
    hidden = Rule(replace(drop.flow))
    assert examine(border, Holding((hidden, out))).breaches == ()


@pytest.mark.parametrize("change", ["flow", "switch"])
def test_isolation_examines_what_was_compiled_again(core: Core, change: str) -> None:
    isolation = Isolation()
    assert isolation.check(core.situation, core.compiler, "blue/web") == []
    share = core.compiler._shares["s1"]["blue/web"]
    flood = next(flow for flow in share.contents if flow.reason.note == "flood")
    if change == "flow":
        wrong = replace(flood, actions=(Output(RED_PORT),))
        core.compiler._shares["s1"]["blue/web"] = Share((*(f for f in share.contents if f is not flood), wrong))
        (breach,) = isolation.check(core.situation, core.compiler, "blue/web")
        assert isinstance(breach, Breach)
        assert (breach.owner, breach.reached) == ("blue/web", "red/db")
    else:
        own = core.compiler._shares["s1"][SWITCH]
        loose = replace(flood, match=(), priority=1000, actions=(Output(RED_PORT),))
        core.compiler._shares["s1"][SWITCH] = replace(own, contents=(*own.contents, loose))
        found = isolation.check(core.situation, core.compiler, "blue/web")
        assert any(isinstance(one, Breach) and one.reached == "red/db" for one in found)


def test_a_flow_of_a_network_that_takes_others_frames_calls_for_the_whole_switch(core: Core) -> None:
    isolation = Isolation()
    share = core.compiler._shares["s1"]["red/db"]
    flood = next(flow for flow in share.contents if flow.reason.note == "flood")
    loose = replace(flood, match=(), priority=1000, actions=(Output(RED_PORT),))
    core.compiler._shares["s1"]["red/db"] = Share((*share.contents, loose))
    wholes = [one for one in isolation.check(core.situation, core.compiler, "red/db") if isinstance(one, Whole)]
    assert [one.border.switch for one in wholes] == ["s1"]
    (breach,) = wholes[0].examine().breaches
    assert (breach.owner.partition("/")[0], breach.reached) == ("blue", "red/db")


def test_a_flow_of_a_network_for_anothers_number_calls_for_the_whole_switch(core: Core) -> None:
    isolation = Isolation()
    theirs = core.compiler._shares["s1"]["blue/web"]
    flood = next(flow for flow in theirs.contents if flow.reason.note == "flood")
    mine = core.compiler._shares["s1"]["red/db"]
    taken = replace(flood, priority=1000, actions=(Output(RED_PORT),))
    core.compiler._shares["s1"]["red/db"] = Share((*mine.contents, taken))
    (whole,) = isolation.check(core.situation, core.compiler, "red/db")
    assert isinstance(whole, Whole)
    (breach,) = whole.examine().breaches
    assert (breach.owner, breach.reached) == ("blue/web", "red/db")


def test_what_changed_is_examined_first_and_then_all_in_turn(core: Core) -> None:
    isolation = Isolation()
    share = core.compiler._shares["s1"]["blue/far"]
    isolation.note(Change("s1", Share(), share))
    examined = [isolation.next(core.situation, core.compiler) for _ in range(5)]
    assert examined == ["blue/far", "red/db", "blue/web", "blue/far", "red/db"]


def test_what_a_switch_has_regardless_of_networks_concerns_all_of_them(core: Core) -> None:
    isolation = Isolation()
    isolation.note(Change("s1", Share(), core.compiler._shares["s1"][SWITCH]))
    examined = {isolation.next(core.situation, core.compiler) for _ in range(3)}
    assert examined == {"blue/far", "blue/web", "red/db"}


def test_the_daemon_counts_and_names_what_it_finds(core: Core, caplog: pytest.LogCaptureFixture) -> None:
    share = core.compiler._shares["s1"]["blue/web"]
    flood = next(flow for flow in share.contents if flow.reason.note == "flood")
    wrong = replace(flood, actions=(Output(RED_PORT),))
    core.compiler._shares["s1"]["blue/web"] = Share((*(f for f in share.contents if f is not flood), wrong))
    statistics = Statistics()
    watch = IsolationWatch(core, statistics)
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            asyncio.run(watch.check_next())
    assert (statistics.isolation_checks, statistics.isolation_errors) == (3, 1)
    (record,) = caplog.records
    assert record.getMessage().startswith("a bug: frames may leave as those of red/db: 02:00:00:00:00:01 > ")
    assert (record.__dict__["switch"], record.__dict__["network"]) == ("s1", "blue/web")


def test_an_examination_in_which_something_changes_is_begun_anew(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation_watch, "AT_ONCE", 0.0)
    examined: list[str] = []

    def check_each(_: Isolation, __: Situation, ___: Compiler, network: str) -> Iterator[tuple[()]]:
        examined.append(network)
        return iter(((), ()))

    monkeypatch.setattr(Isolation, "check_each", check_each)
    watch = IsolationWatch(core, Statistics())

    async def check(*, is_changed: bool) -> None:
        checking = asyncio.create_task(watch.check_next())
        await asyncio.sleep(0)
        if is_changed:
            core.situation = replace(core.situation)
        await checking

    asyncio.run(check(is_changed=True))
    asyncio.run(check(is_changed=False))
    asyncio.run(check(is_changed=False))
    assert examined == ["red/db", "red/db", "blue/web"]


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["verify", *arguments])
    return result.exit_code, result.output


def test_the_command_proves_what_a_daemon_would_tell_switches(tmp_path: Path, core: Core) -> None:
    status, said = run(str(tmp_path / "site.yaml"), "--state", str(tmp_path / "state"))
    assert status == 0
    assert said.startswith("Proved: ")
    status, said = run(str(tmp_path / "site.yaml"), "--state", str(tmp_path / "state"), "--json")
    assert (status, json.loads(said)["proved"], json.loads(said)["networks"]) == (0, True, 3)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--switch", "unix:/nowhere"], "error: unix:/nowhere: [Errno 2] No such file or directory\n"),
        (["--switch", "br0"], "error: br0: not of the form unix:PATH or tcp:HOST:PORT\n"),
        (["--state", "/nowhere"], "error: no switch is known yet: start a daemon, or name switches by --switch\n"),
    ],
)
def test_the_command_says_why_it_cannot_look(tmp_path: Path, core: Core, arguments: list[str], said: str) -> None:
    assert run(str(tmp_path / "site.yaml"), *arguments) == (2, said)


def test_invalid_files_are_status_2(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("tenants: 3\n")
    status, _ = run(str(tmp_path / "a.yaml"))
    assert status == 2
