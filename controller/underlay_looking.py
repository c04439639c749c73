"""Looks at the ways between pairs of tunnel endpoints, in both directions, with small packets and the largest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import cache
from itertools import chain

from controller.core import Core
from controller.fabric.reachability import Goal
from controller.fabric.underlay_paths import Path
from controller.southbound.southbound import Southbound
from controller.underlay_asking import UnderlayAsking, busy_switches
from controller.underlay_post import UnderlayPost
from controller.underlay_rounds import SLICE, UnderlayRounds

URGENT = 30
"""Pairs that are looked at again and again in one slice, at most."""
MOST_BROKEN = 1000
"""Paths that are broken; when there are as many, no more are looked for."""
MOST_RETRIED = 2
"""Pairs that are broken are looked at again about once in a second, but at most so many in a slice."""
ALIVE_EVERY = 0.1
"""Seconds between two questions whether sessions are alive."""
WORST = 5


class UnderlayLooking:
    """Sends probes one way, and judges which arrive. Times are seconds of any steady clock."""

    def __init__(
        self, core: Core, southbound: Southbound, post: UnderlayPost, rounds: UnderlayRounds, asking: UnderlayAsking
    ) -> None:
        """`asking` knows the endpoints whose ways need not be looked at, as they are out of reach."""
        self.worst: list[Goal] = []
        """Whose endpoints reach the fewest others; none while all ways are well."""
        self._core = core
        self._southbound = southbound
        self._post = post
        self._rounds = rounds
        self._reach = asking.reach
        self._is_ready = asking.is_ready
        self._retries = 0.0
        self._counted = self._asked_alive = float("-inf")

    def forget_others(self) -> None:
        """Forget what is known of ways that are not to be looked at any more."""
        self._core.paths.keep(self._is_open)

    def look(self, now: float) -> None:
        """Look at the pairs whose turn it is, and at those where something is or may be wrong."""
        paths, largest = self._core.paths, self._core.situation.intent.fabric.underlay_mtu
        if len(paths.broken) < MOST_BROKEN:
            for pair, is_large in self._rounds.next_pairs(now):
                self._look_at(pair, now, largest if is_large else 0)
        urgent = paths.urgent(now)[:URGENT]
        self._retries = min(self._retries + len(paths.broken) * SLICE, MOST_RETRIED)
        retried = paths.next_broken(int(self._retries))
        self._retries -= int(self._retries)
        for pair in chain(urgent, retried):
            self._look_at(pair, now)
        for path, size in paths.search(now)[:URGENT]:
            self._send_one_way(path, now)
            self._send_one_way(path, now, size)
        if urgent and now - self._asked_alive >= ALIVE_EVERY:
            self._asked_alive = now
            self._southbound.ask({name for pair in urgent for name in (pair.source, pair.destination)})
        if now - self._counted >= 1:
            self._counted = now
            ends = Counter(Goal(path.source, path.segment) for path in paths.broken)
            worst = ends.most_common(WORST)
            self.worst = [goal for goal, number in worst if 2 * number >= worst[0][1]]

    def judge(self, now: float) -> tuple[set[Path], set[Path]]:
        """The paths that are broken from now on, and those that are whole again."""
        for sent in self._post.lost(now):
            if self._is_open(sent.path):
                self._core.paths.miss_large(sent.path, sent.size, now)
        return self._core.paths.judge(now, self._alive(now))

    def _look_at(self, pair: Path, now: float, size: int = 0) -> None:
        for path in (pair, pair.back):
            if self._is_open(path):
                self._send_one_way(path, now)
                if size and path not in self._core.paths.broken:
                    self._send_one_way(path, now, size)

    def _send_one_way(self, path: Path, now: float, size: int = 0) -> None:
        ends = path.source, path.destination
        if all(self._core.is_connected(name) and self._is_ready(name) for name in ends):
            is_sent = self._post.send(path, now, size=size)
            if is_sent and not size:
                self._core.paths.send(path, now)

    def _is_open(self, path: Path) -> bool:
        """Whether a path is to be looked at: it is one of the plan's, and not that of an endpoint out of reach."""
        ends = {Goal(path.source, path.segment), Goal(path.destination, path.segment)}
        return self._rounds.is_wanted(path) and not ends & self._reach.out

    def _alive(self, now: float) -> Callable[[Path], float]:
        busy = cache(lambda: busy_switches(self._core, self._southbound))

        def alive(path: Path) -> float:
            names = path.source, path.destination
            for name in names:
                is_undecided = self._reach.is_undecided(Goal(name, path.segment), now)
                if is_undecided or name in busy() or self._post.is_noisy(name, now):
                    return float("-inf")
            silent = [self._southbound.silent_for(name) for name in names]
            return min(now - one if one is not None else float("-inf") for one in silent)

        return alive
