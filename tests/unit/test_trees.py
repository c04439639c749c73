"""Trees: they span, nothing in them is superfluous, and two of them at once never close a circle by way of `common`."""

from __future__ import annotations

from itertools import pairwise

import networkx as nx
from hypothesis import given

from controller.fabric.model import Link
from controller.fabric.trees import NO_TREES, TREES, branches, common, span, tree_number
from tests.unit.graphs import SWITCHES, graph_of, link, some_links, some_switches


@given(some_links)
def test_each_tree_spans_every_part_and_has_no_circle(links: frozenset[Link]) -> None:
    graph = graph_of(links)
    for tree in span(SWITCHES, links):
        kept = graph_of(tree)
        assert tree <= links
        assert set(map(frozenset, nx.connected_components(kept))) == set(map(frozenset, nx.connected_components(graph)))
        assert len(tree) == len(SWITCHES) - nx.number_connected_components(graph)


@given(some_links)
def test_trees_do_not_depend_on_the_order_of_events(links: frozenset[Link]) -> None:
    assert span(SWITCHES, links) == span(reversed(SWITCHES), frozenset(sorted(links, reverse=True)))


@given(some_links, some_links)
def test_what_two_trees_share_closes_no_circle_beside_either(old: frozenset[Link], new: frozenset[Link]) -> None:
    before, after = span(SWITCHES, old), span(SWITCHES, new)
    for one, shared, other in zip(before, common(before, after), after, strict=True):
        assert shared == one & other
        assert nx.is_forest(graph_of(one | shared))
        assert nx.is_forest(graph_of(other | shared))


@given(some_links, some_switches)
def test_branches_are_exactly_what_lies_between_members(links: frozenset[Link], members: frozenset[str]) -> None:
    tree = span(SWITCHES, links)[0]
    graph = graph_of(tree)
    between = {
        frozenset(hop)
        for one in members
        for other in members
        if nx.has_path(graph, one, other)
        for route in [nx.shortest_path(graph, one, other)]
        for hop in pairwise(route)
    }
    near = {end for each in tree if frozenset((each.a.switch, each.b.switch)) in between for end in (each.a, each.b)}
    found = branches(tree, members)
    assert {end for ends in found.values() for end in ends} == near
    assert all(end.switch == switch for switch, ends in found.items() for end in ends)
    assert all(ends and list(ends) == sorted(ends) for ends in found.values())


def test_one_member_floods_nowhere() -> None:
    tree = frozenset({link("s0", "s1"), link("s1", "s2")})
    assert branches(tree, frozenset({"s1"})) == {}
    assert branches(tree, frozenset()) == {}


def test_networks_share_the_links_of_a_mesh() -> None:
    links = frozenset(link(one, other) for one in SWITCHES for other in SWITCHES if one < other)
    assert len(set(span(SWITCHES, links))) > len(SWITCHES) // 2
    assert len({tree_number(f"tenant/network{number}") for number in range(200)}) == TREES
    assert frozenset().union(*span(SWITCHES, links)) > span(SWITCHES, links)[0]


def test_a_networks_tree_is_the_same_in_every_run() -> None:
    assert [tree_number(name) for name in ("blue/web", "red/web", "red/db")] == [10, 11, 15]


def test_without_links_there_is_nothing_to_flood_along() -> None:
    assert span(SWITCHES, frozenset()) == NO_TREES
