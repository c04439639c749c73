"""Work in small pieces, a few milliseconds of it in each turn of the event loop.

Whoever has much to do hands over one piece at a time; pieces of different workers take turns, and between two helpings
the loop reads from every connection. So hundreds of switches that want everything at once keep no echo request waiting.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

HELPING = 0.01
"""Seconds of work in one turn of the loop."""


class Turns:
    """Workers in a queue."""

    def __init__(self) -> None:
        self._waiting: deque[Callable[[], bool]] = deque()
        self._is_scheduled = False

    def add(self, work: Callable[[], bool]) -> None:
        """Have `work` called, from the loop, until it returns False; each call should take about a millisecond."""
        self._waiting.append(work)
        self._schedule()

    def _schedule(self) -> None:
        if self._waiting and not self._is_scheduled:
            self._is_scheduled = True
            asyncio.get_running_loop().call_soon(self._run)

    def _run(self) -> None:
        self._is_scheduled = False
        loop = asyncio.get_running_loop()
        ends = loop.time() + HELPING
        try:
            while self._waiting:
                work = self._waiting.popleft()
                if work():
                    self._waiting.append(work)
                if loop.time() >= ends:
                    break
        finally:
            self._schedule()
