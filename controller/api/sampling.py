"""What switches count, asked for only while somebody wants to know it: two samples of each, not older than a second.

Whoever asks within a second of another gets the same. A switch that has not answered in time keeps its samples for a
while and holds up nobody. The first to ask after a while waits for two samples.
"""

from __future__ import annotations

import asyncio

from controller.api.sources import Switches
from controller.core import Core
from controller.rates import Sample

FRESH = 1.0
"""Seconds for which samples are new, and at least between two."""
STALE = 10.0
"""Seconds after which samples say nothing of now."""
ANSWER_WITHIN = 1.0
"""Seconds for all switches together."""


class Sampling:
    """The samples of all switches."""

    def __init__(self, core: Core, switches: Switches) -> None:
        self._core = core
        self._switches = switches
        self._turn = asyncio.Lock()
        self._taken = -STALE
        self._samples: dict[str, tuple[Sample, Sample]] = {}
        self._single: dict[str, Sample] = {}
        """The last sample of each switch."""
        self.answered: frozenset[str] = frozenset()
        """Switches that answered in time when they were asked last."""

    async def pairs(self) -> dict[str, tuple[Sample, Sample]]:
        """By switch the last two samples, of those where there are two."""
        async with self._turn:
            if _now() - self._taken >= STALE:
                await self._sample()
                await asyncio.sleep(FRESH)
            if _now() - self._taken >= FRESH:
                await self._sample()
            oldest = _now() - STALE
            return {name: pair for name, pair in self._samples.items() if pair[1].taken >= oldest}

    async def _sample(self) -> None:
        found = await self._switches.count(self._trunks(), ANSWER_WITHIN)
        self._taken, self.answered = _now(), frozenset(found)
        for name, (taken, counted) in found.items():
            sample, last = Sample(taken, counted), self._single.get(name)
            self._single[name] = sample
            if last and sample.taken - last.taken <= STALE:
                self._samples[name] = last, sample
        # What a switch counted before it was away is no part of what follows.
        for known in (self._samples, self._single):
            for name in known.keys() - set(self._core.connected_switches()):
                del known[name]

    def _trunks(self) -> dict[str, list[int]]:
        views = self._core.fabric.switches
        return {
            name: [number for interface in ports if (number := views[name].number(interface)) is not None]
            for name, ports in self._core.situation.index.trunks_by_switch.items()
            if name in views
        }


def _now() -> float:
    return asyncio.get_running_loop().time()
