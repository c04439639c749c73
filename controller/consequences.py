"""What follows from events: paths and trees from links, units to compile from what was touched, and steps.

It is the part of `controller.core.Core` that holds its state and makes something of it. An event only notes what it
touches; what that comes to is found here once for all events of a turn.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from controller.answers import Answers
from controller.compiler import Change, beside, network_of
from controller.fabric.costs import link_costs
from controller.fabric.damping import Damping
from controller.fabric.departures import Departures
from controller.fabric.discovery import Discovery
from controller.fabric.model import Link, SwitchView
from controller.fabric.outside_loops import OutsideLoops
from controller.fabric.probe_limits import ProbeLimits
from controller.fabric.settling import Moved, Settling
from controller.fabric.underlay_paths import UnderlayPaths
from controller.intent.model import IpAddress, SegmentKey
from controller.lookup import aim, network_units, second_units, switch_unit, tree_unit
from controller.situation import Situation
from controller.touched import Touched

AIMED_AT_ONCE = 50
"""How many networks are aimed in the time in which one unit is compiled, roughly."""


@dataclass(frozen=True, slots=True)
class HostSession:
    """A session with a host's database."""

    peer: str
    """The other end: where the host came from, or where it was connected to."""
    is_dialled: bool = False
    """Whether the daemon opened it, and not the host."""
    has_joined: bool = False
    """Whether the host had all that it should, once."""


class Consequences(Answers):
    """State of one daemon, and what is made of it."""

    def __init__(self) -> None:
        super().__init__()
        self._keys: dict[str, SegmentKey] = {}
        self._second_keys: dict[str, SegmentKey] = {}
        self.settling = Settling()
        self.loops = OutsideLoops()
        self.hosts: dict[str, HostSession] = {}
        """Of hosts whose database has one, by switch."""
        self.departures = Departures(self._remember)
        self.endpoints: dict[str, IpAddress] = {}
        """What hosts said last of their tunnel endpoints, by switch."""
        self._probe_limits = ProbeLimits()
        self.situation = Situation(
            keys=self._keys,
            second_keys=self._second_keys,
            whereabouts=self.settling.whereabouts,
            blocked=self.loops.blocked,
            unheard=self._probe_limits.unheard,
        )
        self.paths = UnderlayPaths()
        self.discovery = Discovery()
        self.damping: Damping[Link] = Damping()
        self.revision = 0
        """Grows with every change of what `memory` returns."""
        self.layout = 0
        """Grows whenever it may have changed which switches share an overlay network."""
        self.has_memory = False
        """Whether it began with links that a predecessor had found."""
        self.waiting: Collection[str] = ()
        """Connected switches that still do what they were told before their session began: as if they had none."""
        self.at_gates: Collection[str] = ()
        """The same, and those of which it is not known what they were told. Of trees it is: they say what they hold."""
        self._touched = Touched()
        self._links_are_stale = False
        self._now: float | None = None
        """Time of the last tick; links are not damped before the first one."""

    def _remember(self) -> None:
        self.revision += 1

    def confirmed(self, switches: Collection[str], *, is_rested: bool = True) -> bool:
        """These switches hold what they were told so far, so what takes several steps may go on. Whether it does.

        Those in `waiting` count as without session, whether they are named or not. `is_rested` says that frames which
        were sent before they confirmed are not on their way any more.
        """
        if self._links_are_stale:
            return False
        moved = self.settling.advance(
            self.fabric.links, self._followers(), switches, is_rested=is_rested, at_gates=self.at_gates
        )
        self._take_up(moved)
        return bool(moved)

    @property
    def is_dirty(self) -> bool:
        """Whether something was touched that is not compiled yet."""
        return self._links_are_stale or bool(self._touched)

    @property
    def pending(self) -> int:
        """Roughly how many units that is; the links count as one."""
        return self._links_are_stale + len(self._touched)

    def changes(self, limit: int | None = None) -> list[Change]:
        """Compile what was touched, at most `limit` switches and networks; the rest is for the next call."""
        if self._links_are_stale:
            # Once for all events: paths and trees of hundreds of switches take a tenth of a second.
            self._refresh_links()
        for network in self._touched.take_to_aim(limit and limit * AIMED_AT_ONCE):
            aim(self.situation, network)
        if self._touched.networks:
            return []
        self._take_up(self.settling.reach())
        flooding, switches, networks = self._touched.take(limit)
        changes: list[Change] = []
        for name in flooding:
            if name in self.fabric.switches:
                changes += self.compiler.compile_trees(tree_unit(self.situation, name))
        for name in switches:
            if name in self.fabric.switches:
                changes += self.compiler.compile_switch(switch_unit(self.situation, name))
        for network in networks:
            changes += self.compiler.compile_network(network, network_units(self.situation, network))
            changes += self.compiler.compile_network(beside(network), second_units(self.situation, network))
        return changes

    def recompile(self, name: str) -> None:
        """Have all of a switch compiled anew, as it was found to be remembered wrongly."""
        self._touched.switches.add(name)
        self._touched.networks.update(map(network_of, self.compiler.networks_on(name)), self.situation.intent.networks)
        self.compiler.forget_switch(name)

    def _followers(self) -> list[str]:
        """Switches that do what they are told."""
        return [name for name in self.connected_switches() if name not in self.waiting]

    def _flooding_as_told(self) -> list[str]:
        """Those whose trees are the ones that they were told."""
        return [name for name in self._followers() if name not in self.at_gates]

    def _put_view(self, view: SwitchView) -> None:
        self.revision += 1
        switches = {**self.fabric.switches, view.name: view}
        self.situation = replace(self.situation, fabric=replace(self.fabric, switches=switches))

    def _refresh_links(self) -> None:
        self._links_are_stale = False
        links = frozenset(link for link in self.discovery.links() if self._can_carry(link))
        if self._now is not None:
            links = self.damping.admit(links, self._now)
        intent = self.situation.intent.fabric
        names, costs = intent.switches.keys(), link_costs(intent, links)
        if links == self.fabric.links and self.settling.names == names and self.settling.costs == costs:
            return
        self.situation = replace(self.situation, fabric=replace(self.fabric, links=links))
        self._touched.switches.update(self.fabric.switches)
        had_links = self.situation.routes.had_links
        self._take_up(self.settling.retarget(names, links, self._flooding_as_told(), costs))
        if not had_links and self.situation.routes.had_links:
            # Networks on VLANs can have ports on several switches from now on.
            self._touched.networks.update(self._keys)

    def _take_up(self, moved: Moved) -> None:
        if moved:
            settling = self.settling
            self.situation = replace(
                self.situation,
                floods=settling.floods,
                routes=settling.routes,
                protection=settling.protection,
                barred=settling.barred,
            )
            self._touched.switches.update(moved.switches & self.fabric.switches.keys())
            self._touched.flooding.update(moved.flooding & self.fabric.switches.keys())
            self._touched.networks.update(moved.networks)

    def _can_carry(self, link: Link) -> bool:
        return self.announces(link.a) and self.announces(link.b)
