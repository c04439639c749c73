"""Interfaces from which too many probes come, so that none is taken there for a while.

All probes of a switch share a meter, and whoever forges enough of them would keep those of others from being heard. No
tenant has a reason to send any; one whose guest joins many ports returns many, of which few are enough.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from controller.fabric.model import End

WINDOW = 1.0
"""Seconds in which probes are counted."""
MOST = 50
"""Probes taken from one interface in a window."""
UNHEARD_FOR = 60.0
"""Seconds for which none is taken after that."""


@dataclass(slots=True)
class ProbeLimits:
    """Counts of one daemon. Times are seconds of any steady clock."""

    unheard: dict[End, float] = field(default_factory=dict)
    """Interfaces whose probes are not taken, and until when."""
    _counts: dict[End, int] = field(default_factory=dict)
    _began: float = 0.0

    def count(self, end: End, now: float) -> bool:
        """A probe came in at an interface. Whether it is not to be heard from now on."""
        self._counts[end] = self._counts.get(end, 0) + 1
        if self._counts[end] <= MOST or end in self.unheard:
            return False
        self.unheard[end] = now + UNHEARD_FOR
        return True

    def advance(self, now: float) -> list[End]:
        """Let time pass: the interfaces that are to be heard again."""
        if now - self._began >= WINDOW:
            self._counts.clear()
            self._began = now
        over = [end for end, until in self.unheard.items() if until <= now]
        for end in over:
            del self.unheard[end]
        return over
