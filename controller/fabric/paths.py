"""Shortest paths between switches, over the links that are known.

For each destination the next hops of all other switches form a tree that leads towards it, so a frame that follows
them never visits a switch twice. Among next hops that are equally far the first by name is taken, whatever order the
links were learned in: a restarted daemon computes the same paths.

The graph is networkx's; one `Paths` belongs to one set of links and remembers what was asked. Which next hops switches
really have while paths change is another matter (`controller.fabric.routes`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import networkx as nx

from controller.fabric.model import End, Link


@dataclass(frozen=True, slots=True)
class Hop:
    """The switch that comes next, and the interface towards it."""

    switch: str
    exit: End


class Paths:
    """Answers about shortest paths over one immutable set of links."""

    def __init__(self, switches: Iterable[str], links: frozenset[Link]) -> None:
        self.graph: nx.Graph[str] = nx.Graph()
        self.graph.add_nodes_from(sorted(switches))
        self._hops: dict[tuple[str, str], Hop] = {}
        for link in sorted(links, reverse=True):
            # Of several links between two switches the first by name stays; a link to itself carries nothing.
            if link.a.switch != link.b.switch:
                self.graph.add_edge(link.a.switch, link.b.switch)
                self._hops[link.a.switch, link.b.switch] = Hop(link.b.switch, link.a)
                self._hops[link.b.switch, link.a.switch] = Hop(link.a.switch, link.b)
        self._towards: dict[str, Mapping[str, Hop]] = {}

    def towards(self, destination: str) -> Mapping[str, Hop]:
        """For each other switch that can reach `destination`, what comes next; the nearest first."""
        known = self._towards.get(destination)
        if known is None:
            known = self._towards[destination] = self._next_hops(destination)
        return known

    def _next_hops(self, destination: str) -> Mapping[str, Hop]:
        if destination not in self.graph:
            return {}
        distance = nx.single_source_shortest_path_length(self.graph, destination)
        nearer = {
            switch: min(other for other in self.graph[switch] if distance[other] == hops - 1)
            for switch, hops in distance.items()
            if hops
        }
        return {switch: self._hops[switch, neighbour] for switch, neighbour in nearer.items()}
