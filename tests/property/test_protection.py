"""Whoever has followed what: frames that are turned aside follow one pair of trees, and in the end the wanted one."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from controller.fabric.detours import Colour, Detours
from controller.fabric.model import Link
from controller.fabric.paths import Paths
from controller.fabric.protection import Protection, ProtectionTransition
from tests.unit.graphs import SWITCHES, some_links

some_switches = st.sets(st.sampled_from(SWITCHES))
events = st.lists(some_links | some_switches | st.booleans(), max_size=20)


@dataclass
class Switches:
    """What each switch was told last and followed, and the trees along which marked frames may be on their way."""

    transition: ProtectionTransition = field(default_factory=ProtectionTransition)
    told: Protection = field(default_factory=Protection)
    held: dict[str, Protection] = field(default_factory=dict)
    marked: dict[str, list[Detours]] = field(default_factory=dict)

    def look(self) -> None:
        """Whoever has followed: all agree on the trees towards a destination, while frames may be on them."""
        self.told = self.transition.snapshot()
        for one in (self.told, *self.held.values()):
            for destination in one.armed:
                trees = self.marked.setdefault(destination, [])
                if one.laid[destination] not in trees:
                    trees.append(one.laid[destination])
        for destination, trees in self.marked.items():
            assert len(trees) == 1, "frames are marked by one pair of trees at a time"
            for held in self.held.values():
                laid = held.laid[destination]
                assert all(laid.trees[colour] == trees[0].trees[colour] for colour in Colour), "and all have these"

    def follow(self, names: set[str]) -> None:
        self.held.update(dict.fromkeys(names, self.told))

    def confirm(self, *, is_rested: bool) -> bool:
        """All follow; with a rest nothing is on its way by trees that nobody turns aside to."""
        self.follow(set(SWITCHES))
        if is_rested:
            self.marked.clear()
        self.look()
        return self.transition.advance(is_rested=is_rested)


@given(some_links, events)
def test_marked_frames_meet_one_pair_of_trees(
    start: frozenset[Link], history: list[frozenset[Link] | set[str] | bool]
) -> None:
    switches, links = Switches(), start
    switches.transition.retarget(Paths(SWITCHES, links), SWITCHES)
    switches.look()
    switches.follow(set(SWITCHES))
    for event in history:
        if isinstance(event, bool):
            switches.confirm(is_rested=event)
        elif isinstance(event, frozenset):
            links = event
            switches.transition.retarget(Paths(SWITCHES, links), SWITCHES)
        else:
            switches.follow(event)
        switches.look()
    for _ in range(8):
        switches.confirm(is_rested=True)
        switches.look()
    assert switches.transition.is_settled
    wanted = Protection.of(Paths(SWITCHES, links))
    assert switches.transition.snapshot() == wanted
