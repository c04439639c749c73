"""What takes several steps because switches change one after the other: trees, next hops, and who knows an address.

Each step is safe whichever switches have taken it already, so a daemon may end between any two. The steps of one kind
must not disturb another's, hence an order. When paths change, first all switches on the new ways get to know what they
will have to carry (`controller.fabric.spreading`); then next hops change in rounds (`controller.fabric.routes`),
during which nothing else begins to spread; then what is not needed any more is withdrawn. Trees
(`controller.fabric.transition`) are independent of both, as flooded frames are marked.

A switch confirms its tables. Frames it sent before may still be on their way, and Open vSwitch takes some more
milliseconds to revalidate the datapath's cache. So addresses are withdrawn, and trees changed, after a rest only. Next
hops are not: a frame that meets a mixture of them is late, but arrives once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

from controller.fabric.model import Link
from controller.fabric.paths import Paths
from controller.fabric.routes import Routes, RouteTransition
from controller.fabric.spreading import Spreading
from controller.fabric.transition import TreeTransition
from controller.fabric.trees import NO_TREES, Trees, span, tree_number


@dataclass(frozen=True, slots=True)
class Moved:
    """What a step changed."""

    networks: frozenset[str] = frozenset()
    destinations: frozenset[str] = frozenset()
    """Switches towards which next hops, or the wish for them, changed."""
    trees: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.networks or self.destinations or self.trees)


@dataclass(slots=True)
class Settling:
    """All that is on its way from one state to another."""

    spreading: Spreading = field(default_factory=Spreading)
    routes: Routes = field(default_factory=Routes)
    trees: Trees = NO_TREES
    _tree_transition: TreeTransition = field(default_factory=TreeTransition)
    _route_transition: RouteTransition = field(default_factory=RouteTransition)
    _is_prepared: bool = True
    """Whether all that switches need to know before next hops change is spreading or known."""

    @property
    def is_pending(self) -> bool:
        """Whether there may be steps to take once switches have confirmed."""
        spreading = self.spreading
        return bool(
            spreading.in_motion
            or spreading.waiting
            or self._tree_transition.is_pending
            or not self._route_transition.is_settled
        )

    def retarget(self, names: Iterable[str], links: frozenset[Link], connected: Collection[str]) -> Moved:
        """Other switches or links are there: want the paths and trees that belong to them."""
        names = list(names)
        destinations = self._route_transition.retarget(Paths(names, links))
        self.routes = self._route_transition.snapshot()
        self._is_prepared = False
        self._tree_transition.retarget(span(names, links), links, connected)
        return Moved(destinations=destinations, trees=self._take_trees())

    def advance(
        self,
        links: Collection[Link],
        connected: Collection[str],
        confirmed: Collection[str],
        switches_of: Callable[[str], Collection[str]],
        is_rested: bool,
    ) -> Moved:
        """Take the steps that are possible now that the switches in `confirmed` hold what they were told.

        `switches_of` gives the switches on which a network is. Steps that rely on there being no more frames on their
        way from before the confirmation are taken only if `is_rested`.
        """
        silent = frozenset(connected) - frozenset(confirmed)
        trees: frozenset[int] = frozenset()
        if is_rested and not silent and self._tree_transition.advance(links, connected):
            trees = self._take_trees()

        def is_confirmed(network: str) -> bool:
            return silent.isdisjoint(switches_of(network))

        def spread() -> frozenset[str]:
            return self.spreading.step(self.routes.neighbours, connected, is_confirmed, is_rested)

        networks = spread()
        if not self.spreading.in_motion and not self._is_prepared:
            self._is_prepared = True
            self.spreading.begin()
            networks = spread()
        destinations: frozenset[str] = frozenset()
        if not self.spreading.in_motion:
            if not silent:
                destinations = self._route_transition.advance(connected)
            if destinations:
                self.routes = self._route_transition.snapshot()
            elif not silent or self._route_transition.is_settled:
                self.spreading.begin()
                networks = spread()
        return Moved(networks, destinations, trees)

    def concerned(self, moved: Moved) -> Iterable[str]:
        """Ids of the VLAN networks whose flows a step may change."""
        for network, spread in self.spreading.by_network.items():
            if (
                network in moved.networks
                or tree_number(network) in moved.trees
                or not moved.destinations.isdisjoint(spread.carriers)
            ):
                yield network

    def _take_trees(self) -> frozenset[int]:
        before, self.trees = self.trees, self._tree_transition.active
        return frozenset(number for number, tree in enumerate(self.trees) if tree != before[number])
