"""When announcements are sent: from every interface that may be the end of a link, once in a period, evenly spread.

A round lists all such interfaces; the period is cut into slices and each slice sends its part, so that many switches
are covered without bursts. An interface that has just appeared is announced at once.
"""

from __future__ import annotations

from collections.abc import Iterator

from controller.core import Core
from controller.fabric.discovery import PERIOD
from controller.fabric.model import End

SLICES = 20
SLICE = PERIOD / SLICES
"""Seconds between two slices."""


class Announcer:
    """Deals out the interfaces of a core's fabric, slice by slice."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._waiting: list[End] = []
        self._share = 0
        self._slice = 0

    def next_slice(self) -> list[End]:
        """The interfaces to announce now; call it every `SLICE` seconds."""
        if self._slice == 0:
            self._waiting = [
                end for name, view in self._core.fabric.switches.items() if view.connected for end in self.of(name)
            ]
            self._share = -(-len(self._waiting) // SLICES)
        self._slice = (self._slice + 1) % SLICES
        chosen, self._waiting = self._waiting[: self._share], self._waiting[self._share :]
        # Interfaces and switches may be gone since the round began.
        return [end for end in chosen if self._core.announces(end)]

    def of(self, switch: str) -> Iterator[End]:
        """The interfaces of one switch that are announced."""
        for interface in self._core.fabric.switches[switch].interfaces:
            end = End(switch, interface)
            if self._core.announces(end):
                yield end
