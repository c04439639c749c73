"""Next hops as switches have them, and how they change from one set of paths to another.

Each set of paths is free of circles, a mixture of two need not be: while one switch follows the old paths to a
destination and its neighbour the new ones, a frame can go back and forth. So next hops change in rounds. At any time
`may` says for each destination to whom each switch may be sending: by what it was told last, and by what it was told
before, until it confirmed. A switch is told its new next hop only when that keeps `may` free of circles; the others
wait until the switches have confirmed. In the order of distance this ends: whoever is next to the destination never
has to wait, and then its neighbours need not.

A switch that had no next hop at all is told at once, as no frame follows it yet. A switch without session keeps what
it was told before as long as it is silent, and others are not sent into a circle through it.

The same idea as ordered FIB updates (RFC 6976), without its timers: here each round is confirmed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from controller.fabric.model import End
from controller.fabric.paths import Hop, Paths

_NOWHERE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Routes:
    """Next hops at one moment; all mappings are destination -> switch -> what is said there."""

    told: Mapping[str, Mapping[str, Hop]] = field(default_factory=dict)
    """What each switch was told last."""
    may: Mapping[str, Mapping[str, frozenset[str]]] = field(default_factory=dict)
    """Of destinations in transition: all neighbours to which the switch may be sending."""
    wanted: Mapping[str, Mapping[str, Hop]] = field(default_factory=dict)
    """Of destinations in transition: what each switch is to have in the end."""
    had_links: bool = False
    """Whether there ever was a link, so that flows may use next hops that are gone by now."""
    _carriers: dict[frozenset[str], Mapping[str, frozenset[str]]] = field(default_factory=dict, compare=False)

    @staticmethod
    def of(paths: Paths) -> Routes:
        """All switches follow these paths."""
        told = {destination: paths.towards(destination) for destination in paths.graph}
        return Routes(told, had_links=any(told.values()))

    def exit(self, switch: str, destination: str) -> End | None:
        """The interface by which `switch` is to send to `destination`; None when it cannot, or is there."""
        hop = self.told.get(destination, {}).get(switch)
        return hop.exit if hop else None

    def neighbours(self, switch: str, destination: str) -> Collection[str]:
        """To whom `switch` may be sending what is for `destination`; several until it confirmed the last change."""
        if destination in self.may:
            return self.may[destination].get(switch, _NOWHERE)
        hop = self.told.get(destination, {}).get(switch)
        return (hop.switch,) if hop else ()

    def carriers(self, members: frozenset[str]) -> Mapping[str, frozenset[str]]:
        """For each member, the switches that send to it what comes from other members, now or once all is settled."""
        known = self._carriers.get(members)
        if known is None:
            known = {destination: self._carriers_to(destination, members) for destination in members}
            self._carriers[members] = known
        return known

    def _carriers_to(self, destination: str, members: frozenset[str]) -> frozenset[str]:
        wanted = self.wanted.get(destination, {})
        found: set[str] = set()
        waiting = [member for member in members if member != destination]
        while waiting:
            switch = waiting.pop()
            if switch in found or switch == destination:
                continue
            then = set(self.neighbours(switch, destination))
            if switch in wanted:
                then.add(wanted[switch].switch)
            if then:
                found.add(switch)
                waiting.extend(then)
        return frozenset(found)


@dataclass(slots=True)
class RouteTransition:
    """What switches were told, and what they are to be told."""

    _told: dict[str, dict[str, Hop]] = field(default_factory=dict)
    _may: dict[str, dict[str, set[str]]] = field(default_factory=dict)
    _wanted: dict[str, Mapping[str, Hop]] = field(default_factory=dict)
    _had_links: bool = False

    @property
    def is_settled(self) -> bool:
        """Whether every switch has confirmed the next hops that it is to have."""
        return not self._may

    def snapshot(self) -> Routes:
        """The next hops at this moment."""
        return Routes(
            {destination: dict(hops) for destination, hops in self._told.items()},
            {
                destination: {switch: frozenset(neighbours) for switch, neighbours in may.items()}
                for destination, may in self._may.items()
            },
            dict(self._wanted),
            self._had_links,
        )

    def retarget(self, paths: Paths) -> frozenset[str]:
        """Want other paths. The destinations that this concerns."""
        self._had_links |= paths.graph.number_of_edges() > 0
        for destination in {*paths.graph, *self._told}:
            wanted, told = paths.towards(destination), self._told.setdefault(destination, {})
            if wanted != told or destination in self._may:
                self._wanted[destination] = wanted
                may = self._may.setdefault(destination, {switch: {hop.switch} for switch, hop in told.items()})
                for switch in may.keys() - paths.graph.nodes:
                    del may[switch]
                self._tell(destination, is_first=True)
        for destination in self._told.keys() - paths.graph.nodes:
            del self._told[destination]
            self._forget(destination)
        return frozenset(self._may)

    def advance(self, connected: Collection[str]) -> frozenset[str]:
        """The connected switches have what they were told. The destinations for which that changed something."""
        changed = set()
        for destination, may in list(self._may.items()):
            told, before = self._told[destination], {switch: set(neighbours) for switch, neighbours in may.items()}
            for switch in may.keys() & set(connected):
                may[switch] = {told[switch].switch} if switch in told else set()
            has_moved = self._tell(destination, is_first=False)
            is_exact = all({hop.switch} == may.get(switch) for switch, hop in told.items())
            if told == self._wanted[destination] and is_exact and not any(may[s] for s in may.keys() - told.keys()):
                self._forget(destination)
                changed.add(destination)
            elif has_moved or before != may:
                changed.add(destination)
        return frozenset(changed)

    def _forget(self, destination: str) -> None:
        self._may.pop(destination, None)
        self._wanted.pop(destination, None)

    def _tell(self, destination: str, *, is_first: bool) -> bool:
        """Tell switches what does not make a circle. Whether any was told something."""
        told, may, wanted = self._told[destination], self._may[destination], self._wanted[destination]
        has_moved = False
        for switch in told.keys() - wanted.keys():
            del told[switch]
            has_moved = True
        for switch, hop in wanted.items():
            before = told.get(switch)
            if before == hop or (is_first and before is not None):
                continue
            if hop.switch not in may.get(switch, ()) and _leads_to(may, hop.switch, switch):
                continue
            told[switch] = hop
            may.setdefault(switch, set()).add(hop.switch)
            has_moved = True
        return has_moved


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
