"""Where the addresses of VLAN networks are, as far as other switches were told, and which switches have members.

Who sends to a known address names the switch that has it; the switches between need not know the address. A frame that
is named wrongly is lost, it never strays. So all that is at stake here is not to lose frames, and the rule is short:

- An address is told to others once the switch that has it confirmed that it hands frames over. Until then others flood,
  which finds it wherever it is.
- One that is gone, or at another switch by now, is untold at once; the switch where it was goes on handing over what
  was sent there, until all others have confirmed and what they sent before has arrived.
- While its guest migrates it stands by at a second switch. Others are told of that, too, once that switch confirmed;
  so when the guest goes on there nobody has to be untold.

A new network is told everywhere at once, since nobody sends in it yet.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace

from controller.fabric.trees import TREES
from controller.intent.model import SegmentKey

MOST_PAST = 1024
"""How many addresses of a network are remembered at most for being where they were."""


@dataclass(frozen=True, slots=True)
class Home:
    """Where an address is."""

    switch: str
    port: str
    standby: str | None = None
    """A second switch where it is."""

    @property
    def switches(self) -> tuple[str, ...]:
        """All where it is."""
        return (self.switch, self.standby) if self.standby else (self.switch,)


@dataclass(slots=True)
class Directory:
    """The addresses of one network."""

    segment: SegmentKey
    wanted: Mapping[int, Home]
    """Where they are."""
    members: frozenset[str]
    """Switches with a port of the network."""
    told: Mapping[int, Home] = field(init=False)
    """Those that others were told of."""
    past: dict[tuple[int, str], Home] = field(default_factory=dict)
    """By address and switch where others may still send, though the address is not there any more."""

    def __post_init__(self) -> None:
        self.told = self.wanted

    @property
    def is_pending(self) -> bool:
        """Whether there is something to tell or to end."""
        return self.told != self.wanted or bool(self.past)

    def aim(self, wanted: Mapping[int, Home], members: frozenset[str]) -> None:
        """From now on the addresses are at `wanted`."""
        told: dict[int, Home] = {}
        for mac, home in self.told.items():
            now = wanted.get(mac)
            if now is not None and now.switch in home.switches:
                told[mac] = now if now.standby == home.standby else replace(now, standby=None)
            elif len(self.past) < MOST_PAST:
                self.past[mac, home.switch] = home
        self.wanted, self.members = wanted, members
        is_alone = len(members) < 2
        self.told = wanted if told == wanted or is_alone else told
        self.past = {at: home for at, home in self.past.items() if home.switch in members and not is_alone}

    def step(self, confirmed: Collection[str], reached: Collection[str], *, is_rested: bool) -> bool:
        """Tell others of what switches in `confirmed` have, if they are in `reached`. Whether that changed something.

        `reached` are those that all switches know a way to. Only if `is_rested`, that is if frames that were sent
        before the last confirmation have arrived, what was sent to where addresses were is over.
        """
        able = frozenset(confirmed) & frozenset(reached)
        told = {
            mac: self._as_told(mac, home, able)
            for mac, home in self.wanted.items()
            if mac in self.told or home.switch in able
        }
        has_changed = told != self.told
        self.told = self.wanted if told == self.wanted else told
        if not has_changed and is_rested and self.past and self.members <= frozenset(confirmed):
            self.past.clear()
            has_changed = True
        return has_changed

    def _as_told(self, mac: int, home: Home, able: Collection[str]) -> Home:
        """A home, with its standby if others were told of it or can be."""
        known = self.told.get(mac)
        is_told = home.standby in able or (known is not None and known.standby == home.standby)
        return home if is_told else replace(home, standby=None)


@dataclass(slots=True)
class Whereabouts:
    """All VLAN networks."""

    by_network: dict[str, Directory] = field(default_factory=dict)
    reach_revision: int = 0
    """Grows when `goals` or `members_of` would answer otherwise."""
    _pending: set[str] = field(default_factory=set)
    _spans: dict[str, tuple[frozenset[int], frozenset[str]]] = field(default_factory=dict)
    """For each network on several switches the trees that it floods along, and the switches."""
    _answers: dict[int | None, frozenset[str]] = field(default_factory=dict)
    """What was asked since that grew last: by tree, or None for all."""
    _members: tuple[Counter[str], ...] = field(default_factory=lambda: tuple(Counter() for _ in range(TREES)))

    @property
    def is_pending(self) -> bool:
        """Whether there are networks with something to tell or to end."""
        return bool(self._pending)

    def aim(self, network: str, segment: SegmentKey, wanted: Mapping[int, Home], members: frozenset[str]) -> None:
        """The network's addresses are to be there."""
        directory = self.by_network.get(network)
        if directory is None or directory.segment != segment:
            self.by_network[network] = Directory(segment, wanted, members)
            self._pending.discard(network)
            return
        directory.aim(wanted, members)
        if directory.is_pending:
            self._pending.add(network)

    def is_told(self, network: str) -> bool:
        """Whether all know where the network's addresses are."""
        directory = self.by_network.get(network)
        return directory is None or directory.told == directory.wanted

    def forget(self, network: str) -> None:
        """The network is not there any more, or not on VLANs."""
        self.by_network.pop(network, None)
        self._pending.discard(network)

    def span(self, network: str, trees: frozenset[int], members: frozenset[str]) -> None:
        """The network floods along these trees between these switches; between fewer than two it does not."""
        old = self._spans.get(network)
        new = (trees, members) if trees and len(members) > 1 else None
        if old == new:
            return
        for span, by in ((new, 1), (old, -1)):
            for tree in span[0] if span else ():
                self._count(self._members[tree], span[1] if span else (), by)
        if new:
            self._spans[network] = new
        else:
            del self._spans[network]

    def members_of(self, tree: int) -> frozenset[str]:
        """Switches between which networks flood along a tree."""
        return self._asked(tree, lambda: frozenset(self._members[tree]))

    def goals(self) -> frozenset[str]:
        """Switches to which others may have to send."""
        return self._asked(None, lambda: frozenset().union(*self._members))

    def step(self, confirmed: Collection[str], reached: Collection[str], *, is_rested: bool) -> frozenset[str]:
        """Take the next step in all networks that wait for one. The networks with changes."""
        changed = set()
        for network in sorted(self._pending):
            directory = self.by_network[network]
            if directory.step(confirmed, reached, is_rested=is_rested):
                changed.add(network)
            if not directory.is_pending:
                self._pending.discard(network)
        return frozenset(changed)

    def _count(self, counter: Counter[str], switches: Collection[str], by: int) -> None:
        before = len(counter)
        counter.update(dict.fromkeys(switches, by))
        for switch in switches:
            if not counter[switch]:
                del counter[switch]
        # Switches that came and went in equal number are not the same ones, but `span` counts up before it counts down.
        if len(counter) != before:
            self.reach_revision += 1
            self._answers.clear()

    def _asked(self, tree: int | None, answer: Callable[[], frozenset[str]]) -> frozenset[str]:
        """An answer that is remembered, as each switch asks for it."""
        if tree not in self._answers:
            self._answers[tree] = answer()
        return self._answers[tree]
