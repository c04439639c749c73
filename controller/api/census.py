"""How many flows of which app each switch should hold: counted a little at a time, and only where something changed.

A switch has 50,000 flows with 10,000 networks; to count all of them when somebody asks would hold the loop.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping

from controller.compiler import Compiler
from controller.dataplane.program import Share

EVERY = 10.0
"""Seconds between two rounds."""
SLICE = 0.001
REST = 0.02
"""Seconds of counting, and for others after it."""


class Census:
    """Counts by switch and app."""

    def __init__(self, compiler: Compiler, revisions: Callable[[], Mapping[str, int]]) -> None:
        """`revisions` says how often each switch's program was changed."""
        self.counts: dict[str, Counter[str]] = {}
        self._compiler = compiler
        self._revisions = revisions
        self._counted: dict[str, int] = {}

    async def run(self) -> None:
        """Count for ever."""
        while True:
            for switch, revision in list(self._revisions().items()):
                if self._counted.get(switch) != revision:
                    self.counts[switch] = await self._count(self._compiler.shares(switch))
                    self._counted[switch] = revision
            await asyncio.sleep(EVERY)

    async def _count(self, shares: list[Share]) -> Counter[str]:
        found: Counter[str] = Counter()
        ends = time.perf_counter() + SLICE
        for share in shares:
            for flow in share.contents:
                found[flow.reason.app] += 1
            if time.perf_counter() >= ends:
                await asyncio.sleep(REST)
                ends = time.perf_counter() + SLICE
        return found
