"""Shortest paths between switches, over the links that are known, by their costs.

For each destination the next hops of all other switches form a tree that leads towards it, so a frame that follows
them never visits a switch twice. Among next hops that are equally far a *plane* chooses: networks are dealt out to
`PLANES` planes, so that they share what is there. Each choice depends on names and on nothing else, whatever order the
links were learned in: a restarted daemon computes the same paths.

The graph is networkx's; one `Paths` belongs to one set of links and remembers what was asked. Which next hops switches
really have while paths change is another matter (`controller.fabric.routes`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

import networkx as nx

from controller.fabric.model import End, Link

PLANES = 4
SWITCH_NUMBERS = 1 << 20
"""How many switches frames can name, each with a plane."""
Costs = Mapping[Link, int]
NO_COSTS: Costs = MappingProxyType({})
"""Every link costs 1."""


class Goal(NamedTuple):
    """Where frames are to go, and which of the equal ways they take there."""

    switch: str
    plane: int


@dataclass(frozen=True, slots=True)
class Hop:
    """The switch that comes next, and the interface towards it."""

    switch: str
    exit: End
    spares: tuple[End, ...] = ()
    """Interfaces of further links to the same switch, for when the first is down."""


class Paths:
    """Answers about shortest paths over one immutable set of links."""

    def __init__(self, switches: Iterable[str], links: frozenset[Link], costs: Costs = NO_COSTS) -> None:
        """Links that are not in `costs` cost 1; the others what is said there, a positive number."""
        self.graph: nx.Graph[str] = nx.Graph()
        self.graph.add_nodes_from(sorted(switches))
        self.hops: dict[tuple[str, str], Hop] = {}
        """From each switch to each neighbour; of several links the cheapest, then the first by name."""
        parallel: dict[tuple[str, str], list[Link]] = {}
        for link in sorted(links, key=lambda link: (costs.get(link, 1), link)):
            # A link from a switch to itself carries nothing.
            if link.a.switch != link.b.switch:
                parallel.setdefault((link.a.switch, link.b.switch), []).append(link)
        for (a, b), between in parallel.items():
            self.graph.add_edge(a, b, cost=costs.get(between[0], 1))
            self.hops[a, b] = Hop(b, between[0].a, tuple(link.a for link in between[1:]))
            self.hops[b, a] = Hop(a, between[0].b, tuple(link.b for link in between[1:]))
        self._nearer: dict[str, Mapping[str, list[str]]] = {}

    def towards(self, goal: Goal) -> Mapping[str, Hop]:
        """For each other switch that can reach the goal, what comes next; the nearest first."""
        if goal.switch not in self.graph:
            return {}
        nearer = self._nearer.get(goal.switch)
        if nearer is None:
            nearer = self._nearer[goal.switch] = self._neighbours_towards(goal.switch)
        return {switch: self.hops[switch, equal[goal.plane % len(equal)]] for switch, equal in nearer.items()}

    def _neighbours_towards(self, destination: str) -> Mapping[str, list[str]]:
        """For each switch all neighbours that lie on a shortest path, beginning elsewhere for each destination."""
        distance = nx.single_source_dijkstra_path_length(self.graph, destination, weight="cost")
        found = {}
        turn = sum(destination.encode())
        for switch, far in distance.items():
            edges = self.graph[switch]
            equal = sorted(near for near in edges if distance[near] + edges[near]["cost"] == far)
            if switch != destination:
                at = turn % len(equal)
                found[switch] = equal[at:] + equal[:at]
        return found
