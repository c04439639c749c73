"""Detours: whatever single link or switch fails, what is still connected is reached; and never a circle."""

from __future__ import annotations

from itertools import combinations, pairwise

import networkx as nx
from hypothesis import given
from hypothesis import strategies as st

from controller.fabric.detours import Blocks, Colour, Detours
from controller.fabric.model import Link
from controller.fabric.paths import PLANES, Goal, Paths
from tests.unit.graphs import SWITCHES, link, some_links

PAIRS = list(combinations(SWITCHES, 2))
dense_links = st.frozensets(st.sampled_from(PAIRS), min_size=5).map(
    lambda pairs: frozenset(link(one, other) for one, other in pairs)
)
links_of_all_kinds = some_links | dense_links


def without(graph: nx.Graph[str], *, edge: tuple[str, str] | None = None, switch: str | None = None) -> nx.Graph[str]:
    rest = graph.copy()
    if edge:
        rest.remove_edge(*edge)
    if switch:
        rest.remove_node(switch)
    return rest


@given(links_of_all_kinds)
def test_both_ways_lead_there_and_share_only_what_every_way_crosses(links: frozenset[Link]) -> None:
    paths = Paths(SWITCHES, links)
    blocks = Blocks(paths)
    for destination in SWITCHES:
        detours = blocks.towards(destination)
        reached = nx.node_connected_component(paths.graph, destination) - {destination}
        assert detours.trees[Colour.RED].keys() == detours.trees[Colour.BLUE].keys() == reached
        for switch in reached:
            red, blue = (detours.way(switch, colour) for colour in (Colour.RED, Colour.BLUE))
            for way in (red, blue):
                assert way[-1] == destination
                assert len(set(way)) == len(way)
                assert all(paths.graph.has_edge(one, other) for one, other in pairwise(way))
            for shared in set(red) & set(blue) - {switch, destination}:
                assert not nx.has_path(without(paths.graph, switch=shared), switch, destination)


@given(links_of_all_kinds)
def test_a_frame_is_turned_aside_exactly_where_there_is_another_way(links: frozenset[Link]) -> None:
    paths = Paths(SWITCHES, links)
    blocks = Blocks(paths)
    for destination in SWITCHES:
        detours = blocks.towards(destination)
        for plane in range(PLANES):
            for switch, hop in paths.towards(Goal(destination, plane)).items():
                check_one(paths, detours, switch, hop.switch)


def check_one(paths: Paths, detours: Detours, switch: str, neighbour: str) -> None:
    """The detour at `switch` when its link to `neighbour` is down."""
    rest = without(paths.graph, edge=(switch, neighbour))
    aside = detours.around(switch, neighbour)
    assert (aside is not None) == nx.has_path(rest, switch, detours.destination)
    if aside is None:
        return
    colour, hop = aside
    way = detours.way(switch, colour)
    assert hop == paths.hops[switch, way[1]]
    assert all(rest.has_edge(one, other) for one, other in pairwise(way)), "it avoids the link"
    if neighbour != detours.destination:
        beyond = without(paths.graph, switch=neighbour)
        # Node-protecting where possible (RFC 5286, 3.2).
        assert (neighbour not in way) == nx.has_path(beyond, switch, detours.destination)


@given(links_of_all_kinds)
def test_detours_do_not_depend_on_the_order_of_events(links: frozenset[Link]) -> None:
    one = Blocks(Paths(SWITCHES, links))
    other = Blocks(Paths(reversed(SWITCHES), frozenset(sorted(links, reverse=True))))
    for destination in SWITCHES:
        assert one.towards(destination) == other.towards(destination)


def test_in_a_ring_a_frame_is_turned_back() -> None:
    ring = frozenset(link(f"s{at}", f"s{(at + 1) % 6}") for at in range(6))
    detours = Blocks(Paths(SWITCHES, ring)).towards("s0")
    aside = detours.around("s1", "s0")
    assert aside is not None
    colour, hop = aside
    assert hop.switch == "s2"
    assert detours.way("s1", colour) == ["s1", "s2", "s3", "s4", "s5", "s0"]


def test_a_link_without_which_there_is_no_way_has_no_detour() -> None:
    detours = Blocks(Paths(SWITCHES, frozenset({link("s0", "s1"), link("s1", "s2")}))).towards("s2")
    assert detours.around("s0", "s1") is None
    assert detours.around("s1", "s2") is None
    assert detours.around("s5", "s0") is None
