"""Ways between two endpoints in one direction, from probes that go one way: which are broken, and which are narrow.

A *path* is broken when `ENOUGH` probes in a row did not arrive, while the sessions of both switches were alive; it is
whole again when two arrived in a row. Both directions and all encapsulations are looked at together, so that it can be
told which of them it is.

A path is *narrow* when small probes arrive and those of the largest packet that networks may send do not. Then the
largest that does is searched for by halving (as RFC 4821 does for TCP), each size being tried `TRIES` times.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass
from itertools import chain, islice
from typing import NamedTuple

from controller.fabric.silence import KEPT, WAIT, Silence
from controller.intent.model import OVERLAYS, Segment

ENOUGH = 5
STREAK = 2
TRIES = 3
COLLECTED_FOR = 3.0
"""Seconds in which a narrow path waits for those beside it, before it is told of."""
SMALL = 128
"""Bytes; probes that are not large come in smaller packets."""


class Path(NamedTuple):
    """A direction between two switches' endpoints, and the encapsulation."""

    source: str
    destination: str
    segment: Segment

    @property
    def back(self) -> Path:
        """The other direction."""
        return Path(self.destination, self.source, self.segment)

    @property
    def pair(self) -> Path:
        """The same for both directions."""
        return min(self, self.back)


@dataclass(slots=True)
class _Search:
    """For the largest packet that passes; sizes in bytes."""

    passes: int
    fails: int
    size: int
    """What is tried now."""
    sent: float = float("-inf")
    misses: int = 0

    def next(self) -> None:
        self.size, self.misses, self.sent = (self.passes + self.fails) // 2, 0, float("-inf")


class UnderlayPaths:
    """Paths that something is wrong with, or may be. Times are seconds of any steady clock."""

    def __init__(self) -> None:
        self.narrow: dict[Path, int] = {}
        """Paths by which not all sizes pass, with the largest packet that does, in bytes."""
        self._broken: dict[Path, Silence] = {}
        self._suspects: dict[Path, Silence] = {}
        self._searches: dict[Path, _Search] = {}
        self._found: dict[Path, float] = {}
        """When narrow paths were found that are not told of yet."""

    @property
    def broken(self) -> Set[Path]:
        """Paths by which nothing passes."""
        return self._broken.keys()

    def send(self, path: Path, now: float) -> None:
        """A small probe is sent."""
        silence = self._broken.get(path) or self._suspects.get(path)
        if silence is None:
            silence = self._suspects[path] = Silence()
        silence.ask("", now)

    def hear(self, path: Path, sent: float) -> None:
        """A small probe that was sent then has arrived."""
        if silence := self._broken.get(path):
            silence.answer(sent)
        elif silence := self._suspects.get(path):
            silence.answer(sent)
            if not silence.open:
                # What arrives is not remembered, or there would be as many as pairs.
                del self._suspects[path]

    def urgent(self, now: float) -> list[Path]:
        """Pairs that are to be looked at at once, again and again, in both directions and all encapsulations."""
        begin = (path for path, one in self._suspects.items() if one.begins(now) and len(one.open) < KEPT)
        end = (path for path, one in self._broken.items() if 0 < one.streak < STREAK)
        return sorted({path._replace(segment=one).pair for path in chain(begin, end) for one in OVERLAYS})

    def judge(self, now: float, alive: Callable[[Path], float]) -> tuple[set[Path], set[Path]]:
        """Paths that are broken from now on, and those that are whole again.

        `alive` gives the last time at which the sessions of both ends were known to be alive.
        """
        silent = {path: one for path, one in self._suspects.items() if one.begins(now)}
        sure = {path for path, one in silent.items() if self._is_broken(path, one, now, alive)}
        # What may be one fault is told of at once.
        broken = {path for path in sure if not any(way in silent and way not in sure for way in _beside(path))}
        whole = {path for path, one in self._broken.items() if one.streak >= STREAK}
        for path in broken:
            self._broken[path] = self._suspects.pop(path)
            self._searches.pop(path, None)
            self.narrow.pop(path, None)
        for path in whole:
            del self._broken[path]
        return broken, whole

    def next_broken(self, most: int) -> list[Path]:
        """At most so many pairs that are broken, others each time, until all have had their turn."""
        taken = list(islice(self._broken, most))
        for path in taken:
            self._broken[path] = self._broken.pop(path)
        return sorted({path.pair for path in taken})

    def keep(self, is_wanted: Callable[[Path], bool]) -> None:
        """Forget all other paths."""
        self._suspects = {path: one for path, one in self._suspects.items() if is_wanted(path)}
        self._broken = {path: one for path, one in self._broken.items() if is_wanted(path)}
        self._searches = {path: one for path, one in self._searches.items() if is_wanted(path)}
        self.narrow = {path: size for path, size in self.narrow.items() if is_wanted(path)}

    # The largest packets

    def hear_large(self, path: Path, size: int) -> bool:
        """A probe in a packet of so many bytes has arrived. Whether the path is not narrow any more."""
        search = self._searches.get(path)
        if search and size >= search.fails:
            del self._searches[path]
        elif search and size > search.passes:
            search.passes = size
            search.next()
        return size > self.narrow.get(path, size) and self.narrow.pop(path, None) is not None

    def miss_large(self, path: Path, size: int, now: float) -> None:
        """A probe in a packet of so many bytes did not arrive in time. It counts if small ones did."""
        silence = self._suspects.get(path)
        if path in self.narrow or path in self._broken or (silence and silence.begins(now)):
            return
        search = self._searches.setdefault(path, _Search(SMALL, size, size))
        if size == search.size:
            search.misses += 1
            search.sent = float("-inf")
            if search.misses >= TRIES:
                search.fails = size
                search.next()

    def search(self, now: float) -> list[tuple[Path, int]]:
        """What is to be sent now to find the largest size that passes."""
        due = [(path, one) for path, one in self._searches.items() if one.sent < now - 2 * WAIT]
        for _, one in due:
            one.sent = now
        return [(path, one.size) for path, one in due]

    def found(self, now: float) -> dict[Path, int]:
        """The paths that were found to be narrow, and the largest packet that passes; each once.

        They are told of a while later, with those beside that are found meanwhile.
        """
        ended = {path: one.passes for path, one in self._searches.items() if one.fails - one.passes <= 1}
        for path in ended:
            del self._searches[path]
        self.narrow |= ended
        self._found |= dict.fromkeys(ended, now)
        ripe = {path for path, since in self._found.items() if since <= now - COLLECTED_FOR}
        told = [way for path in ripe if self._searches.keys().isdisjoint(_beside(path)) for way in _beside(path)]
        taken = [path for path in told if self._found.pop(path, None) is not None]
        return {path: self.narrow[path] for path in taken if path in self.narrow}

    @staticmethod
    def _is_broken(path: Path, silence: Silence, now: float, alive: Callable[[Path], float]) -> bool:
        if len(silence.open) < ENOUGH:
            return False
        since = alive(path)
        return silence.count(now, lambda sent, _: sent < since) >= ENOUGH


def _beside(path: Path) -> Iterator[Path]:
    """A path in both directions and all encapsulations."""
    return (way._replace(segment=one) for way in (path, path.back) for one in OVERLAYS)
