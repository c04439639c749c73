"""Boxes of a picture do not cover each other, whatever the fabric, and stand where one looks for them."""

from __future__ import annotations

from itertools import combinations, pairwise

import networkx as nx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from controller.northbound.graph_layout import Places, layout

NAMES = [f"s{number}" for number in range(8)]
names = st.sampled_from(NAMES)


MESH = list(combinations(NAMES, 2))


@example(MESH, set(NAMES), [(300.0, 120.0)] * 8)
@given(
    st.lists(st.tuples(names, names).filter(lambda pair: pair[0] != pair[1]), max_size=28),
    st.sets(names),
    st.lists(st.tuples(st.floats(20, 300), st.floats(20, 120)), min_size=8, max_size=8),
)
def test_no_box_covers_another(pairs: list[tuple[str, str]], low: set[str], extents: list[tuple[float, float]]) -> None:
    graph: nx.Graph[str] = nx.Graph()
    graph.add_nodes_from(NAMES)
    graph.add_edges_from(pairs)
    sizes = dict(zip(NAMES, extents, strict=True))
    places = layout(graph, sizes, low)
    assert places.keys() == sizes.keys()
    for one, other in combinations(NAMES, 2):
        apart_x = abs(places[one][0] - places[other][0]) - (sizes[one][0] + sizes[other][0]) / 2
        apart_y = abs(places[one][1] - places[other][1]) - (sizes[one][1] + sizes[other][1]) / 2
        assert max(apart_x, apart_y) > 0
    assert all(x >= sizes[name][0] / 2 - 0.1 and y >= sizes[name][1] / 2 - 0.1 for name, (x, y) in places.items())
    mirrored: nx.Graph[str] = nx.Graph()
    mirrored.add_nodes_from(reversed(NAMES))
    mirrored.add_edges_from((other, one) for one, other in reversed(pairs))
    assert layout(mirrored, sizes, low) == places


def laid_out(edges: list[tuple[str, str]], low: set[str]) -> Places:
    graph: nx.Graph[str] = nx.Graph(edges)
    return layout(graph, dict.fromkeys(graph, (80.0, 40.0)), low)


def test_a_ring_is_round() -> None:
    ring = [*pairwise(NAMES[:6]), (NAMES[5], NAMES[0])]
    places = laid_out(ring, set(NAMES))
    lengths = [abs(complex(*places[one]) - complex(*places[other])) for one, other in ring]
    assert max(lengths) == pytest.approx(min(lengths), rel=0.02)


@pytest.mark.parametrize("hosts", [[], ["h1", "h2", "h3"]])
def test_leaves_are_below_spines(hosts: list[str]) -> None:
    leaves, spines = ["l1", "l2", "l3"], ["p1", "p2"]
    edges = [(leaf, spine) for leaf in leaves for spine in spines]
    places = laid_out(edges + list(zip(leaves, hosts, strict=False)), {*leaves, *hosts})
    rows = [{places[name][1] for name in row} for row in (spines, leaves, hosts) if row]
    assert [len(row) for row in rows] == [1] * len(rows)
    assert sorted(rows, key=min) == rows
    assert places["l1"][0] < places["l2"][0] < places["l3"][0]
