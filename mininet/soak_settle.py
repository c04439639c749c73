"""Waits until reachability is as it should be, and looks that it is exactly that.

A round asks everybody: a broadcast, a frame to an unknown address, and one to each address in reach, each with its own
token. It is right when every frame arrived once at each place that it should, and nowhere else: broadcasts and unknown
addresses at all, known ones at their owner alone. Settled are two right rounds in a row. While the daemon or a switch
is away not all can be asked for: then a round is right when what needs one switch only works as it did before.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from frames import BROADCAST
from soak_intent import Place
from soak_oracle import Reach
from soak_watcher import NOBODY, Watcher
from soak_world import World

PATIENCE = 45.0
"""Seconds until everything must be as it should; the gate of a daemon without memory alone may take ten."""
_QUIET = 0.03
"""Seconds of silence after which nothing more is expected of a round in which all arrived."""
_LOST = 0.15
"""Seconds without news after which what is missing counts as lost."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """One frame that did not do what it should."""

    what: str
    expected: Mapping[Place, int]
    seen: Mapping[Place, int]

    def __str__(self) -> str:
        return f"{self.what}\n    expected: {_show(self.expected)}\n    seen:     {_show(self.seen)}"


def settle_exactly(watcher: Watcher, world: World, wanted: Reach, check: Callable[[], None]) -> list[Wrong]:
    """Wait for two rounds in which exactly `wanted` was seen; what was wrong in the last one otherwise.

    `check` is called after each round and may raise.
    """
    return _repeat(lambda: _round(watcher, world, wanted), 2, check)


def settle_at_least(watcher: Watcher, world: World, wanted: Reach, check: Callable[[], None]) -> list[Wrong]:
    """Wait for a round in which all of `wanted` was seen, whatever else was."""
    return _repeat(lambda: [one for one in _round(watcher, world, wanted) if _lacks(one)], 1, check)


def _repeat(look: Callable[[], list[Wrong]], times: int, check: Callable[[], None]) -> list[Wrong]:
    deadline = time.monotonic() + PATIENCE
    right = 0
    while True:
        wrong = look()
        check()
        right = 0 if wrong else right + 1
        if right == times:
            return []
        if wrong and time.monotonic() > deadline:
            return wrong


def _round(watcher: Watcher, world: World, wanted: Reach) -> list[Wrong]:
    asked: list[tuple[Place, str, frozenset[Place]]] = []
    for place, others in wanted.items():
        asked += [(place, BROADCAST, others), (place, NOBODY, others)]
        asked += [(place, world.guests[other.guest].mac, frozenset({other})) for other in others]
    tokens = watcher.send((place, destination) for place, destination, _ in asked)
    expected = {token: dict.fromkeys(others, 1) for token, (_, _, others) in zip(tokens, asked, strict=True)}
    seen = _collect(watcher, expected)
    return [
        Wrong(f"from {_place(place)} to {destination}", expected[token], seen[token])
        for token, (place, destination, _) in zip(tokens, asked, strict=True)
        if seen[token] != expected[token]
    ]


def _collect(watcher: Watcher, expected: Mapping[str, Mapping[Place, int]]) -> dict[str, dict[Place, int]]:
    """What arrived of each token, once nothing more comes."""
    last, seen = time.monotonic(), {token: watcher.receipts(token) for token in expected}
    while True:
        time.sleep(0.01)
        before, seen = seen, {token: watcher.receipts(token) for token in expected}
        now = time.monotonic()
        last = last if seen == before else now
        if now - last > (_QUIET if seen == expected else _LOST):
            return seen


def _lacks(wrong: Wrong) -> bool:
    return any(wrong.seen.get(place, 0) < times for place, times in wrong.expected.items())


def _show(places: Mapping[Place, int]) -> str:
    shown = (f"{_place(place)}{'' if times == 1 else f' x{times}'}" for place, times in sorted(places.items(), key=str))
    return ", ".join(shown) or "nowhere"


def _place(place: Place) -> str:
    return place.guest if place.tag is None else f"{place.guest}.{place.tag}"
