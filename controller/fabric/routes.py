"""Next hops as switches have them, and how they change from one set of paths to another.

Each set of paths is free of circles, a mixture of two need not be: while one switch follows the old paths to a
destination and its neighbour the new ones, a frame can go back and forth. So next hops change in rounds. At any time
it is known for each goal to whom each switch may be sending: by what it was told last, and by what it was told before,
until it confirmed. A switch is told its new next hop only when that keeps all these free of circles; the others wait
until the switches have confirmed. In the order of distance this ends: whoever is next to the destination never has to
wait, and then its neighbours need not.

A switch that had no next hop at all is told at once, as no frame follows it yet; so are all switches of a goal that is
new. A switch without session keeps what it was told before as long as it is silent, and others are not sent into a
circle through it.

The same idea as ordered FIB updates (RFC 6976), without its timers: here each round is confirmed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from controller.fabric.paths import PLANES, Goal, Hop, Paths

Hops = Mapping[str, Hop]


@dataclass(frozen=True, slots=True)
class Routes:
    """Next hops at one moment."""

    told: Mapping[Goal, Hops] = field(default_factory=dict)
    """For each goal, in order, what each switch was told last."""
    had_links: bool = False
    """Whether there ever was a link, so that VLAN networks can be on more than one switch."""

    @staticmethod
    def of(paths: Paths) -> Routes:
        """All switches follow these paths, and each is a goal."""
        goals = [Goal(switch, plane) for switch in paths.graph for plane in range(PLANES)]
        return Routes({goal: paths.towards(goal) for goal in goals}, had_links=bool(paths.hops))


@dataclass(slots=True)
class RouteTransition:
    """What switches were told, and what they are to be told."""

    _told: dict[Goal, dict[str, Hop]] = field(default_factory=dict)
    _may: dict[Goal, dict[str, set[str]]] = field(default_factory=dict)
    _wanted: dict[Goal, Hops] = field(default_factory=dict)
    _had_links: bool = False

    @property
    def is_settled(self) -> bool:
        """Whether every switch has confirmed the next hops that it is to have."""
        return not self._may

    def may_send(self, switch: str, goal: Goal) -> Collection[str]:
        """To whom a switch may be sending; several until it confirmed the last change."""
        if goal in self._may:
            return self._may[goal].get(switch, ())
        hop = self._told.get(goal, {}).get(switch)
        return (hop.switch,) if hop else ()

    def snapshot(self) -> Routes:
        """The next hops at this moment."""
        return Routes({goal: dict(self._told[goal]) for goal in sorted(self._told)}, self._had_links)

    def retarget(self, paths: Paths, switches: Collection[str]) -> frozenset[str]:
        """Want these paths, to these switches as goals. Whom that changes something for."""
        self._had_links |= bool(paths.hops)
        goals = {Goal(switch, plane) for switch in switches for plane in range(PLANES)}
        changed: set[str] = set()
        for goal in self._told.keys() - goals:
            del self._told[goal]
            self._forget(goal)
            changed.update(paths.graph)
        for goal in sorted(goals):
            wanted, told = paths.towards(goal), self._told.get(goal)
            if told is None:
                self._told[goal] = dict(wanted)
                changed.update(paths.graph)
            elif wanted != told or goal in self._may:
                self._wanted[goal] = wanted
                may = self._may.setdefault(goal, {switch: {hop.switch} for switch, hop in told.items()})
                for switch in may.keys() - paths.graph.nodes:
                    del may[switch]
                changed |= self._tell(goal)
        return frozenset(changed)

    def advance(self, connected: Collection[str]) -> frozenset[str]:
        """The connected switches have what they were told. Who was told something else since."""
        changed: set[str] = set()
        for goal, may in list(self._may.items()):
            told = self._told[goal]
            for switch in may.keys() & set(connected):
                may[switch] = {told[switch].switch} if switch in told else set()
            changed |= self._tell(goal)
            is_exact = all({hop.switch} == may.get(switch) for switch, hop in told.items())
            if told == self._wanted[goal] and is_exact and not any(may[s] for s in may.keys() - told.keys()):
                self._forget(goal)
        return frozenset(changed)

    def _forget(self, goal: Goal) -> None:
        self._may.pop(goal, None)
        self._wanted.pop(goal, None)

    def _tell(self, goal: Goal) -> set[str]:
        """Tell switches what does not make a circle; those who were told something."""
        told, may, wanted = self._told[goal], self._may[goal], self._wanted[goal]
        changed = told.keys() - wanted.keys()
        for switch in changed:
            del told[switch]
        for switch, hop in wanted.items():
            if told.get(switch) == hop:
                continue
            if hop.switch not in may.get(switch, ()) and _leads_to(may, hop.switch, switch):
                continue
            told[switch] = hop
            may.setdefault(switch, set()).add(hop.switch)
            changed.add(switch)
        return changed


def _leads_to(may: Mapping[str, Collection[str]], start: str, goal: str) -> bool:
    waiting, seen = [start], set()
    while waiting:
        switch = waiting.pop()
        if switch == goal:
            return True
        if switch not in seen:
            seen.add(switch)
            waiting.extend(may.get(switch, ()))
    return False
