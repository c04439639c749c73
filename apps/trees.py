"""Trees between switches: the ways of flooded frames of VLAN networks.

Each tree (`controller.fabric.trees`) is a group for its branches here. Which one a frame follows a switch can tell from
the last bits of the tag, so it need not know the network. There are two sets of trees, told apart by the *mark* of the
frame: by the tag's priority on links, by two bits of the metadata in the pipeline. Where a frame enters it gets the
mark in force there and keeps it to the end. So trees change without a frame that meets half of a change: new ones are
laid under the mark that no frame has, and then one flow on each switch changes which mark frames get
(`controller.fabric.transition`).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from apps.pipeline import FLOOD_MARKS, FLOODED, FLOODED_PCP, MARK, MARKS, TREE
from apps.units import TreeUnit
from controller.dataplane.fields import VLAN_PCP, VLAN_PRESENT
from controller.dataplane.flow import OUR_GROUPS, Bucket, Flow, Group, GroupKind, Output, Reason, SetField, ToGroup
from controller.dataplane.table import match_of
from controller.fabric.trees import TREES

APP = "trees"
FIRST_GROUPS = (OUR_GROUPS[-2 * TREES], OUR_GROUPS[-TREES])
"""For each mark the number of the first tree's group; the other trees' follow."""


def flows(unit: TreeUnit) -> Iterator[Flow]:
    """The mark that frames get where they enter, and the group for each mark and tree."""
    if not unit.branches:
        return
    yield entry(unit.entry)
    yield MARK.flow("marked", match_of(metadata=(FLOODED, FLOODED)), Reason(APP, "marked where it entered"), goto=TREE)
    for mark, branches in enumerate(unit.branches):
        for tree, _ in enumerate(branches):
            yield _along(mark, tree)


def groups(unit: TreeUnit) -> Iterator[Group]:
    """What each tree has here; empty, and so dropping, where nothing is."""
    for mark, branches in enumerate(unit.branches):
        for tree, interfaces in enumerate(branches):
            buckets = tuple(Bucket((Output(interface),)) for interface in interfaces)
            reason = Reason(APP, f"tree {tree}, mark {mark}")
            yield Group(FIRST_GROUPS[mark] + tree, GroupKind.ALL, buckets, reason)


@cache
def entry(mark: int) -> Flow:
    """Frames that enter get this mark."""
    reason = Reason(APP, f"enters, and gets mark {mark}")
    return MARK.flow("enters", (), reason, goto=TREE, metadata=FLOOD_MARKS[mark], metadata_mask=MARKS)


@cache
def _along(mark: int, tree: int) -> Flow:
    match = match_of(metadata=(FLOOD_MARKS[mark], MARKS), vlan_vid=(VLAN_PRESENT | tree, VLAN_PRESENT | TREES - 1))
    actions = (SetField(VLAN_PCP, FLOODED_PCP[mark]), ToGroup(FIRST_GROUPS[mark] + tree))
    return TREE.flow("tree", match, Reason(APP, f"flooded along tree {tree}, mark {mark}"), actions=actions)
