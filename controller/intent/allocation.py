"""Gives each network its segment key, and remembers, as a value, who holds which.

`allocate` is a function of the intent, a `KeyLedger` and the time; the ledger it returns is what to pass the next time
(and to store: `controller.ledger_files`). Networks are served in the order of their ids, so that equal inputs give
equal results, in these steps:

1. Keys that the operator chose. They are obeyed even in quarantine; where an allocated network has such a key, that
   network is moved to another and the move is reported.
2. Keys in the ledger. A network keeps its key whatever happens to other networks or to the pools, as long as its
   segment stays what the operator asks for. An `auto` network keeps the kind of segment too: it does not go back to a
   VLAN when one becomes free, nor follow a changed `overlay`. Only a VLAN that has become reserved is given up.
3. New keys: the lowest one of the pool that nobody holds and that is not in quarantine. `auto` takes a VLAN, and when
   there is none an overlay key, unless one of its ports is on a switch without tunnel endpoint: then it must be a VLAN.

A key that was given up is in quarantine for a day, because switches that are down and VTEPs of others may still know
it. It is given out sooner only when a network would get none otherwise; then the one released first. Programs that make
and delete networks all day fill the quarantine; then it ends sooner.

Tunnel IDs are given out so that no two overlay networks share one, whatever their encapsulations.

The steps are taken for some networks of a `Standing` while all others keep what they have: for all of them here, for
the few that an edit concerns in `controller.intent.key_register`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from controller.intent.key_pool import KeyPool
from controller.intent.model import Fabric, Intent, Network, Port, Segment, SegmentKey
from controller.intent.moves import Unsettled

QUARANTINE = 86_400.0
"""Seconds for which a released key is not given out unless no other is left."""
MOST_COOLING = 65_536
"""Keys in quarantine; those that were released first leave it for others."""


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


@dataclass(slots=True)
class Standing:
    """Who holds which key and which keys are free under one fabric; changed in place by an `Allocation`."""

    fabric: Fabric
    released: dict[SegmentKey, float]
    """Keys in quarantine, in the order of their release."""
    vlans: KeyPool
    tunnels: KeyPool
    held: dict[str, SegmentKey] = field(default_factory=dict)
    owner: dict[SegmentKey, str] = field(default_factory=dict)
    """The network that holds each key."""
    cooled_before: dict[SegmentKey, float | None] = field(default_factory=dict)
    """Since when keys were in quarantine that came into it or left it, as of when this was cleared."""

    @property
    def last_release(self) -> float:
        """When the last key came into quarantine."""
        return next(reversed(self.released.values()), 0.0)

    @staticmethod
    def empty(fabric: Fabric, released: Mapping[SegmentKey, float], now: float) -> Standing:
        """Nobody holds a key yet, and these are in quarantine."""
        # A clock that was set back must not end a quarantine early, nor make it last for years.
        cooling = sorted((min(since, now), key) for key, since in released.items() if now - since < QUARANTINE)
        cooling = cooling[-MOST_COOLING:]
        standing = Standing(fabric, {}, KeyPool(fabric.vlans, fabric.reserved), KeyPool(fabric.keys, ()))
        for since, key in cooling:
            standing.released[key] = since
            standing.pool(key).cool(key.key)
        return standing

    def pool(self, key: SegmentKey) -> KeyPool:
        """The pool in which the key counts, whether or not it is one of the pool's own."""
        return self.tunnels if key.is_tunnel else self.vlans

    def give(self, network: str, key: SegmentKey) -> None:
        """The network holds the key from now on."""
        self.held[network] = key
        self.owner[key] = network
        self.pool(key).use(key.key)
        self.warm(key)

    def take_back(self, network: str) -> SegmentKey | None:
        """The network holds no key from now on; which it held. It is to be given or cooled next."""
        key = self.held.pop(network, None)
        if key is not None:
            del self.owner[key]
            self.pool(key).disuse(key.key)
        return key

    def cool(self, key: SegmentKey, now: float) -> None:
        """The key is in quarantine from now on."""
        self.warm(key)
        self.cooled_before.setdefault(key, None)
        self.released[key] = now
        self.pool(key).cool(key.key)
        if len(self.released) > MOST_COOLING:
            self.warm(next(iter(self.released)))

    def warm(self, key: SegmentKey) -> None:
        """The key is not in quarantine."""
        since = self.released.pop(key, None)
        if since is not None:
            self.cooled_before.setdefault(key, since)
            self.pool(key).warm(key.key)

    def expired(self, now: float) -> list[SegmentKey]:
        """Keys whose quarantine is over."""
        keys = []
        for key, since in self.released.items():
            if now - since < QUARANTINE:
                break
            keys.append(key)
        return keys


def allocate(
    intent: Intent, ledger: KeyLedger, now: float
) -> tuple[KeyLedger, Mapping[str, SegmentKey], tuple[AllocationProblem, ...]]:
    """The new ledger, the key of each network that has one by network id, and problems by network.

    `now` is POSIX time in seconds. Networks whose id is missing from the mapping have a fatal problem.
    """
    standing = Standing.empty(intent.fabric, ledger.released, now)
    run = Allocation(standing, intent.networks.values(), ledger.held, ports_without_endpoint(intent).get)
    run.run(now)
    held = {name: standing.held[name] for name in sorted(standing.held)}
    released = {key: standing.released[key] for key in sorted(standing.released)}
    return KeyLedger(held, released, ledger.unsettled), held, run.problems


class Allocation:
    """One run: keys for some networks, while the others of the standing keep theirs."""

    def __init__(
        self,
        standing: Standing,
        networks: Iterable[Network],
        lost: Mapping[str, SegmentKey],
        grounded: Callable[[str], str | None],
    ) -> None:
        """`lost` are keys that were held so far, by these networks and by some that are gone.

        `grounded` gives for a network that cannot be an overlay why, as a clause about one port.
        """
        self._standing = standing
        self._fabric = standing.fabric
        self._networks = sorted(networks, key=lambda network: network.id)
        self._lost = lost
        self._grounded = grounded
        self._found: list[AllocationProblem] = []
        self.stranded: dict[str, AllocationProblem] = {}
        """What is found again at each run while a network stays as it is: it has a key that a port cannot use."""

    @property
    def problems(self) -> tuple[AllocationProblem, ...]:
        """What was found, by network."""
        return tuple(sorted(self._found, key=lambda problem: problem.network))

    def run(self, now: float) -> None:
        """Give keys; `now` is POSIX time in seconds."""
        self._give_chosen()
        self._give_held()
        for key in self._lost.values():
            if key not in self._standing.owner:
                self._standing.cool(key, now)
        self._give_new()

    def _give_chosen(self) -> None:
        for network in self._networks:
            if network.key is None:
                continue
            key = SegmentKey(network.segment, network.key)
            if key in self._standing.owner:
                what = f"network {network.id} asks for {key}, which network {self._standing.owner[key]} has"
                self._report(network, what, "choose another key", fatal=True)
            else:
                self._standing.give(network.id, key)

    def _give_held(self) -> None:
        for network in self._networks:
            key = self._lost.get(network.id)
            if network.key is not None or key is None or network.segment not in (Segment.AUTO, key.segment):
                continue
            if key in self._standing.owner:
                owner = self._standing.owner[key]
                what = f"network {network.id} gives up {key}, which network {owner} now asks for by number"
                self._report(network, what, "the other waits until all switches have changed")
            elif not key.is_tunnel and any(key.key in reserved for reserved in self._fabric.reserved):
                self._report(network, f"network {network.id} gives up {key}, which is now reserved", "none is needed")
            else:
                self._standing.give(network.id, key)
                self._look_at_ground(network, key)

    def _look_at_ground(self, network: Network, key: SegmentKey) -> None:
        if key.is_tunnel and network.segment is Segment.AUTO and (why := self._grounded(network.id)):
            what = f"network {network.id} became an overlay ({key}), and {why}"
            self._report(network, what, "give the switch an endpoint, or the network segment: vlan")
            self.stranded[network.id] = self._found[-1]

    def _give_new(self) -> None:
        for network in self._networks:
            if network.id in self._standing.held or network.key is not None:
                continue
            if network.segment is not Segment.AUTO:
                self._take(network, network.segment)
            elif (vlan := self._standing.vlans.take()) is not None:
                self._standing.give(network.id, SegmentKey(Segment.VLAN, vlan))
            elif (why := self._grounded(network.id)) is None:
                self._take(network, self._fabric.overlay)
            elif (vlan := self._oldest(tunnel=False)) is not None:
                self._standing.give(network.id, SegmentKey(Segment.VLAN, vlan))
            else:
                vlans = self._standing.vlans
                what = f"no key is left in vlans ({vlans}: {vlans.size:,} keys) for network {network.id}"
                what = f"{what}, which cannot become an overlay: {why}"
                self._report(network, what, "widen vlans, remove networks, or give the switch an endpoint", fatal=True)

    def _take(self, network: Network, segment: Segment) -> None:
        pool = self._standing.tunnels if segment.is_overlay else self._standing.vlans
        key = pool.take()
        if key is None:
            key = self._oldest(tunnel=segment.is_overlay)
        if key is not None:
            self._standing.give(network.id, SegmentKey(segment, key))
            return
        name = "keys" if segment.is_overlay else "vlans"
        what = f"no key is left in {name} ({pool}: {pool.size:,} keys) for network {network.id}"
        other = "" if segment.is_overlay else ", or make some networks segment: vxlan"
        self._report(network, what, f"widen {name} in fabric, or remove networks{other}", fatal=True)

    def _oldest(self, tunnel: bool) -> int | None:
        """The key in quarantine that was released first; one released in two encapsulations counts from the later."""
        pool = self._standing.tunnels if tunnel else self._standing.vlans
        ascending = self._standing.released.items()
        return pool.take_oldest({key.key: since for key, since in ascending if key.is_tunnel is tunnel})

    def _report(self, network: Network, what: str, instead: str, fatal: bool = False) -> None:
        self._found.append(AllocationProblem(network.id, what, instead, fatal))


def ports_without_endpoint(intent: Intent) -> dict[str, str]:
    """For each network that cannot be an overlay, by id: why, as a clause about one port."""
    ports = sorted(intent.ports.values(), key=lambda port: port.id, reverse=True)
    return {
        network: why_grounded(port) for port in ports if is_grounded(intent.fabric, port) for network in port.networks
    }


def is_grounded(fabric: Fabric, port: Port) -> bool:
    """Whether a port keeps its networks from being overlays: its switch has no tunnel endpoint."""
    switch = fabric.switches.get(port.switch or "")
    return switch is not None and switch.endpoint is None and switch.host is None


def why_grounded(port: Port) -> str:
    """The same of one such port, as a clause."""
    return f"port {port.id} is on switch {port.switch}, which has no endpoint"
