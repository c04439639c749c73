"""Whoever has confirmed what, next hops towards a destination make no circle, and in the end are the wanted ones."""

from __future__ import annotations

import networkx as nx
from hypothesis import given
from hypothesis import strategies as st

from controller.fabric.model import Link
from controller.fabric.paths import Paths
from controller.fabric.routes import RouteTransition
from tests.unit.graphs import SWITCHES, some_links

some_switches = st.sets(st.sampled_from(SWITCHES))
steps = st.lists(st.tuples(some_links, st.lists(some_switches, max_size=2)), min_size=1, max_size=4)


class Switches:
    """The neighbours to which each switch may be sending, by all that it was told since it confirmed."""

    def __init__(self) -> None:
        self.transition = RouteTransition()
        self.may: dict[tuple[str, str], set[str]] = {}

    def assert_no_circle(self) -> None:
        routes = self.transition.snapshot()
        for destination in SWITCHES:
            graph: nx.DiGraph[str] = nx.DiGraph()
            for switch in SWITCHES:
                may = self.may.setdefault((switch, destination), set())
                hop = routes.told[destination].get(switch)
                may |= {hop.switch} if hop else set()
                graph.add_edges_from((switch, neighbour) for neighbour in may)
                assert may <= set(routes.neighbours(switch, destination))
            assert nx.is_directed_acyclic_graph(graph)

    def confirm(self, connected: set[str]) -> bool:
        routes = self.transition.snapshot()
        for switch, destination in self.may:
            if switch in connected:
                hop = routes.told[destination].get(switch)
                self.may[switch, destination] = {hop.switch} if hop else set()
        return bool(self.transition.advance(connected))


@given(steps)
def test_no_mixture_of_next_hops_has_a_circle(history: list[tuple[frozenset[Link], list[set[str]]]]) -> None:
    switches = Switches()
    for links, confirmations in history:
        paths = Paths(SWITCHES, links)
        switches.transition.retarget(paths)
        switches.assert_no_circle()
        for connected in confirmations:
            switches.confirm(connected)
            switches.assert_no_circle()
    for _ in range(2 * len(SWITCHES)):
        if not switches.confirm(set(SWITCHES)):
            break
        switches.assert_no_circle()
    assert switches.transition.is_settled
    assert switches.transition.snapshot().told == {switch: paths.towards(switch) for switch in SWITCHES}
