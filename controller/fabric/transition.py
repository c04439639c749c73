"""From old trees to new ones without a circle in between.

Switches change over at different moments, so a new link may only join a tree once every switch has stopped flooding
along the links that left it. Hence two steps: what both trees have, then, confirmed by the switches, the new trees. A
switch that cannot confirm (no session) and still has a live link that should leave holds its tree back; broadcasts
then take what both trees have.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from controller.fabric.model import Link
from controller.fabric.trees import NO_TREES, Trees, common


@dataclass(slots=True)
class TreeTransition:
    """The trees in force, those wanted, and the links that some switch may still flood along."""

    active: Trees = NO_TREES
    target: Trees = NO_TREES
    _leaving: Trees = field(default=NO_TREES)

    @property
    def is_pending(self) -> bool:
        """Whether the trees in force are not yet those wanted."""
        return self.active != self.target

    def retarget(self, target: Trees) -> None:
        """Want other trees. Those that only grow are in force at once."""
        self._leaving = tuple(
            (leaving | active) - wanted
            for leaving, active, wanted in zip(self._leaving, self.active, target, strict=True)
        )
        self.target = target
        self._settle(common(self.active, target))

    def advance(self, live: Collection[Link], confirmed: Collection[str]) -> bool:
        """The switches in `confirmed` hold what they were told; `live` are the links that exist.

        Returns whether the trees in force changed.
        """
        before = self.active
        self._leaving = tuple(
            frozenset(
                link
                for link in leaving
                if link in live and not (link.a.switch in confirmed and link.b.switch in confirmed)
            )
            for leaving in self._leaving
        )
        self._settle(self.active)
        return self.active != before

    def _settle(self, otherwise: Trees) -> None:
        self.active = tuple(
            kept if leaving else wanted
            for leaving, kept, wanted in zip(self._leaving, otherwise, self.target, strict=True)
        )
