"""Whatever the switches have of old and new trees, under either mark: no frame circles, and none is lost needlessly.

Switches follow one after the other, wires are cut and mended, sessions are lost, and the daemon is killed at any point
and started with what it remembered of some moment before. A flooded frame keeps the mark that it got where it entered.
"""

from __future__ import annotations

import networkx as nx
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from controller.fabric.model import End, Link
from controller.fabric.transition import MARKS, Floods, Held, TreeTransition
from controller.fabric.trees import span

SWITCHES = [f"s{number}" for number in range(5)]
SOME_TREES = (0, 5, 11)
PAIRS = [(a, b) for a in SWITCHES for b in SWITCHES if a < b]


def link(a: str, b: str) -> Link:
    return Link.between(End(a, f"to-{b}"), End(b, f"to-{a}"))


wire_sets = st.sets(st.sampled_from(PAIRS), min_size=3).map(lambda pairs: frozenset(link(a, b) for a, b in pairs))
some_switches = st.sets(st.sampled_from(SWITCHES))


def ends_at(switch: str, floods: Floods, mark: int, tree: int) -> frozenset[End]:
    links = floods.trees[mark][tree]
    return frozenset(end for each in links for end in (each.a, each.b) if end.switch == switch)


class Switches(RuleBasedStateMachine):
    """The state machine under test, and what each switch holds or may hold."""

    def __init__(self) -> None:
        super().__init__()
        self.transition = TreeTransition()
        self.live: frozenset[Link] = frozenset()
        self.before: list[frozenset[Link]] = []
        self.remembered: frozenset[Link] = frozenset()
        """Links that a daemon knew when it was started."""
        self.holds: dict[str, Floods] = {}
        self.told: dict[str, Floods] = {}
        self.silent: set[str] = set()
        self.late: set[str] = set()
        """Those that have a session again and did not follow yet."""
        self.new_to_daemon: set[str] = set()
        """Switches that wait at their gates since the daemon was started."""
        self.under_way: set[int] = set()
        """Marks that frames may have which entered before."""
        self.is_whole = True
        """Whether nothing happened since all was settled by which frames may be lost."""

    @initialize(wires=wire_sets)
    def begin(self, wires: frozenset[Link]) -> None:
        self.live = wires
        self.before = [wires]
        self.retarget()
        self.settle()

    def followers(self) -> set[str]:
        return set(SWITCHES) - self.silent - self.new_to_daemon

    def retarget(self) -> None:
        self.transition.retarget(span(self.live), SWITCHES, self.live, self.followers())
        self.tell()

    def tell(self) -> None:
        for name in self.followers():
            self.told[name] = self.transition.active
            self.holds.setdefault(name, self.told[name])

    @rule(wires=wire_sets)
    def links_come(self, wires: frozenset[Link]) -> None:
        stale = self.stale()
        if not self.silent:
            self.live |= wires - stale
            self.before.append(self.live)
            self.retarget()

    @rule(wires=wire_sets)
    def links_go(self, wires: frozenset[Link]) -> None:
        if self.live & wires:
            self.live -= wires
            self.is_whole = False
            self.before.append(self.live)
            self.retarget()

    def stale(self) -> frozenset[Link]:
        """Dead links that a switch floods along which has no session, or not followed since: barred when they are back.

        That is the care of `controller.fabric.settling`; here they stay away.
        """
        held = (trees for name in self.silent | self.late for marks in self.holds[name].trees for trees in marks)
        return frozenset().union(*held) - self.live

    @precondition(lambda self: not self.new_to_daemon)
    @rule(name=st.sampled_from(SWITCHES))
    def lose_a_session(self, name: str) -> None:
        """Not before it has come to a new daemon: what it holds then is not known, which is a known gap."""
        self.silent.add(name)
        self.told.pop(name, None)
        self.is_whole = False

    @precondition(lambda self: not self.new_to_daemon)
    @rule()
    def regain_sessions(self) -> None:
        self.late |= self.silent
        self.silent.clear()
        self.tell()

    @rule(names=some_switches)
    def some_follow(self, names: set[str]) -> None:
        for name in names & self.told.keys():
            self.enter(name)
            self.holds[name] = self.told[name]
            self.late.discard(name)

    def enter(self, name: str) -> None:
        """Frames enter there."""
        self.under_way.add(self.holds[name].entry)

    @rule(is_rested=st.booleans())
    def confirm(self, is_rested: bool) -> None:
        self.take_step(is_rested)

    def take_step(self, is_rested: bool) -> bool:
        self.some_follow(self.followers())
        if is_rested:
            self.under_way = {self.holds[name].entry for name in self.linked()}
        has_moved = self.transition.advance(self.live, self.followers(), is_rested=is_rested)
        self.tell()
        return has_moved

    @rule()
    def settle(self) -> None:
        self.some_follow(self.followers())
        for _ in range(12):
            self.no_mixture_has_a_circle()
            self.every_mixture_floods_everywhere()
            if not self.transition.is_pending or not self.take_step(True):
                break
        else:
            raise AssertionError("this does not come to an end")
        self.some_follow(self.followers())
        if not self.silent | self.new_to_daemon:
            assert not self.transition.is_pending
            assert self.transition.active == Floods((span(self.live),) * MARKS, 0)
            self.is_whole = True
            self.before = [self.live]

    @precondition(lambda self: not self.silent)
    @rule(data=st.data())
    def kill_the_daemon(self, data: st.DataObject) -> None:
        """Its successor remembers the links of some moment since all was settled, or none. Frames arrive meanwhile."""
        self.under_way = {self.holds[name].entry for name in self.linked()}
        self.transition = TreeTransition()
        self.told.clear()
        self.new_to_daemon = set(SWITCHES)
        self.remembered = remembered = data.draw(st.sampled_from([*self.before, frozenset[Link]()]))
        for name in data.draw(some_switches):
            if data.draw(st.booleans()):
                # Somebody deletes its groups.
                self.holds[name] = Floods(entry=self.holds[name].entry)
                self.is_whole = False
        self.transition.retarget(span(remembered), SWITCHES, remembered, ())

    @precondition(lambda self: self.new_to_daemon)
    @rule(order=st.permutations(SWITCHES), are_links_heard=st.booleans())
    def all_come(self, order: list[str], are_links_heard: bool) -> None:
        """Before links are heard that are not remembered, or after that."""
        known = self.live if are_links_heard else self.remembered
        if are_links_heard:
            self.transition.retarget(span(known), SWITCHES, known, ())
        for name in order:
            if name in self.new_to_daemon - self.silent:
                self.transition.found(name, self.held_by(name), known, self.followers())
        self.new_to_daemon &= self.silent
        # Meanwhile they wait, and their links are heard.
        self.transition.retarget(span(self.live), SWITCHES, self.live, ())
        self.tell()

    def held_by(self, name: str) -> Held:
        floods = self.holds[name]
        ends = tuple(tuple(ends_at(name, floods, mark, tree) for tree in range(16)) for mark in range(MARKS))
        return Held(ends, floods.entry)

    @invariant()
    def no_mixture_has_a_circle(self) -> None:
        """Under each mark that a frame may have, whichever switches have followed."""
        if not self.holds:
            return
        given = {floods.entry for name in self.linked() for floods in self.possible(name)}
        for mark in given | self.under_way:
            for tree in SOME_TREES:
                graph = self.ways(mark, tree)
                # A frame never goes back to where it came from, so a circle has three switches or more.
                assert all(len(circle) == 2 for circle in nx.simple_cycles(graph))

    @invariant()
    def every_mixture_floods_everywhere(self) -> None:
        if not self.holds or not self.is_whole:
            return
        reachable: nx.Graph[str] = nx.Graph((each.a.switch, each.b.switch) for each in self.before[0])
        for mark in {floods.entry for name in SWITCHES for floods in self.possible(name)}:
            for tree in SOME_TREES:
                graph = self.ways(mark, tree, surely=True)
                for part in nx.connected_components(reachable):
                    assert any(part <= found for found in nx.strongly_connected_components(graph)), (mark, tree)

    def linked(self) -> set[str]:
        """Switches from which frames get anywhere."""
        return {end.switch for each in self.live for end in (each.a, each.b)}

    def possible(self, name: str) -> list[Floods]:
        return [self.holds[name], self.told.get(name, self.holds[name])]

    def ways(self, mark: int, tree: int, surely: bool = False) -> nx.DiGraph[str]:
        """Along which live links switches flood: those that may, or those that do, whether they followed or not."""
        graph: nx.DiGraph[str] = nx.DiGraph()
        far = {end: other for each in self.live for end, other in ((each.a, each.b), (each.b, each.a))}
        for name in SWITCHES:
            ends = [ends_at(name, floods, mark, tree) for floods in self.possible(name)]
            for end in frozenset.intersection(*ends) if surely else frozenset.union(*ends):
                if end in far:
                    graph.add_edge(name, far[end].switch)
        return graph


TestSwitches = Switches.TestCase
TestSwitches.settings = settings(max_examples=60, stateful_step_count=25)
