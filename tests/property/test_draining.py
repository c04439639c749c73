"""What drains is used only where there is no other way, whatever costs are given to the rest."""

from __future__ import annotations

from itertools import pairwise

import networkx as nx
from hypothesis import given
from hypothesis import strategies as st

from controller.fabric.costs import link_costs
from controller.fabric.model import Link
from controller.intent.model import Fabric, LinkSetting, Switch
from tests.unit.graphs import SWITCHES, some_links, some_switches

Ends = tuple[tuple[str, str], tuple[str, str]]


def ends_of(link: Link) -> Ends:
    return (link.a.switch, link.a.interface), (link.b.switch, link.b.interface)


settings = st.builds(LinkSetting, st.sampled_from((1, 2, 10, 65535)), st.booleans())


@given(some_links, some_switches, st.data())
def test_a_path_drains_only_where_there_is_no_other(
    links: frozenset[Link], draining: frozenset[str], data: st.DataObject
) -> None:
    said = data.draw(st.dictionaries(st.sampled_from(sorted(links)), settings) if links else st.just({}))
    switches = {name: Switch(name, number, draining=name in draining) for number, name in enumerate(SWITCHES, 1)}
    fabric = Fabric(switches, links={ends_of(link): setting for link, setting in said.items()})
    costs = link_costs(fabric, links)
    assert costs.keys() == links
    weighted: nx.MultiGraph[str] = nx.MultiGraph()
    weighted.add_nodes_from(SWITCHES)
    for link, cost in costs.items():
        weighted.add_edge(link.a.switch, link.b.switch, cost=cost, draining=said.get(link, LinkSetting()).draining)
    for source in SWITCHES:
        for target, path in nx.single_source_dijkstra_path(weighted, source, weight="cost").items():
            calm: nx.MultiGraph[str] = nx.MultiGraph()
            calm.add_nodes_from(name for name in SWITCHES if name in (source, target) or name not in draining)
            calm.add_edges_from(
                (one, other)
                for one, other, edge in weighted.edges(data=True)
                if not edge["draining"] and one in calm and other in calm
            )
            if nx.has_path(calm, source, target):
                taken = [min(weighted[a][b].values(), key=lambda edge: edge["cost"]) for a, b in pairwise(path)]
                assert not any(edge["draining"] for edge in taken)
                assert not draining.intersection(path[1:-1])
