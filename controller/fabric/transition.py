"""From old trees to new ones without a circle in between.

Switches change over at different moments, so a link may only join a tree once every switch has stopped flooding along
the links that leave it. Hence two steps: what both trees have, then, confirmed by the switches, the new trees. That
holds for a link that died, too: it may come back before its ends are told.

A switch without session cannot confirm. While a live link that it floods along should leave a tree, that tree is held
back, and broadcasts take what both trees have. Its dead links are not waited for, or a switch that is gone for good
would hold trees back for ever.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from controller.fabric.model import Link
from controller.fabric.trees import NO_TREES, Trees


@dataclass(slots=True)
class TreeTransition:
    """The trees in force, those wanted, and all links that some switch may flood along.

    `live` are the links that exist, `connected` the switches with a session.
    """

    active: Trees = NO_TREES
    target: Trees = NO_TREES
    _used: Trees = NO_TREES

    @property
    def is_pending(self) -> bool:
        """Whether the trees in force are not yet those wanted."""
        return self.active != self.target

    def retarget(self, target: Trees, live: Collection[Link], connected: Collection[str]) -> None:
        """Want other trees. Those that only grow are in force at once."""
        self.target = target
        self._settle(live, connected)

    def advance(self, live: Collection[Link], connected: Collection[str], *, is_rested: bool) -> bool:
        """All connected switches hold what they were told. Whether that changed the trees in force.

        `is_rested` says that frames which were sent before they confirmed have arrived. A dead link carries none.
        """
        before = self.active
        self._used = tuple(
            frozenset(
                link
                for link in used
                if link in active
                or not (link.a.switch in connected and link.b.switch in connected)
                or not (is_rested or link not in live)
            )
            for used, active in zip(self._used, self.active, strict=True)
        )
        self._settle(live, connected)
        return self.active != before

    def _settle(self, live: Collection[Link], connected: Collection[str]) -> None:
        def is_danger(link: Link) -> bool:
            return link in live or link.a.switch in connected or link.b.switch in connected

        self.active = tuple(
            active & target if any(map(is_danger, used - target)) else target
            for active, target, used in zip(self.active, self.target, self._used, strict=True)
        )
        self._used = tuple(used | active for used, active in zip(self._used, self.active, strict=True))
