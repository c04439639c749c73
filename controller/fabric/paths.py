"""Shortest paths between switches, over the links that are known.

For each destination the next hops of all other switches form a tree that leads towards it, so a frame that follows
them never visits a switch twice. Among next hops that are equally far the first by name is taken, whatever order the
links were learned in: a restarted daemon computes the same paths.

The graph is networkx's; one `Paths` belongs to one set of links and remembers what was asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import networkx as nx

from controller.fabric.model import End, Link


class Paths:
    """Answers about shortest paths over one immutable set of links."""

    def __init__(self, switches: Iterable[str], links: frozenset[Link]) -> None:
        self.graph: nx.Graph[str] = nx.Graph()
        self.graph.add_nodes_from(sorted(switches))
        self._near_ends: dict[tuple[str, str], End] = {}
        for link in sorted(links, reverse=True):
            # Of several links between two switches the first by name stays; a link to itself carries nothing.
            if link.a.switch != link.b.switch:
                self.graph.add_edge(link.a.switch, link.b.switch)
                self._near_ends[link.a.switch, link.b.switch] = link.a
                self._near_ends[link.b.switch, link.a.switch] = link.b
        self._towards: dict[str, Mapping[str, str]] = {}
        self._carried: dict[frozenset[str], Mapping[str, frozenset[str]]] = {}

    def towards(self, destination: str) -> Mapping[str, str]:
        """For each other switch that can reach `destination`, the switch that comes next."""
        known = self._towards.get(destination)
        if known is None:
            known = self._towards[destination] = self._next_hops(destination)
        return known

    def exit(self, switch: str, destination: str) -> End | None:
        """The interface by which `switch` sends to `destination`; None when it cannot, or is there."""
        neighbour = self.towards(destination).get(switch)
        return self._near_ends[switch, neighbour] if neighbour else None

    def route(self, source: str, destination: str) -> list[str]:
        """Switches from `source` to `destination`, both included; empty when there is no way."""
        route = [source]
        while route[-1] != destination:
            neighbour = self.towards(destination).get(route[-1])
            if neighbour is None:
                return []
            route.append(neighbour)
        return route

    def carried(self, members: frozenset[str]) -> Mapping[str, frozenset[str]]:
        """For each switch on a path between two members, the members that it sends towards."""
        known = self._carried.get(members)
        if known is None:
            carried: dict[str, set[str]] = {}
            for destination in members:
                for source in members:
                    for switch in self.route(source, destination)[:-1]:
                        carried.setdefault(switch, set()).add(destination)
            known = {switch: frozenset(destinations) for switch, destinations in carried.items()}
            self._carried[members] = known
        return known

    def _next_hops(self, destination: str) -> Mapping[str, str]:
        if destination not in self.graph:
            return {}
        distance = nx.single_source_shortest_path_length(self.graph, destination)
        return {
            switch: min(other for other in self.graph[switch] if distance[other] == hops - 1)
            for switch, hops in distance.items()
            if hops
        }
