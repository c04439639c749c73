"""Shortest paths: short, free of circles, and the same however the links were learned."""

from __future__ import annotations

from itertools import pairwise

import networkx as nx
from hypothesis import given

from controller.fabric.model import End, Link
from controller.fabric.paths import Paths
from controller.fabric.routes import Routes
from tests.unit.graphs import SWITCHES, graph_of, link, some_links, some_switches


def exit_of(paths: Paths, switch: str, destination: str) -> End | None:
    """The interface by which a switch sends to another; None when it cannot, or is there."""
    hop = paths.towards(destination).get(switch)
    return hop.exit if hop else None


def route(paths: Paths, source: str, destination: str) -> list[str]:
    """Switches from one to another, both included; empty when there is no way."""
    found = [source]
    while found[-1] != destination:
        hop = paths.towards(destination).get(found[-1])
        if hop is None:
            return []
        found.append(hop.switch)
    return found


def test_the_first_of_equal_neighbours_is_taken() -> None:
    links = frozenset({link("s0", "s2"), link("s0", "s1"), link("s1", "s3"), link("s2", "s3")})
    assert route(Paths(SWITCHES, links), "s0", "s3") == ["s0", "s1", "s3"]


def test_the_first_of_parallel_links_is_taken() -> None:
    links = frozenset({link("s0", "s1", 1), link("s0", "s1", 0)})
    paths = Paths(SWITCHES, links)
    assert exit_of(paths, "s0", "s1") == End("s0", "to-s1-0")
    assert exit_of(paths, "s1", "s0") == End("s1", "to-s0-0")
    assert exit_of(Paths(SWITCHES, frozenset({link("s0", "s1", 1)})), "s0", "s1") == End("s0", "to-s1-1")


def test_no_way_is_no_exit_and_no_route() -> None:
    paths = Paths(SWITCHES, frozenset({link("s0", "s1")}))
    assert exit_of(paths, "s0", "s2") is None
    assert exit_of(paths, "s0", "s0") is None
    assert exit_of(paths, "s0", "unheard of") is None
    assert route(paths, "s0", "s2") == []
    assert route(paths, "s0", "s0") == ["s0"]


def test_a_link_from_a_switch_to_itself_carries_nothing() -> None:
    itself = Link.between(End("s0", "a"), End("s0", "b"))
    assert exit_of(Paths(SWITCHES, frozenset({itself})), "s0", "s0") is None


@given(some_links)
def test_every_route_is_a_shortest_one(links: frozenset[Link]) -> None:
    paths, graph = Paths(SWITCHES, links), graph_of(links)
    for source in SWITCHES:
        lengths = nx.single_source_shortest_path_length(graph, source)
        for destination in SWITCHES:
            found = route(paths, source, destination)
            assert len(found) == (lengths[destination] + 1 if destination in lengths else 0)
            assert all(graph.has_edge(one, other) for one, other in pairwise(found))


@given(some_links)
def test_exits_lead_along_the_route(links: frozenset[Link]) -> None:
    paths = Paths(SWITCHES, links)
    far_end = {each.a: each.b for each in links} | {each.b: each.a for each in links}
    for source in SWITCHES:
        for destination in SWITCHES:
            end = exit_of(paths, source, destination)
            if end:
                assert far_end[end].switch == route(paths, source, destination)[1]


@given(some_links)
def test_paths_do_not_depend_on_the_order_of_events(links: frozenset[Link]) -> None:
    one = Paths(SWITCHES, links)
    other = Paths(reversed(SWITCHES), frozenset(sorted(links, reverse=True)))
    for destination in SWITCHES:
        assert one.towards(destination) == other.towards(destination)


@given(some_links, some_switches)
def test_carriers_are_what_routes_between_members_cross(links: frozenset[Link], members: frozenset[str]) -> None:
    paths = Paths(SWITCHES, links)
    carriers = Routes.of(paths).carriers(members)
    assert carriers.keys() == members
    for destination in members:
        crossed = {switch for source in members for switch in route(paths, source, destination)[:-1]}
        assert carriers[destination] == crossed
