"""Small fabrics for the tests of paths and trees: strategies of links, and links by hand."""

from __future__ import annotations

import networkx as nx
from hypothesis import strategies as st

from controller.fabric.model import End, Link

SWITCHES = tuple(f"s{number}" for number in range(6))


def link(one: str, other: str, number: int = 0) -> Link:
    """A link between two switches; several with different numbers are parallel."""
    return Link.between(End(one, f"to-{other}-{number}"), End(other, f"to-{one}-{number}"))


def graph_of(links: frozenset[Link]) -> nx.Graph[str]:
    """The switches and which of them are neighbours."""
    graph: nx.Graph[str] = nx.Graph()
    graph.add_nodes_from(SWITCHES)
    graph.add_edges_from((each.a.switch, each.b.switch) for each in links)
    return graph


_ends = st.sampled_from(SWITCHES)
some_links = st.frozensets(
    st.builds(link, _ends, _ends, st.integers(0, 1)).filter(lambda each: each.a.switch != each.b.switch), max_size=12
)
some_switches = st.frozensets(_ends)
