"""What guests connect outside, in any order: no circle is left open, no two tenants are joined, and all is released.

The state machine keeps who is connected to whom as a list of cables, and judges by a graph of its own.
"""

from __future__ import annotations

import networkx as nx
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from controller.fabric.outside_loops import LOST_AFTER, MOST_HELD, PERIOD, Attachment, OutsideLoops

ATTACHMENTS = tuple(
    Attachment(f"{tenant}/{network}", f"{tenant}/{network}{number}")
    for tenant, network in (("blue", "web"), ("blue", "db"), ("red", "web"))
    for number in range(3)
)
attachments = st.sampled_from(ATTACHMENTS)


class Outside(RuleBasedStateMachine):
    """Cables outside, of which some let frames pass one way only, and what is blocked for them."""

    def __init__(self) -> None:
        super().__init__()
        self.loops = OutsideLoops()
        self.now = 0.0
        self.cables: set[tuple[Attachment, Attachment]] = set()
        """(where probes come in, where they leave)."""
        self.away: set[Attachment] = set()

    @rule(at=attachments, sender=attachments, both_ways=st.booleans())
    def connect(self, at: Attachment, sender: Attachment, both_ways: bool) -> None:
        self.cables.add((at, sender))
        if both_ways:
            self.cables.add((sender, at))

    @rule(data=st.data())
    def disconnect(self, data: st.DataObject) -> None:
        if self.cables:
            self.cables.remove(data.draw(st.sampled_from(sorted(self.cables))))

    @rule(at=attachments)
    def come_again(self, at: Attachment) -> None:
        self.loops.arrived([at])

    @rule(at=attachments)
    def go_away_or_come_back(self, at: Attachment) -> None:
        self.away ^= {at}

    @rule(at=attachments)
    def leave(self, at: Attachment) -> None:
        self.cables = {cable for cable in self.cables if at not in cable}
        self.loops.forget([at])

    @rule()
    def restart(self) -> None:
        blocks = tuple(self.loops.blocked.values())
        self.loops = OutsideLoops()
        self.loops.restore(blocks, self.now)
        self.advance()
        assert tuple(self.loops.blocked.values()) == blocks
        self.hear()

    @rule(periods=st.integers(1, 10))
    def wait(self, periods: int) -> None:
        for _ in range(periods):
            self.now += PERIOD
            self.hear()

    @rule()
    def wait_without_cables(self) -> None:
        self.cables.clear()
        self.away.clear()
        self.now += LOST_AFTER + 0.1
        self.advance()
        self.now += MOST_HELD
        self.advance()
        assert not self.loops.blocked
        assert not self.loops.watched()

    @rule()
    def wait_long(self) -> None:
        """Then nobody is blocked who need not be."""
        for _ in range(round(MOST_HELD / LOST_AFTER) + 2):
            self.now += LOST_AFTER - 0.1
            self.hear()
        open_ones = set(ATTACHMENTS) - self.loops.blocked.keys()
        assert all(self.away or not self.is_right(open_ones | {at}) for at in self.loops.blocked)

    @invariant()
    def nothing_circles_and_no_tenants_are_joined(self) -> None:
        self.hear()
        assert self.is_right(set(ATTACHMENTS) - self.loops.blocked.keys())

    def is_right(self, open_ones: set[Attachment]) -> bool:
        """Whether these can all be open."""
        segments = self.segments()
        graph: nx.MultiGraph[object] = nx.MultiGraph((at.network, segments[at]) for at in open_ones)
        tenants: dict[frozenset[Attachment], set[str]] = {}
        for at in open_ones:
            tenants.setdefault(segments[at], set()).add(at.tenant)
        is_apart = all(len(those) == 1 for those in tenants.values())
        return is_apart and nx.is_forest(graph) and not any((at, at) in self.heard() for at in open_ones)

    def heard(self) -> set[tuple[Attachment, Attachment]]:
        return {cable for cable in self.cables if not self.away.intersection(cable)}

    def segments(self) -> dict[Attachment, frozenset[Attachment]]:
        graph: nx.Graph[Attachment] = nx.Graph()
        graph.add_nodes_from(ATTACHMENTS)
        graph.add_edges_from(self.heard())
        return {at: those for those in map(frozenset, nx.connected_components(graph)) for at in those}

    def hear(self) -> None:
        for at, sender in sorted(self.heard()):
            self.loops.hear(at, sender, self.now)
        self.advance()

    def advance(self) -> None:
        before = dict(self.loops.blocked)
        began, released = self.loops.advance(self.now, self.away.__contains__)
        assert {block.at for block in began}.isdisjoint(before)
        assert all(before[block.at] == block for block in released)
        assert self.loops.blocked == {
            at: block for at, block in (before | {block.at: block for block in began}).items() if block not in released
        }


TestOutside = Outside.TestCase
TestOutside.settings = settings(max_examples=100, stateful_step_count=30)
