"""Whatever mixture of old and new trees the switches have at any moment, no frame can circle."""

from __future__ import annotations

import networkx as nx
from hypothesis import given
from hypothesis import strategies as st

from controller.fabric.model import End, Link
from controller.fabric.transition import TreeTransition
from controller.fabric.trees import Trees, span

SWITCHES = [f"s{number}" for number in range(5)]
SOME_TREES = (0, 5, 11)
PAIRS = [(a, b) for a in SWITCHES for b in SWITCHES if a < b]


def link(a: str, b: str) -> Link:
    return Link.between(End(a, f"to-{b}"), End(b, f"to-{a}"))


graphs = st.sets(st.sampled_from(PAIRS)).map(lambda pairs: frozenset(link(a, b) for a, b in pairs))
some_switches = st.sets(st.sampled_from(SWITCHES))
steps = st.lists(st.tuples(graphs, some_switches, st.booleans()), min_size=1, max_size=5)


class Switches:
    """Each switch floods along the trees that it was last told of, if it could be reached."""

    def __init__(self) -> None:
        self.told: dict[str, Trees] = {}
        self.stale: dict[str, set[Link]] = {}

    def tell(self, trees: Trees, reachable: set[str]) -> None:
        self.told.update(dict.fromkeys(reachable, trees))
        for switch in reachable:
            self.stale.pop(switch, None)

    def lose(self, trees: Trees, live: frozenset[Link], connected: set[str]) -> None:
        """Dead links that a switch without session still floods along: the known exception, they must not come back."""
        for switch in self.told.keys() - connected:
            for old, new in zip(self.told[switch], trees, strict=True):
                self.stale.setdefault(switch, set()).update(old - new - live)

    def assert_no_circle(self, trees: Trees, live: frozenset[Link]) -> None:
        """Whichever switches have taken up `trees` already: the union of all is without a circle."""
        for number in SOME_TREES:
            graph: nx.DiGraph[str] = nx.DiGraph()
            for switch, known in [*self.told.items(), *((switch, trees) for switch in SWITCHES)]:
                for one in known[number] & live:
                    for near, far in ((one.a.switch, one.b.switch), (one.b.switch, one.a.switch)):
                        if near == switch:
                            graph.add_edge(near, far)
            # A frame never goes back to where it came from, so a circle has three switches or more.
            assert all(len(circle) == 2 for circle in nx.simple_cycles(graph))


@given(steps)
def test_no_mixture_of_trees_has_a_circle(history: list[tuple[frozenset[Link], set[str], bool]]) -> None:
    transition, switches = TreeTransition(), Switches()
    for wires, connected, confirms in history:
        live = wires.difference(*switches.stale.values())
        transition.retarget(span(SWITCHES, live), live, connected)
        switches.assert_no_circle(transition.active, live)
        switches.lose(transition.active, live, connected)
        if confirms:
            switches.tell(transition.active, connected)
            transition.advance(live, connected)
            switches.assert_no_circle(transition.active, live)
    for _ in range(2):
        switches.tell(transition.active, set(SWITCHES))
        transition.advance(live, SWITCHES)
    assert not transition.is_pending
    assert transition.active == span(SWITCHES, live)
