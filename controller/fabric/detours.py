"""Detours: two ways from every switch to a destination that have as little in common as the fabric allows.

When the link by which a switch sends has just died, the switch itself sends what would take it along one of two trees
towards the destination, *red* or *blue*: the one that does not use the link, and does not cross the switch at its other
end if that can be. The frame is marked with the colour and follows that tree to its end. A marked frame whose next hop
is dead, too, is lost: it is never turned aside twice. So it cannot circle, whatever is broken, as each tree has no
circle; and after a single failure it arrives wherever the fabric still leads there.

From each switch the red and the blue way share only what every way has to cross. In a part of the fabric that no single
switch divides, an st-numbering gives that (Itai and Rodeh, "The multi-tree approach to reliability in distributed
networks", 1988): numbers such that every switch but the first and the last, which are neighbours, has a neighbour with
a smaller number and one with a greater. Red goes to smaller numbers until the first, which is the destination; blue to
greater ones until the last, and from there to the first. The numbering is Tarjan's ("Two streamlined depth-first search
algorithms", 1986). Other fabrics are such parts, hung together at single switches; the ways lead from part to part.
The idea is that of maximally redundant trees (RFC 7811). A loop-free alternate (RFC 5286) would often be shorter, but
a frame on it is like any other, so two of them can send it back and forth when two links fail, and rings have none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from itertools import pairwise
from typing import cast

import networkx as nx

from controller.fabric.paths import Hop, Paths


class Colour(Enum):
    """Which of the two ways."""

    RED = "red"
    BLUE = "blue"


Tree = Mapping[str, str]
"""For each switch the neighbour that comes next."""


@dataclass(frozen=True, slots=True)
class Detours:
    """The two trees towards one destination, and the interfaces along them."""

    destination: str
    trees: Mapping[Colour, Tree] = field(default_factory=dict)
    hops: Mapping[Colour, Mapping[str, Hop]] = field(default_factory=dict)
    _known: dict[tuple[str, str], tuple[Colour, Hop] | None] = field(default_factory=dict, compare=False, repr=False)

    def around(self, switch: str, neighbour: str) -> tuple[Colour, Hop] | None:
        """How `switch` sends when its link to `neighbour`, by which it normally does, is down; None when it cannot."""
        if (switch, neighbour) not in self._known:
            self._known[switch, neighbour] = self._around(switch, neighbour)
        return self._known[switch, neighbour]

    def _around(self, switch: str, neighbour: str) -> tuple[Colour, Hop] | None:
        found: list[tuple[bool, int, Colour]] = []
        for colour in self.trees:
            way = self.way(switch, colour)
            if len(way) > 1 and (switch, neighbour) not in pairwise(way) and (neighbour, switch) not in pairwise(way):
                found.append((neighbour in way[:-1], len(way), colour))
        if not found:
            return None
        colour = min(found, key=lambda one: one[:2])[2]
        return colour, self.hops[colour][switch]

    def way(self, switch: str, colour: Colour) -> list[str]:
        """All switches from one to the destination, both included; only the first when there is no way."""
        way = [switch]
        while way[-1] in self.trees[colour]:
            way.append(self.trees[colour][way[-1]])
        return way


class Blocks:
    """A fabric taken apart at the switches that alone hold it together; answers for each destination."""

    def __init__(self, paths: Paths) -> None:
        self._paths = paths
        # In an order that depends on names alone.
        parts = cast(Iterable[set[str]], nx.biconnected_components(paths.graph))
        self._blocks = sorted(sorted(part) for part in parts)
        self._at: dict[str, list[int]] = {}
        for number, block in enumerate(self._blocks):
            for switch in block:
                self._at.setdefault(switch, []).append(number)
        self._known: dict[tuple[int, str], tuple[Tree, Tree]] = {}

    def towards(self, destination: str) -> Detours:
        """The detours to a destination."""
        red: dict[str, str] = {}
        blue: dict[str, str] = {}
        # From the destination outwards: each part is entered at its switch that is nearest to the destination.
        waiting, seen = [destination], set()
        while waiting:
            root = waiting.pop()
            for number in self._at.get(root, ()):
                if number not in seen:
                    seen.add(number)
                    one, other = self._trees(number, root)
                    red.update(one)
                    blue.update(other)
                    waiting.extend(switch for switch in self._blocks[number] if switch != root)
        trees = {Colour.RED: red, Colour.BLUE: blue}
        hops = {colour: {one: self._paths.hops[one, other] for one, other in trees[colour].items()} for colour in trees}
        return Detours(destination, trees, hops)

    def _trees(self, number: int, root: str) -> tuple[Tree, Tree]:
        known = self._known.get((number, root))
        if known is None:
            block = self._paths.graph.subgraph(self._blocks[number])
            known = self._known[number, root] = _red_and_blue(block, root)
        return known


def _red_and_blue(block: nx.Graph[str], root: str) -> tuple[Tree, Tree]:
    order = _st_order(block, root)
    place = {switch: at for at, switch in enumerate(order)}
    red, blue = {}, {}
    for switch in order[1:]:
        near = sorted(block[switch], key=lambda other: place[other])
        is_last = switch == order[-1]
        # The last one goes to the first when it is blue, so not when it is red, unless there is nothing else.
        red[switch] = near[1] if is_last and len(near) > 1 else near[0]
        blue[switch] = root if is_last else near[-1]
    return red, blue


def _st_order(block: nx.Graph[str], first: str) -> list[str]:
    """Switches in the order of an st-numbering that begins at `first` and ends at a neighbour of it."""
    last = min(block[first])
    parent, low, preorder = _search(block, first, last)
    order = [first, last]
    is_minus = {first: True}
    for switch in preorder[2:]:
        at = order.index(parent[switch])
        before = is_minus.get(low[switch], False)
        order.insert(at if before else at + 1, switch)
        is_minus[parent[switch]] = not before
    return order


def _search(block: nx.Graph[str], first: str, second: str) -> tuple[dict[str, str], dict[str, str], list[str]]:
    """Depth first from `first` by way of `second`: parents, lowest switches that are reached back, and the order.

    The lowest is the one that was found earliest among those that a switch or its descendants have for a neighbour.
    """
    number, parent = {first: 0}, {second: first}
    preorder, stack = [first], [(second, _others(block, second, first))]
    low = {first: first, second: second}
    number[second] = 1
    preorder.append(second)
    while stack:
        switch, others = stack[-1]
        other = next(others, None)
        if other is None:
            stack.pop()
            above = parent[switch]
            low[above] = min(low[above], low[switch], key=number.__getitem__)
        elif other not in number:
            number[other], parent[other], low[other] = len(preorder), switch, other
            preorder.append(other)
            stack.append((other, _others(block, other, switch)))
        else:
            low[switch] = min(low[switch], other, key=number.__getitem__)
    return parent, low, preorder


def _others(block: nx.Graph[str], switch: str, parent: str) -> Iterator[str]:
    others: Iterable[str] = sorted(block[switch])
    return (other for other in others if other != parent)
