"""A clock that stands still while the daemon is too busy to listen, so that nobody counts as silent then."""

from __future__ import annotations

import time
from collections.abc import Callable


class ListeningClock:
    """Seconds spent listening. It runs for at most a while after each beat."""

    def __init__(self, read: Callable[[], float] = time.monotonic) -> None:
        """`read` is the clock behind it."""
        self._read = read
        self._time = 0.0
        self._beaten = read()
        self._most = 0.0

    def __call__(self) -> float:
        """The time now."""
        listening = self._read() - self._beaten
        return self._time + (listening if listening < self._most else self._most)

    def beat(self, most: float) -> None:
        """The daemon gets to listening; the clock may run for `most` seconds before the next call."""
        self._time = self()
        self._beaten = self._read()
        self._most = most
