"""When announcements are sent: from every interface that may be the end of a link, once in a period, evenly spread.

A round lists all such interfaces; the period is cut into slices and each slice sends its part, so that many switches
are covered without bursts. An interface that has just appeared is announced at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from math import ceil
from operator import attrgetter

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
        """The interfaces to announce now; call it every `slice` seconds."""
        slices = self._wanted_slices()
        if self._slice == 0 or slices != self._slices:
            switches = self._core.connected_switches()
            self._waiting = [end for name in switches for end in self._core.announced(name)]
            self._slice, self._slices = 0, slices
            self._share = -(-len(self._waiting) // slices)
        self._slice = (self._slice + 1) % slices
        chosen, self._waiting = self._waiting[: self._share], self._waiting[self._share :]
        # Interfaces and switches may be gone since the round began.
        return self.there(chosen)

    def there(self, ends: Iterable[End]) -> list[End]:
        """Those of the interfaces that are announced, and whose switch can be told to."""
        found: list[End] = []
        for switch, of_switch in groupby(ends, attrgetter("switch")):
            view = self._core.fabric.switches.get(switch)
            if view is not None and view.connected:
                announced = self._core.announced(switch)
                found += [end for end in of_switch if end in announced]
        return found

    def _wanted_slices(self) -> int:
        return max(SLICES, ceil(self._core.discovery.period / LONGEST_SLICE))
