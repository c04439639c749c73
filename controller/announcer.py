"""When announcements are sent: from every interface that may be the end of a link, once in a period, evenly spread.

A round lists all such interfaces; the period is cut into slices and each slice sends its part, so that many switches
are covered without bursts. An interface that has just appeared is announced at once.
"""

from __future__ import annotations

from math import ceil

from controller.core import Core
from controller.fabric.model import End

SLICES = 20
"""How many there are at least; more when a slice would be longer than `LONGEST_SLICE`."""
LONGEST_SLICE = 0.05
"""Seconds; other things are done once a slice, too."""


class Announcer:
    """Deals out the interfaces of a core's fabric, slice by slice."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._waiting: list[End] = []
        self._share = 0
        self._slice = 0
        self._slices = 0

    @property
    def slice(self) -> float:
        """Seconds between two slices."""
        return self._core.discovery.period / self._wanted_slices()

    def next_slice(self) -> list[End]:
        """The interfaces to announce now; call it every `slice` seconds.

        They come switch by switch. Some may be gone since the round began.
        """
        slices = self._wanted_slices()
        if self._slice == 0 or slices != self._slices:
            known = map(self._core.ends, self._core.connected_switches())
            self._waiting = [end for ends in known if ends for end in ends.announced]
            self._slice, self._slices = 0, slices
            self._share = -(-len(self._waiting) // slices)
        self._slice = (self._slice + 1) % slices
        chosen, self._waiting = self._waiting[: self._share], self._waiting[self._share :]
        return chosen

    def _wanted_slices(self) -> int:
        return max(SLICES, ceil(self._core.discovery.period / LONGEST_SLICE))
