"""Trees: they span, nothing in them is superfluous, and two of them at once never close a circle by way of `common`."""

from __future__ import annotations

from itertools import pairwise

import networkx as nx
from hypothesis import given
from hypothesis import strategies as st

from controller.fabric.model import Link
from controller.fabric.trees import NO_TREES, TREES, branches, span, tree_number
from controller.intent.model import Segment, SegmentKey
from tests.unit.graphs import SWITCHES, graph_of, link, some_links, some_switches


@given(some_links)
def test_each_tree_spans_every_part_and_has_no_circle(links: frozenset[Link]) -> None:
    graph = graph_of(links)
    for tree in span(links):
        kept = graph_of(tree)
        assert tree <= links
        assert set(map(frozenset, nx.connected_components(kept))) == set(map(frozenset, nx.connected_components(graph)))
        assert len(tree) == len(SWITCHES) - nx.number_connected_components(graph)


@given(some_links)
def test_trees_do_not_depend_on_the_order_of_events(links: frozenset[Link]) -> None:
    assert span(links) == span(sorted(links, reverse=True))


@given(some_links, some_switches)
def test_branches_are_exactly_what_lies_between_members(links: frozenset[Link], members: frozenset[str]) -> None:
    tree = span(links)[0]
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
    assert len(set(span(links))) > len(SWITCHES) // 2
    assert {tree_number(SegmentKey(Segment.VLAN, key)) for key in range(1, 4095)} == set(range(TREES))
    assert frozenset().union(*span(links)) > span(links)[0]


@given(some_links, st.data())
def test_a_link_that_goes_is_replaced_by_one_other_and_nothing_else_changes(
    links: frozenset[Link], data: st.DataObject
) -> None:
    if links:
        gone = data.draw(st.sampled_from(sorted(links)))
        for before, after in zip(span(links), span(links - {gone}), strict=True):
            assert before - after <= {gone}
            assert len(after - before) <= (gone in before)


def test_a_costly_link_is_in_no_tree_unless_it_has_to_be() -> None:
    costly = link("s0", "s1")
    ring = frozenset({costly, link("s1", "s2"), link("s0", "s2")})
    assert not any(costly in tree for tree in span(ring, {costly: 2}))
    assert all(costly in tree for tree in span(ring - {link("s1", "s2")}, {costly: 2}))


def test_trees_of_a_full_mesh_are_stars() -> None:
    links = frozenset(link(one, other) for one in SWITCHES for other in SWITCHES if one < other)
    for tree in span(links):
        assert max(degree for _, degree in graph_of(tree).degree) == len(SWITCHES) - 1


def test_without_links_there_is_nothing_to_flood_along() -> None:
    assert span(frozenset()) == NO_TREES
