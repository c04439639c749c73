"""What a switch holds of trees is read from the bytes of its groups and from its cookies."""

from __future__ import annotations

from apps import trees
from apps.units import TreeUnit
from controller.compiler import compile_unit
from controller.dataplane.flow import Group, GroupKind
from controller.fabric.model import End, Interface
from controller.fabric.transition import Held
from controller.fabric.trees import TREES
from controller.held_trees import held_trees
from controller.southbound import events
from controller.southbound.readback import group_content

INTERFACES = [Interface("eth1", 1), Interface("eth2", 2)]
NOTHING = (frozenset[End](),) * TREES


def held(unit: TreeUnit) -> events.Held:
    """What a switch that has a unit's share is read back to hold."""
    share = compile_unit(unit)
    return events.Held(share.flows.keys(), {group.id: group_content(group) for group in share.groups})


def test_branches_and_mark_are_those_that_were_told() -> None:
    first, second = ((1, 2),) + ((),) * (TREES - 1), ((),) * (TREES - 1) + ((2,),)
    one, two = End("s1", "eth1"), End("s1", "eth2")
    for entry in (0, 1):
        assert held_trees("s1", INTERFACES, held(TreeUnit("s1", (first, second), entry))) == Held(
            ((frozenset([one, two]), *NOTHING[1:]), (*NOTHING[1:], frozenset([two]))), entry
        )


def test_a_switch_without_trees_holds_none() -> None:
    assert held_trees("s1", INTERFACES, events.Held()) == Held((NOTHING, NOTHING), None)


def test_interfaces_that_are_gone_and_groups_that_cannot_be_read_count_for_nothing() -> None:
    number = trees.FIRST_GROUPS[0]
    whole = group_content(next(trees.groups(TreeUnit("s1", (((1, 9),),), 0))))
    empty = group_content(Group(number, GroupKind.ALL, (), next(trees.flows(TreeUnit("s1", (((),),), 0))).reason))
    for content, known in ((whole, {End("s1", "eth1")}), (empty, set()), (whole[:-12], set())):
        found = held_trees("s1", INTERFACES, events.Held(groups={number: content}))
        assert found.ends[0][0] == known
