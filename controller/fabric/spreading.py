"""How addresses of a VLAN network get known on switches: from where they are outwards, and back in the same way.

A frame for a known address goes from switch to switch by what each of them knows. A switch that does not know the
address floods the frame, also back to where it came from. So this must hold at every moment, whoever has confirmed
what: *a switch knows an address only if every switch to which it may send knows it too*. Hence addresses spread in
steps. The switch that has the address comes first, then those that send directly to it, and so on, each step when the
switches confirmed the one before. An address is withdrawn in the opposite order. One that moves to another switch is
withdrawn and then spreads anew; meanwhile frames for it are flooded, which finds it wherever it is.

While it is withdrawn, the switch that had it keeps handing frames over (the guest may just be silent), or drops them
where the port is gone. A new network is known everywhere at once, since nobody sends in it yet.

Times do not matter here: a step is taken when somebody says that the one before is confirmed. What a switch confirms
is its tables, though, not that the frames which it sent before have arrived, so nobody forgets an address until
somebody says that they have.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from controller.intent.model import SegmentKey

Switches: TypeAlias = frozenset[str]
_NOBODY: Switches = frozenset()


@dataclass(frozen=True, slots=True)
class Home:
    """Where an address is."""

    switch: str
    port: str


@dataclass(slots=True)
class Spread:
    """The addresses of one network, and who knows them."""

    segment: SegmentKey
    wanted: Mapping[int, Home]
    carriers: Mapping[str, Switches]
    """For each switch with a port of the network, who is to know the addresses there."""
    homes: dict[int, Home] = field(init=False)
    """Where each address is as far as switches were told."""
    moving: dict[int, Switches] = field(default_factory=dict)
    """Who was told of those addresses that not all who should know do, or some who should not."""

    def __post_init__(self) -> None:
        self.homes = dict(self.wanted)

    def knowing(self, mac: int) -> Switches:
        """The switches that were told of an address, besides the one that has it."""
        known = self.moving.get(mac)
        return self.carriers.get(self.homes[mac].switch, _NOBODY) if known is None else known

    def is_leaving(self, mac: int) -> bool:
        """Whether the address is being withdrawn from where it is."""
        wanted = self.wanted.get(mac)
        return wanted is None or wanted.switch != self.homes[mac].switch

    def aim(self, wanted: Mapping[int, Home], carriers: Mapping[str, Switches]) -> None:
        """From now on addresses are to be at `wanted`, and known to `carriers`."""
        known = {mac: self.knowing(mac) for mac in self.homes}
        self.wanted, self.carriers = wanted, carriers
        for mac in known:
            if not self.is_leaving(mac):
                self.homes[mac] = wanted[mac]
            elif not known[mac] and mac not in self.moving:
                # Nobody else ever knew it.
                del self.homes[mac]
        for mac, home in wanted.items():
            if mac not in self.homes:
                self.homes[mac] = home
                known[mac] = _NOBODY
        self.moving = {mac: known[mac] for mac in self.homes if self.is_leaving(mac) or known[mac] != self._target(mac)}

    @property
    def has_leaving(self) -> bool:
        """Whether an address is being withdrawn from where it is."""
        return any(map(self.is_leaving, self.moving))

    def step(
        self, neighbours: Callable[[str, str], Collection[str]], connected: Collection[str], is_rested: bool
    ) -> bool:
        """Everything told so far is confirmed: tell whom it may now be told. Whether there was somebody.

        `neighbours` gives for (switch, destination) to whom the switch may be sending. Only if `is_rested`, that is if
        frames that were sent before the last confirmation have arrived, somebody may forget an address.
        """
        has_changed = False
        for mac, known in list(self.moving.items()):
            if self.is_leaving(mac) and not known:
                if is_rested:
                    self._leave(mac)
                    has_changed = True
                continue
            home, target = self.homes[mac].switch, self._target(mac)
            joining = {
                switch
                for switch in target - known
                if switch in connected and _may_join(neighbours(switch, home), known, home)
            }
            used = {neighbour for switch in known for neighbour in neighbours(switch, home)}
            after = (known | joining) - (known - target - used if is_rested else _NOBODY)
            has_changed |= after != known
            if after == target and not self.is_leaving(mac):
                del self.moving[mac]
            else:
                self.moving[mac] = after
        return has_changed

    def _target(self, mac: int) -> Switches:
        return _NOBODY if self.is_leaving(mac) else self.carriers.get(self.homes[mac].switch, _NOBODY)

    def _leave(self, mac: int) -> None:
        del self.homes[mac], self.moving[mac]
        home = self.wanted.get(mac)
        if home is not None:
            self.homes[mac] = home
            if self._target(mac):
                self.moving[mac] = _NOBODY


def _may_join(neighbours: Collection[str], known: Switches, home: str) -> bool:
    return bool(neighbours) and all(neighbour == home or neighbour in known for neighbour in neighbours)


@dataclass(slots=True)
class Spreading:
    """All networks; those *in motion* take a step whenever the one before is confirmed, others wait to begin."""

    by_network: dict[str, Spread] = field(default_factory=dict)
    in_motion: set[str] = field(default_factory=set)
    waiting: set[str] = field(default_factory=set)

    def aim(
        self, network: str, segment: SegmentKey, wanted: Mapping[int, Home], carriers: Mapping[str, Switches]
    ) -> None:
        """The network's addresses are to be there, and known to `carriers`."""
        spread = self.by_network.get(network)
        if spread is None or spread.segment != segment:
            self.forget(network)
            self.by_network[network] = Spread(segment, wanted, carriers)
            return
        spread.aim(wanted, carriers)
        if spread.moving and network not in self.in_motion:
            self.waiting.add(network)

    def forget(self, network: str) -> None:
        """The network is not there any more, or not on VLANs."""
        self.by_network.pop(network, None)
        self.in_motion.discard(network)
        self.waiting.discard(network)

    def begin(self) -> None:
        """Let all networks that wait take steps."""
        self.in_motion |= self.waiting
        self.waiting.clear()

    def step(
        self,
        neighbours: Callable[[str, str], Collection[str]],
        connected: Collection[str],
        is_confirmed: Callable[[str], bool],
        is_rested: bool,
    ) -> frozenset[str]:
        """Take the next step in those networks whose last one is confirmed. The networks with changes."""
        changed = set()
        for network in [network for network in self.in_motion if is_confirmed(network)]:
            spread = self.by_network[network]
            if spread.step(neighbours, connected, is_rested):
                changed.add(network)
            elif is_rested or not spread.has_leaving:
                self.in_motion.discard(network)
                if spread.moving:
                    # Not rested, or a switch without session is in the way; it is tried again when something happens.
                    self.waiting.add(network)
        return frozenset(changed)
