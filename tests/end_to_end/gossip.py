"""Frames all the time from everybody to everybody, and a look at the tenant of each that arrives.

    with Gossip(seed=1) as gossip:
        gossip.join(station, "blue")
        ...
    assert gossip.crossed == []

Stations come and go meanwhile. A thread sends, so that frames are under way in the middle of every change, too.
"""

from __future__ import annotations

import itertools
import random
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from frames import BROADCAST
from prober import Prober
from station import Station

NOBODY = "02:00:00:00:ff:ff"
"""A MAC that no station has."""
_QUIET = 0.0005
"""Seconds for which a station is listened to before the next one."""


@dataclass(frozen=True, slots=True)
class _Member:
    tenant: str
    prober: Prober
    closing: ExitStack


class Gossip:
    """Sends and listens from entering to leaving."""

    def __init__(self, seed: int) -> None:
        self.sent = self.arrived = 0
        self.crossed: list[str] = []
        """What arrived at another tenant's station."""
        self._members: dict[str, _Member] = {}
        self._chance = random.Random(seed)
        self._numbers = itertools.count()
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
        for name in list(self._members):
            self.leave(name)

    def join(self, station: Station, tenant: str) -> None:
        """A station is there."""
        closing = ExitStack()
        prober = closing.enter_context(Prober([station]))
        with self._lock:
            self._members[station.name] = _Member(tenant, prober, closing)

    def leave(self, name: str) -> None:
        """A station is about to be unplugged."""
        with self._lock:
            self._members.pop(name).closing.close()

    @contextmanager
    def silence(self) -> Iterator[None]:
        """Hold the gossip, for those who wait until nothing comes any more."""
        with self._lock:
            yield

    def check(self) -> None:
        """Raise what ended the thread, and fail if anything crossed tenants."""
        if self._problem:
            raise self._problem
        assert not self.crossed, self.crossed[:10]

    def _run(self) -> None:
        try:
            while not self._ending.wait(0.001):  # in which others get the lock
                with self._lock:
                    self._send()
                    self._listen()
        except Exception as problem:
            self._problem = problem

    def _send(self) -> None:
        macs = [member.prober.mac(name) for name, member in self._members.items()]
        for name, member in self._members.items():
            destination = self._chance.choice([BROADCAST, NOBODY, *macs])
            with suppress(OSError):  # Its interface is not up yet.
                member.prober.send(name, f"{member.tenant}-{next(self._numbers):x}", dst=destination)
                self.sent += 1

    def _listen(self) -> None:
        for name, member in self._members.items():
            for sighting in member.prober.sightings(quiet=_QUIET, timeout=10 * _QUIET):
                tenant, dash, _ = sighting.token.partition("-")
                self.arrived += bool(dash)
                if dash and tenant != member.tenant:
                    self.crossed.append(f"{sighting.token} at {name}, {time.monotonic():.3f}")
