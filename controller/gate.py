"""When a switch that connects with flows of ours may be changed: once the daemon's view of it is complete.

Until then it forwards as it did. A switch whose interfaces are as they were known (from before its session was lost, or
from the memory of the daemon's predecessor) is complete as soon as everything is compiled. Another one has to have had
time to hear its neighbours, and its neighbours to connect; those that do not come are waited for only `GRACE` long.
One that loses its session while it waits begins again: its interfaces are known now, its neighbours are not.

After a start that holds for a known switch, too, if it does not hold what it should: the configuration was changed, or
the predecessor died before it could save what it had learned last, say of a link. Trees that are made without it must
not meet those that the other switches still have, as both together can make a circle.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from controller.fabric.discovery import PERIOD

GRACE = 10.0
"""Seconds from the start of the daemon in which all expected switches should have connected."""
LISTENING = 2.5
"""Announcement periods that a switch has to hear its neighbours."""


@dataclass(slots=True)
class Gate:
    """The switches that wait. Times are seconds since the daemon's start."""

    period: float = PERIOD
    """Seconds between two announcements from one interface."""
    _since: dict[str, float] = field(default_factory=dict)
    _known: set[str] = field(default_factory=set)
    """Those of them whose interfaces are as they were known."""
    _unheard: set[str] = field(default_factory=set)
    """Those that left before they had heard their neighbours."""

    def arrive(self, switch: str, is_known: bool, now: float) -> None:
        """A switch connected; `is_known` if its interfaces are as they were known."""
        self._since[switch] = now
        if is_known and switch not in self._unheard:
            self._known.add(switch)

    def leave(self, switch: str) -> None:
        """A switch lost its session."""
        if self._since.pop(switch, None) is not None and switch not in self._known:
            self._unheard.add(switch)
        self._known.discard(switch)

    def open(
        self, now: float, missing: Collection[str], is_compiled: bool, holds_all: Callable[[str], bool]
    ) -> list[str]:
        """The switches that wait no longer, each once.

        `missing` are those without session, and those whose hosts have not said what is plugged in; `holds_all` tells
        whether a switch holds what it should, and nothing else.
        """
        if not is_compiled:
            return []
        complete = {switch for switch in self._known if now >= GRACE or holds_all(switch)}
        listening = [since for switch, since in self._since.items() if switch not in complete]
        # At a start they go together, so that old trees and next hops meet new ones for as short as can be.
        hearing = LISTENING * self.period
        is_waiting_for_others = now < GRACE and (bool(missing) or now - max(listening, default=now) < hearing)
        through = [
            switch
            for switch, since in self._since.items()
            if switch in complete or (now - since >= hearing and not is_waiting_for_others)
        ]
        for switch in through:
            del self._since[switch]
            self._known.discard(switch)
            self._unheard.discard(switch)
        return through
