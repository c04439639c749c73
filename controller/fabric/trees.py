"""Trees for broadcast and unknown destinations.

A frame flooded along a tree reaches every switch of it exactly once and cannot circle. There are `TREES` spanning trees
that prefer different switches, and a network takes one of them by its key, so that networks share the links and every
switch can tell the tree from a frame's tag. Of each tree only the part is used that leads to members of its networks.

Each is the minimum spanning tree of an order of all links: by cost, then by the better of both ends, in a ranking of
switches that the tree's number chooses. So it is a star around the best switch, as far as that reaches; a link that
goes is replaced by one other, and a link that comes replaces one: nothing else changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple, TypeAlias

from controller.fabric.model import End, Link
from controller.fabric.paths import NO_COSTS, Costs
from controller.intent.model import SegmentKey

TREES = 16

Trees: TypeAlias = tuple[frozenset[Link], ...]
"""For each tree number its links; a forest where the fabric is in parts."""


class _Wire(NamedTuple):
    """A link between switches, which are numbers."""

    link: Link
    cost: int
    a: int
    b: int


NO_TREES: Trees = (frozenset(),) * TREES


def tree_number(segment: SegmentKey) -> int:
    """Which tree a VLAN network floods along: the last bits of its VLAN ID."""
    return segment.key % TREES


def span(links: Iterable[Link], costs: Costs = NO_COSTS) -> Trees:
    """For each tree number its spanning tree, or forest; links that are not in `costs` cost 1."""
    # In order, as links between the same two switches are told apart by nothing else.
    ordered = sorted(links)
    names = sorted({end.switch for link in ordered for end in (link.a, link.b)})
    places = {name: place for place, name in enumerate(names)}
    wires = [_Wire(link, costs.get(link, 1), places[link.a.switch], places[link.b.switch]) for link in ordered]
    return tuple(frozenset(_tree(wires, names, number)) for number in range(TREES))


@lru_cache(maxsize=8 * TREES)
def branches(tree: frozenset[Link], members: frozenset[str]) -> Mapping[str, tuple[End, ...]]:
    """The part of a tree that leads to members: for each switch on it, its interfaces towards the others, sorted."""
    ends: dict[str, dict[str, End]] = {}
    for link in tree:
        ends.setdefault(link.a.switch, {})[link.b.switch] = link.a
        ends.setdefault(link.b.switch, {})[link.a.switch] = link.b
    # Twigs without a member are cut until none is left.
    bare = [switch for switch, near in ends.items() if len(near) == 1 and switch not in members]
    while bare:
        switch = bare.pop()
        for neighbour in ends.pop(switch, {}):
            del ends[neighbour][switch]
            if len(ends[neighbour]) == 1 and neighbour not in members:
                bare.append(neighbour)
    return {switch: tuple(sorted(near.values())) for switch, near in ends.items() if near}


def _tree(wires: list[_Wire], names: list[str], number: int) -> Iterator[Link]:
    """The spanning tree of one order (Kruskal, "On the shortest spanning subtree of a graph", 1956)."""
    switches = len(names)
    by_rank = sorted(range(switches), key=lambda place: (_rank(number, names[place]), place))
    positions = [0] * switches
    for position, place in enumerate(by_rank):
        positions[place] = position

    def order(wire: _Wire) -> int:
        a, b = positions[wire.a], positions[wire.b]
        return (wire.cost * switches + min(a, b)) * switches + max(a, b)

    part_of = list(range(switches))
    parts = [[place] for place in part_of]
    for wire in sorted(wires, key=order):
        large, small = part_of[wire.a], part_of[wire.b]
        if large == small:
            continue
        yield wire.link
        if len(parts[large]) < len(parts[small]):
            large, small = small, large
        for place in parts[small]:
            part_of[place] = large
        parts[large] += parts[small]


@lru_cache(maxsize=2048 * TREES)
def _rank(number: int, name: str) -> int:
    """A number that looks random but is the same in every run (the built-in `hash` is not)."""
    return int.from_bytes(blake2b(name.encode(), digest_size=8, salt=bytes([number])).digest(), "big")
