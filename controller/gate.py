"""When a switch that connects with flows of ours may be changed: once the daemon's view of it is complete.

Until then it forwards as it did. A switch whose interfaces are as they were known (from before its session was lost, or
from the memory of the daemon's predecessor) is complete as soon as everything is compiled. Another one has to have had
time to hear its neighbours, and its neighbours to connect; those that do not come are waited for only `GRACE` long.
One that loses its session while it waits begins again: its interfaces are known now, its neighbours are not.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from controller.fabric.discovery import PERIOD

GRACE = 10.0
"""Seconds from the start of the daemon in which all expected switches should have connected."""
LISTENING = 2.5 * PERIOD
"""Seconds that a switch has to hear its neighbours."""


@dataclass(slots=True)
class Gate:
    """The switches that wait. Times are seconds since the daemon's start."""

    _since: dict[str, float] = field(default_factory=dict)
    _unheard: set[str] = field(default_factory=set)
    """Those that left before they had heard their neighbours."""

    def arrive(self, switch: str, is_known: bool, now: float) -> None:
        """A switch connected; `is_known` if its interfaces are as they were known."""
        self._since[switch] = float("-inf") if is_known and switch not in self._unheard else now

    def leave(self, switch: str) -> None:
        """A switch lost its session."""
        if self._since.pop(switch, float("-inf")) != float("-inf"):
            self._unheard.add(switch)

    def open(self, now: float, missing: Collection[str], is_compiled: bool) -> list[str]:
        """The switches that wait no longer, each once; `missing` are those without session."""
        if not is_compiled:
            return []
        listening = [since for since in self._since.values() if since != float("-inf")]
        # At a start they go together: a switch that forgot an address returns frames of one that has not yet.
        is_waiting_for_others = now < GRACE and (bool(missing) or now - max(listening, default=now) < LISTENING)
        through = [
            switch
            for switch, since in self._since.items()
            if since == float("-inf") or (now - since >= LISTENING and not is_waiting_for_others)
        ]
        for switch in through:
            del self._since[switch]
            self._unheard.discard(switch)
        return through
