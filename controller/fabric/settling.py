"""What takes several steps because switches change one after the other: trees, next hops, detours, and addresses.

Each step is safe whichever switches have taken it already, so a daemon may end between any two. The kinds do not
disturb each other: flooded frames are marked and follow trees (`controller.fabric.transition`), frames for a known
address name their switch and follow next hops (`controller.fabric.routes`) or, marked, detours
(`controller.fabric.protection`), and who knows an address only decides who names its switch
(`controller.fabric.whereabouts`).

A link that is new carries nothing until both ends have confirmed that they take frames from it. One that was dead may
come back while a switch still floods along it, as that switch had no session meanwhile and does not know of the trees
that others have made without it. Such a link is *barred*: flooded frames that come out of it are dropped, until all
switches have confirmed trees without it.

A switch confirms its tables. Frames that it sent before may still be on their way, and Open vSwitch takes some more
milliseconds to revalidate the datapath's cache. So steps that rely on there being none wait for a rest: all but that
others are told of an address, and that a tree is mended where a link has died.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace

from controller.fabric.model import Link
from controller.fabric.paths import NO_COSTS, Costs, Paths
from controller.fabric.protection import Protection, ProtectionTransition
from controller.fabric.routes import Routes, RouteTransition
from controller.fabric.transition import Floods, Held, TreeTransition
from controller.fabric.trees import span
from controller.fabric.whereabouts import Whereabouts


@dataclass(frozen=True, slots=True)
class Moved:
    """Whom a step concerns."""

    networks: frozenset[str] = frozenset()
    switches: frozenset[str] = frozenset()
    """Those whose next hops or detours are others."""
    flooding: frozenset[str] = frozenset()
    """Those whose trees are others."""

    def __bool__(self) -> bool:
        return bool(self.networks or self.switches or self.flooding)


@dataclass(slots=True)
class Settling:
    """All that is on its way from one state to another."""

    whereabouts: Whereabouts = field(default_factory=Whereabouts)
    routes: Routes = field(default_factory=Routes)
    protection: Protection = field(default_factory=Protection)
    floods: Floods = field(default_factory=Floods)
    costs: Costs = field(default_factory=lambda: NO_COSTS)
    """What links cost, where it is said."""
    barred: frozenset[Link] = frozenset()
    """Fresh links along which some switch may flood by trees of before."""
    _links: frozenset[Link] = frozenset()
    _fresh: frozenset[Link] = frozenset()
    """Links that are there, and carry nothing until both ends have confirmed that they take frames from them."""
    _gone: frozenset[Link] = frozenset()
    """Links that were dead, or are, and along which some switch may still flood."""
    _paths: Paths = field(default_factory=lambda: Paths((), frozenset()))
    _reach_revision: int = 0
    _reached: frozenset[str] = frozenset()
    """Goals to which all switches know a way."""
    _tree_transition: TreeTransition = field(default_factory=TreeTransition)
    _route_transition: RouteTransition = field(default_factory=RouteTransition)
    _protection_transition: ProtectionTransition = field(default_factory=ProtectionTransition)

    @property
    def names(self) -> Collection[str]:
        """The switches that the paths in force are about."""
        return self._paths.graph.nodes.keys()

    @property
    def is_pending(self) -> bool:
        """Whether there may be steps to take once switches have confirmed."""
        is_settled = self._route_transition.is_settled and self._protection_transition.is_settled
        return bool(self._fresh or not is_settled or self._tree_transition.is_pending or self.whereabouts.is_pending)

    def retarget(
        self, names: Iterable[str], links: frozenset[Link], connected: Collection[str], costs: Costs = NO_COSTS
    ) -> Moved:
        """Other switches, links or costs are there: want the paths and trees that belong to them.

        `connected` are the switches that have the trees that they were told.
        """
        # What was there at the start was so before, too.
        new = links - self._links if self._links else links & self._gone
        self._fresh = new | self._fresh & links
        self._gone |= self._links - links
        self._links, self.costs = links, costs
        moved = self._lead(list(names), connected)
        self._bar()
        return moved

    def reach(self) -> Moved:
        """Networks are on other switches: want ways to these."""
        return self._aim() if self._reach_revision != self.whereabouts.reach_revision else Moved()

    def advance(
        self,
        links: Collection[Link],
        connected: Collection[str],
        confirmed: Collection[str],
        *,
        is_rested: bool,
        at_gates: Collection[str] = (),
    ) -> Moved:
        """Take the steps that are possible now that the switches in `confirmed` hold what they were told.

        Steps that rely on there being no more frames on their way from before are taken only if `is_rested`. Switches
        in `at_gates` still have the trees that they came with.
        """
        following = frozenset(connected) & frozenset(confirmed)
        flooding_as_told = following.difference(at_gates)
        moved = Moved()
        if ready := {link for link in self._fresh - self.barred if {link.a.switch, link.b.switch} <= following}:
            self._fresh -= ready
            moved = self._lead(list(self._paths.graph), frozenset(connected).difference(at_gates))
        elif len(following) == len(frozenset(connected)):
            has_moved = self._tree_transition.advance(links, flooding_as_told, is_rested=is_rested)
            switches = self._advance_ways(links, following, is_rested) | self._bar()
            moved = Moved(switches=switches, flooding=frozenset(self._paths.graph) if has_moved else frozenset())
            if moved:
                self._take()
        networks = self.whereabouts.step(following, self._reached, is_rested=is_rested)
        return replace(moved, networks=networks)

    def found(self, switch: str, held: Held, connected: Collection[str]) -> Moved:
        """A switch came that holds this of trees; `connected` are those that do as they are told."""
        self._tree_transition.found(switch, held, self._links, connected)
        if self._tree_transition.active == self.floods:
            return Moved()
        self._take()
        return Moved(flooding=frozenset(self._paths.graph))

    def _bar(self) -> frozenset[str]:
        """Find out which links are barred now. The switches at the ends of those that are no more."""
        before = self.barred
        self._gone = frozenset(filter(self._tree_transition.may_flood, self._gone))
        self.barred = self._fresh & self._gone
        return frozenset(end.switch for link in before - self.barred for end in (link.a, link.b))

    def _advance_ways(self, links: Collection[Link], connected: frozenset[str], is_rested: bool) -> frozenset[str]:
        """The same for next hops and detours, once all switches that have a session confirmed."""
        everybody = frozenset(self._paths.graph)
        switches: frozenset[str] = self._route_transition.advance(connected) if is_rested else frozenset()
        if self._route_transition.is_settled and not switches:
            self._reached = frozenset(goal.switch for goal in self.routes.told)
            linked = {end.switch for link in links for end in (link.a, link.b)}
            if linked <= connected and self._protection_transition.advance(is_rested=is_rested):
                switches = everybody
        return switches

    def _lead(self, names: Collection[str], connected: Collection[str]) -> Moved:
        """Want the paths and trees of all links but those that are fresh."""
        links = self._links - self._fresh
        self._paths = Paths(names, links, self.costs)
        self._tree_transition.retarget(span(links, self.costs), names, self._links, connected)
        return self._aim()

    def _aim(self) -> Moved:
        self._reach_revision = self.whereabouts.reach_revision
        goals = self.whereabouts.goals() & self._paths.graph.nodes
        self._reached &= goals
        self._route_transition.retarget(self._paths, goals)
        self._protection_transition.retarget(self._paths, goals)
        self._take()
        return Moved(switches=frozenset(self._paths.graph), flooding=frozenset(self._paths.graph))

    def _take(self) -> None:
        self.floods = self._tree_transition.active
        self.routes = self._route_transition.snapshot()
        self.protection = self._protection_transition.snapshot()
