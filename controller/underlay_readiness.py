"""Which switches do with probes what this daemon's flows say.

One that has just connected may hold no flows yet, or those of another version, whose copies say nothing to us; it is
left like that until its gate opens (`controller.gate`). What is sent by it or to it in that time would be answered by
silence that means nothing, so nothing is sent until it has confirmed what it was told. Of a switch without session that
is not known: what it held, it holds.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol


class Standing(Protocol):
    """What is needed of the southbound."""

    def waiting(self) -> frozenset[str]:
        """Connected switches whose gates are closed."""

    def confirmed(self) -> frozenset[str]:
        """Connected switches that hold what they were told, those at their gates among them."""


class UnderlayReadiness:
    """Of all switches, as of the last look."""

    def __init__(self, southbound: Standing) -> None:
        self._southbound = southbound
        self._connected: frozenset[str] = frozenset()
        self._behind: set[str] = set()

    def look(self, connected: Collection[str]) -> None:
        """These switches have a session now."""
        now, waiting = frozenset(connected), self._southbound.waiting()
        self._behind = (self._behind | (now - self._connected) | waiting) & now
        self._connected = now
        if self._behind:
            self._behind -= self._southbound.confirmed() - waiting

    def __call__(self, switch: str) -> bool:
        """Whether silence of a switch would mean something."""
        return switch not in self._behind
