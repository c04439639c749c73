"""Hosts that were given something: one that is away when it is taken out of the configuration is left when it comes.

A host is noted when it is taken on. When it is no longer expected, it has departed: for `REMEMBERED` seconds it may
come back to be left, that is to have taken back what it was given; then it is forgotten, and a stranger like any other.
A host that is to keep what it has never departs, and one at whose address another is now is that one. Times are of the
wall clock, as they outlive the daemon.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from controller.intent.model import SocketAddress

REMEMBERED = 30 * 24 * 3600.0
"""Seconds."""
MOST = 1000
"""Hosts that have departed; of more the first are forgotten."""


@dataclass(frozen=True, slots=True)
class Given:
    """What has to be known of a host to leave it."""

    bridge: str
    connect: SocketAddress | None = None
    """Where its database listens; None if it connects itself."""
    keep: bool = False
    """Whether it keeps what it was given."""
    departed_at: float | None = None
    """In seconds since 1970; None while it is in the configuration."""


class Departures:
    """All such hosts, by name."""

    def __init__(self, changed: Callable[[], None]) -> None:
        """`changed` is called when `given` is another than before."""
        self.given: dict[str, Given] = {}
        self._changed = changed

    def restore(self, given: Mapping[str, Given]) -> None:
        """Start with what was known before."""
        self.given = dict(given)

    def take_on(self, name: str, given: Given) -> None:
        """A host of the configuration is given something."""
        self._put({**self.given, name: given})

    def expect(self, expected: Mapping[str, Given], now: float) -> list[str]:
        """These are in the configuration. The names of those that have just departed."""
        taken = {one.connect for one in expected.values() if one.connect}
        kept = {
            name: one for name, one in self.given.items() if name in expected or not (one.keep or one.connect in taken)
        }
        gone = [name for name, one in kept.items() if name not in expected and one.departed_at is None]
        there = {name: one for name, one in expected.items() if name in kept}
        self._put({**kept, **there, **{name: replace(kept[name], departed_at=now) for name in gone}})
        self.prune(now)
        return gone

    def prune(self, now: float) -> bool:
        """Forget those that departed too long ago, or too many. Whether there were any."""
        departed = sorted(self.departed(), key=lambda name: self.given[name].departed_at or 0.0)
        old = [name for name in departed if now - (self.given[name].departed_at or 0.0) > REMEMBERED]
        gone = {*old, *departed[: max(0, len(departed) - MOST)]}
        self.forget(gone)
        return bool(gone)

    def forget(self, names: Iterable[str]) -> None:
        """These have nothing of ours any more, or are not waited for."""
        gone = set(names)
        self._put({name: one for name, one in self.given.items() if name not in gone})

    def departed(self) -> dict[str, Given]:
        """Those that are to be left when they come back."""
        return {name: one for name, one in self.given.items() if one.departed_at is not None}

    def _put(self, given: dict[str, Given]) -> None:
        if given != self.given:
            self.given = given
            self._changed()
