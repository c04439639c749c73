"""Trees for broadcast and unknown destinations.

A frame flooded along a tree reaches every switch of it exactly once and cannot circle. There are `TREES` spanning trees
with different roots, and a network takes one of them by its name, so that networks share the links. Each network then
floods only along the part of its tree that leads to its members.

Two different trees at once, half of the switches on the old and half on the new, can contain a circle. Whoever changes
trees therefore goes through `common`: first everywhere only what both have, then the new ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import TypeAlias

import networkx as nx

from controller.fabric.model import End, Link

TREES = 16

Trees: TypeAlias = tuple[frozenset[Link], ...]
"""For each tree number its links; a forest where the fabric is in parts."""

NO_TREES: Trees = (frozenset(),) * TREES


def tree_number(network: str) -> int:
    """Which tree a network floods along, from its id."""
    return _rank(0, network) % TREES


def span(switches: Iterable[str], links: frozenset[Link]) -> Trees:
    """A spanning tree of shortest paths for each tree number, from a root that its number chooses."""
    graph: nx.Graph[str] = nx.Graph()
    graph.add_nodes_from(switches)
    for link in sorted(links, reverse=True):
        if link.a.switch != link.b.switch:
            graph.add_edge(link.a.switch, link.b.switch, link=link)
    parts = [sorted(part) for part in nx.connected_components(graph)]
    return tuple(frozenset(_tree(graph, parts, number)) for number in range(TREES))


def common(old: Trees, new: Trees) -> Trees:
    """What both have of each tree: safe beside either of them."""
    return tuple(before & after for before, after in zip(old, new, strict=True))


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


def _tree(graph: nx.Graph[str], parts: list[list[str]], number: int) -> Iterable[Link]:
    for part in parts:
        root = min(part, key=lambda switch: _rank(number, switch))
        distance = nx.single_source_shortest_path_length(graph, root)
        for switch in part:
            if switch != root:
                nearer = [other for other in graph[switch] if distance[other] == distance[switch] - 1]
                parent = min(nearer, key=lambda other: _rank(number, other))
                yield graph.edges[switch, parent]["link"]


def _rank(number: int, name: str) -> int:
    """A number that looks random but is the same in every run (the built-in `hash` is not)."""
    return int.from_bytes(blake2b(name.encode(), digest_size=8, salt=bytes([number])).digest(), "big")
