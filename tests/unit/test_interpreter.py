"""The interpreter, rule by rule."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address

from controller.dataplane.fields import METADATA, TUN_DST, TUN_ID, VLAN_NONE, VLAN_PRESENT, VLAN_VID
from controller.dataplane.flow import (
    Actions,
    Bucket,
    Flow,
    Group,
    GroupKind,
    Match,
    Output,
    PopVlan,
    Program,
    PushVlan,
    Reason,
    SetField,
    ToController,
    ToGroup,
)
from controller.dataplane.interpreter import Interpreter, Outcome
from controller.dataplane.packet import Packet
from controller.dataplane.table import match_of

WHY = Reason("test", "")
PLAIN = Packet(0x020000000002, 0x020000000001)
TAGGED = Packet(0x020000000002, 0x020000000001, tags=(5,))


def flow(
    match: Match, actions: Actions = (), *, table: int = 0, priority: int = 1, goto: int | None = None, mark: int = 0
) -> Flow:
    return Flow(table, priority, match, actions, goto, mark or None, 0, WHY)


def run(flows: Iterable[Flow], packet: Packet, groups: Iterable[Group] = (), down: int = 0) -> Outcome:
    program = Program(dict(enumerate(flows)), {group.id: group for group in groups})
    return Interpreter(program, lambda interface: interface != down).run(packet, 1)


def sent(outcome: Outcome) -> list[tuple[int, tuple[int, ...]]]:
    return [(number, packet.tags) for number, packet in outcome.emitted]


def test_without_a_matching_flow_a_packet_is_dropped() -> None:
    outcome = run([flow(match_of(in_port=2), (Output(3),))], PLAIN)
    assert (outcome.emitted, outcome.steps[-1].flow) == ((), None)


def test_the_highest_priority_decides_alone() -> None:
    flows = [flow((), (Output(2),), priority=1), flow((), (Output(3),), priority=2)]
    assert sent(run(flows, PLAIN)) == [(3, ())]


def test_a_mask_compares_only_its_bits() -> None:
    flows = [flow(match_of(eth_dst=(0x020000000000, 0xFFFFFFFFFF00)), (Output(2),))]
    assert sent(run(flows, PLAIN)) == [(2, ())]
    assert sent(run(flows, Packet(0x020000000100, 1))) == []


def test_a_packet_never_goes_back_where_it_came_from() -> None:
    group = Group(7, GroupKind.ALL, (Bucket((Output(1),)), Bucket((Output(4),))), WHY)
    assert sent(run([flow((), (Output(1), Output(2), ToGroup(7)))], PLAIN, [group])) == [(2, ()), (4, ())]


def test_each_output_sends_the_packet_as_it_is_then() -> None:
    actions = (Output(2), PushVlan(), SetField(VLAN_VID, VLAN_PRESENT | 9), Output(3), PopVlan(), Output(4))
    assert sent(run([flow((), actions)], PLAIN)) == [(2, ()), (3, (9,)), (4, ())]


def test_a_group_works_on_a_copy() -> None:
    group = Group(7, GroupKind.ALL, (Bucket((PopVlan(), Output(2))), Bucket((Output(3),))), WHY)
    assert sent(run([flow((), (ToGroup(7), Output(4)))], TAGGED, [group])) == [(2, ()), (3, (5,)), (4, (5,))]


def test_fast_failover_takes_the_first_bucket_that_lives() -> None:
    buckets = (Bucket((Output(2),), watch_port=2), Bucket((Output(3),), watch_port=3))
    group = Group(7, GroupKind.FAST_FAILOVER, buckets, WHY)
    flows = [flow((), (ToGroup(7),))]
    assert sent(run(flows, PLAIN, [group])) == [(2, ())]
    assert sent(run(flows, PLAIN, [group], down=2)) == [(3, ())]
    lonely = Group(7, GroupKind.FAST_FAILOVER, buckets[:1], WHY)
    assert sent(run(flows, PLAIN, [lonely], down=2)) == []


def test_metadata_passes_to_later_tables_and_not_to_other_switches() -> None:
    flows = [flow((), goto=1, mark=42), flow(match_of(metadata=42), (Output(2),), table=1)]
    outcome = run(flows, PLAIN)
    assert [step.table for step in outcome.steps] == [0, 1]
    assert outcome.emitted[0][1].arriving(1).read(METADATA) == 0


def test_a_switch_reads_one_tag_and_takes_the_next_for_the_type() -> None:
    twice = Packet(1, 2, tags=(5, 6))
    inner = flow(match_of(eth_type=0x8100, vlan_vid=VLAN_NONE), (Output(2),), table=1)
    flows = [flow(match_of(vlan_vid=VLAN_PRESENT | 5), (PopVlan(),), goto=1), inner]
    assert sent(run(flows, twice)) == [(2, (6,))]
    assert sent(run(flows, TAGGED)) == []


def test_a_priority_tag_is_a_tag() -> None:
    flows = [flow(match_of(vlan_vid=VLAN_NONE), (Output(2),))]
    assert sent(run(flows, Packet(1, 2, tags=(0,)))) == []


def test_the_vlan_of_an_untagged_packet_cannot_be_set() -> None:
    assert sent(run([flow((), (SetField(VLAN_VID, VLAN_PRESENT | 9), PopVlan(), Output(2)))], PLAIN)) == [(2, ())]


def test_tunnel_fields_stay_until_they_are_set_again() -> None:
    one, other = int(IPv4Address("192.0.2.1")), int(IPv4Address("192.0.2.2"))
    actions = (SetField(TUN_ID, 7), SetField(TUN_DST, one), Output(2), SetField(TUN_DST, other), Output(2))
    tunnels = [packet.tunnel for _, packet in run([flow((), actions)], PLAIN).emitted]
    assert [(tunnel.id, str(tunnel.destination)) for tunnel in tunnels] == [(7, "192.0.2.1"), (7, "192.0.2.2")]


def test_copies_to_the_controller_are_told_apart_from_what_is_sent() -> None:
    copying = flow((), (ToController(None), Output(2)))
    outcome = run([copying], PLAIN)
    assert outcome.copies == (copying,)
    assert sent(outcome) == [(2, ())]
