"""Gives each network its segment key, and remembers, as a value, who holds which.

`allocate` is a function of the intent, a `KeyLedger` and the time; the ledger it returns is what to pass the next time
(and to store: `controller.state_directory`). Networks are served in the order of their ids, so that equal inputs give
equal results, in these steps:

1. Keys that the operator chose. They are obeyed even in quarantine; where an allocated network has such a key, that
   network is moved to another and the move is reported.
2. Keys in the ledger. A network keeps its key whatever happens to other networks or to the pools, as long as its
   segment stays what the operator asks for. An `auto` network keeps the kind of segment too: it does not go back to a
   VLAN when one becomes free, nor follow a changed `overlay`. Only a VLAN that has become reserved is given up.
3. New keys: the lowest one of the pool that nobody holds and that is not in quarantine. `auto` takes a VLAN, and when
   there is none an overlay key, unless one of its ports is on a switch without tunnel endpoint: then it must be a VLAN.

A key that was given up is in quarantine for a day, because switches that are down and VTEPs of others may still know
it. It is given out sooner only when a network would get none otherwise; then the one released first.

Tunnel IDs are given out so that no two overlay networks share one, whatever their encapsulations.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from controller.intent.key_pool import KeyPool
from controller.intent.model import Intent, Network, Segment, SegmentKey
from controller.intent.moves import Unsettled

QUARANTINE = 86_400.0
"""Seconds for which a released key is not given out unless no other is left."""


@dataclass(frozen=True, slots=True)
class KeyLedger:
    """Which network holds which key, by network id; and when each key in quarantine was released (POSIX time).

    A network that moves from key to key holds the new one already; `unsettled` says where it stands.
    """

    held: Mapping[str, SegmentKey] = field(default_factory=dict)
    released: Mapping[SegmentKey, float] = field(default_factory=dict)
    unsettled: Unsettled = field(default_factory=Unsettled)


@dataclass(frozen=True, slots=True)
class AllocationProblem:
    """What an operator should know about one network's key."""

    network: str
    what: str
    instead: str
    fatal: bool
    """Whether the network has no key, and so does not work."""

    def __str__(self) -> str:
        return f"{self.what}; {self.instead}"


def allocate(
    intent: Intent, ledger: KeyLedger, now: float
) -> tuple[KeyLedger, Mapping[str, SegmentKey], tuple[AllocationProblem, ...]]:
    """The new ledger, the key of each network that has one by network id, and problems by network.

    `now` is POSIX time in seconds. Networks whose id is missing from the mapping have a fatal problem.
    """
    return _Allocation(intent, ledger, now).run()


class _Allocation:
    """One run of `allocate`."""

    def __init__(self, intent: Intent, ledger: KeyLedger, now: float) -> None:
        self._intent = intent
        self._fabric = intent.fabric
        self._ledger = ledger
        self._now = now
        self._networks = [intent.networks[name] for name in sorted(intent.networks)]
        self._given: dict[str, SegmentKey] = {}
        self._owner: dict[SegmentKey, str] = {}
        self._problems: list[AllocationProblem] = []
        self._grounded = _ports_without_endpoint(intent)

    def run(self) -> tuple[KeyLedger, Mapping[str, SegmentKey], tuple[AllocationProblem, ...]]:
        self._give_chosen()
        self._give_held()
        released = self._released()
        self._give_new(released)
        held = {name: self._given[name] for name in sorted(self._given)}
        taken = set(held.values())
        released = {key: released[key] for key in sorted(released) if key not in taken}
        problems = sorted(self._problems, key=lambda problem: problem.network)
        return KeyLedger(held, released, self._ledger.unsettled), held, tuple(problems)

    def _give_chosen(self) -> None:
        for network in self._networks:
            if network.key is None:
                continue
            key = SegmentKey(network.segment, network.key)
            if key in self._owner:
                what = f"network {network.id} asks for {key}, which network {self._owner[key]} has"
                self._report(network, what, "choose another key", fatal=True)
            else:
                self._give(network, key)

    def _give_held(self) -> None:
        for network in self._networks:
            key = self._ledger.held.get(network.id)
            if network.key is not None or key is None or network.segment not in (Segment.AUTO, key.segment):
                continue
            if key in self._owner:
                what = f"network {network.id} gives up {key}, which network {self._owner[key]} now asks for by number"
                self._report(network, what, "the other waits until all switches have changed")
            elif not key.is_tunnel and any(key.key in reserved for reserved in self._fabric.reserved):
                self._report(network, f"network {network.id} gives up {key}, which is now reserved", "none is needed")
            else:
                self._give(network, key)
                if key.is_tunnel and network.segment is Segment.AUTO and network.id in self._grounded:
                    what = f"network {network.id} became an overlay ({key}), and {self._grounded[network.id]}"
                    self._report(network, what, "give the switch an endpoint, or the network segment: vlan")

    def _released(self) -> dict[SegmentKey, float]:
        """Keys in quarantine: those of the ledger that still are, and those given up now."""
        # A clock that was set back must not end a quarantine early, nor make it last for years.
        cooling = {
            key: min(since, self._now)
            for key, since in self._ledger.released.items()
            if self._now - since < QUARANTINE and key not in self._owner
        }
        cooling.update((key, self._now) for key in self._ledger.held.values() if key not in self._owner)
        return cooling

    def _give_new(self, released: Mapping[SegmentKey, float]) -> None:
        vlans = KeyPool(
            self._fabric.vlans, self._fabric.reserved, self._used(tunnel=False), _of_kind(released, tunnel=False)
        )
        tunnels = KeyPool(self._fabric.keys, (), self._used(tunnel=True), _of_kind(released, tunnel=True))
        for network in self._networks:
            if network.id in self._given or network.key is not None:
                continue
            if network.segment is Segment.VLAN:
                self._take(network, Segment.VLAN, vlans)
            elif network.segment is not Segment.AUTO:
                self._take(network, network.segment, tunnels)
            elif (vlan := vlans.take()) is not None:
                self._give(network, SegmentKey(Segment.VLAN, vlan))
            elif network.id not in self._grounded:
                self._take(network, self._fabric.overlay, tunnels)
            elif (vlan := vlans.take(urgent=True)) is not None:
                self._give(network, SegmentKey(Segment.VLAN, vlan))
            else:
                what = f"no key is left in vlans ({vlans}: {vlans.size:,} keys) for network {network.id}"
                what = f"{what}, which cannot become an overlay: {self._grounded[network.id]}"
                self._report(network, what, "widen vlans, remove networks, or give the switch an endpoint", fatal=True)

    def _take(self, network: Network, segment: Segment, pool: KeyPool) -> None:
        key = pool.take(urgent=True)
        if key is not None:
            self._give(network, SegmentKey(segment, key))
            return
        name = "vlans" if segment is Segment.VLAN else "keys"
        what = f"no key is left in {name} ({pool}: {pool.size:,} keys) for network {network.id}"
        other = ", or make some networks segment: vxlan" if segment is Segment.VLAN else ""
        self._report(network, what, f"widen {name} in fabric, or remove networks{other}", fatal=True)

    def _used(self, tunnel: bool) -> set[int]:
        return {key.key for key in self._owner if key.is_tunnel is tunnel}

    def _give(self, network: Network, key: SegmentKey) -> None:
        self._given[network.id] = key
        self._owner[key] = network.id

    def _report(self, network: Network, what: str, instead: str, fatal: bool = False) -> None:
        self._problems.append(AllocationProblem(network.id, what, instead, fatal))


def _of_kind(released: Mapping[SegmentKey, float], tunnel: bool) -> dict[int, float]:
    """Released keys by number; one released in two encapsulations counts from the later time."""
    result: dict[int, float] = {}
    for key, since in released.items():
        if key.is_tunnel is tunnel:
            result[key.key] = max(since, result.get(key.key, since))
    return result


def _ports_without_endpoint(intent: Intent) -> dict[str, str]:
    """For each network that cannot be an overlay, by id: why, as a clause about one port."""
    return dict(_reasons(intent))


def _reasons(intent: Intent) -> Iterable[tuple[str, str]]:
    for name in sorted(intent.ports, reverse=True):
        port = intent.ports[name]
        switch = intent.fabric.switches.get(port.switch or "")
        if switch and switch.endpoint is None:
            for network in port.networks:
                yield network, f"port {port.id} is on switch {switch.name}, which has no endpoint"
