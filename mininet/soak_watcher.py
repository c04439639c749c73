"""Frames all the time, and a look at each that arrives: it must be of the receiver's own network, and come once.

A thread sends a frame every few milliseconds, from anybody to anybody, while operations change everything, and takes
in what arrives; the oracle's own frames go the same way. Each frame has a token, by which is known who sent it and in
which networks the sender may have been then. Guests send what they should not, too: tagged frames, which are in no
network and may arrive nowhere.
"""

from __future__ import annotations

import itertools
import random
import threading
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from frames import BROADCAST
from prober import Prober, Sighting
from soak_fabric import VLANS
from soak_intent import Net, Place
from soak_world import World

BEAT = 0.004
"""Seconds without a frame after which the thread sends the next one."""
NOBODY = "02:00:00:00:ff:ff"
"""A MAC that no guest has."""
HOSTILE = 0.1
"""Share of frames between the oracle's that carry a tag which their sender may not use."""
_KEPT = 10.0
"""Seconds after which a frame that was sent is forgotten."""


@dataclass(frozen=True, slots=True)
class Shot:
    """A frame that was sent."""

    sender: Place
    tenant: str
    destination: str
    nets: frozenset[Net]
    """Networks that the sender may have been in; none for a frame that has to be dropped."""
    at: float
    """Monotonic time, in seconds."""
    lately: Mapping[Place, frozenset[Net]]
    """Networks that each place may have been in when it was sent: it may be long on its way, or wait to be read."""


@dataclass(frozen=True, slots=True)
class Astray:
    """A frame that arrived where, or more often than, it should not."""

    kind: str
    """`crossed tenants`, `crossed networks`, `doubled` or `reflected`."""
    text: str


class Watcher:
    """Sends and receives at all guests, from entering to leaving."""

    def __init__(self, prober: Prober, world: World, seed: int) -> None:
        """The prober is open, and the watcher's alone."""
        self.sent = self.arrived = 0
        self.astray: list[Astray] = []
        self._prober = prober
        self._world = world
        self._random = random.Random(seed)
        self._tokens = (f"{number:x}" for number in itertools.count())
        self._shots: dict[str, Shot] = {}
        self._receipts: dict[str, Counter[Place]] = {}
        self._lock = threading.Lock()
        self._ending = threading.Event()
        self._problem: Exception | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.set()
        self._thread.join()

    def send(self, wanted: Iterable[tuple[Place, str]]) -> list[str]:
        """Send a frame from each place to each address; their tokens."""
        if self._problem:
            raise self._problem
        with self._lock:
            return [self._send(sender, destination, sender.tag) for sender, destination in wanted]

    def receipts(self, token: str) -> dict[Place, int]:
        """How often a frame arrived at each place so far."""
        return dict(self._receipts.get(token, {}))

    def reopen(self, guest: str) -> None:
        """The guest has a new interface."""
        with self._lock:
            self._prober.reopen(guest)

    def _run(self) -> None:
        try:
            for beat in itertools.count():
                with self._lock:
                    self._send_something()
                    self._take(self._prober.sightings(quiet=BEAT, timeout=5 * BEAT))
                    if beat % 1000 == 0:
                        self._forget(time.monotonic() - _KEPT)
                if self._ending.wait(0.001):  # and let others have the lock
                    return
        except Exception as problem:
            self._problem = problem

    def _send_something(self) -> None:
        guest = self._random.choice(list(self._world.guests.values()))
        tags = [place.tag for place in self._world.lately if place.guest == guest.name] or [None]
        peers = [other.mac for other in self._world.guests.values() if other.tenant == guest.tenant]
        sender = Place(guest.name, self._random.choice(tags))
        destination = self._random.choice([BROADCAST, NOBODY, *peers])
        tag = sender.tag
        if self._random.random() < HOSTILE and not guest.is_trunk:
            tag = self._random.randint(*VLANS)
        self._send(sender, destination, tag)

    def _send(self, sender: Place, destination: str, tag: int | None) -> str:
        token = next(self._tokens)
        guest = self._world.guests[sender.guest]
        nets = self._world.lately.get(sender, frozenset()) if tag == sender.tag else frozenset[Net]()
        self._shots[token] = Shot(sender, guest.tenant, destination, nets, time.monotonic(), self._world.lately)
        self._receipts[token] = Counter()
        with suppress(OSError):  # unplugged, or down
            vlans = () if tag is None else (tag,)
            self._prober.send(sender.guest, token, src=guest.mac, dst=destination, vlans=vlans)
        self.sent += 1
        return token

    def _take(self, sightings: Iterable[Sighting]) -> None:
        for sighting in sightings:
            shot = self._shots.get(sighting.token)
            if shot is None:
                continue
            self.arrived += 1
            receiver = Place(sighting.station, sighting.vlans[0] if sighting.vlans else None)
            self._receipts[sighting.token][receiver] += 1
            if kind := self._verdict(shot, receiver, self._receipts[sighting.token][receiver]):
                self.astray.append(Astray(kind, self._describe(shot, receiver, kind)))

    def _verdict(self, shot: Shot, receiver: Place, times: int) -> str | None:
        guest = self._world.guests[receiver.guest]
        if guest.tenant != shot.tenant:
            return "crossed tenants"
        if receiver == shot.sender:
            return "reflected"
        if not shot.nets & (self._world.lately.get(receiver, frozenset()) | shot.lately.get(receiver, frozenset())):
            return "crossed networks"
        return "doubled" if times == 2 else None

    def _describe(self, shot: Shot, receiver: Place, kind: str) -> str:
        now = self._world.lately.get(receiver, frozenset())
        age = 1000 * (time.monotonic() - shot.at)
        return (
            f"{kind}: from {_name(shot.sender)} ({_names(shot.nets)}) to {_cast(shot.destination)}, "
            f"at {_name(receiver)} ({_names(now)}), {age:.0f} ms after it was sent"
        )

    def _forget(self, before: float) -> None:
        for token in [token for token, shot in self._shots.items() if shot.at < before]:
            del self._shots[token], self._receipts[token]


def _name(place: Place) -> str:
    return place.guest if place.tag is None else f"{place.guest}.{place.tag}"


def _names(nets: Iterable[Net]) -> str:
    return ", ".join(sorted(f"{net} as {net.kind}" for net in nets)) or "in no network"


def _cast(destination: str) -> str:
    return {BROADCAST: "all", NOBODY: "an unknown address"}.get(destination, destination)
