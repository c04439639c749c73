"""When each switch is audited: read back again, and compared with what it was left with.

Reading a switch back costs it something, 0.15 s for 100,000 flows, so one switch is read at a time, each every
`PERIOD`. There are reasons to look earlier: somebody asks, or a flow was deleted and we did not do it. An audit during
which something was sent says nothing and is done again.

Somebody may also only *look*: then nothing is repaired, and audits come when they would have come. An audit that is due
answers who looks, too.
"""

from __future__ import annotations

from collections.abc import Callable

PERIOD = 60.0
"""Seconds from one audit of a switch to the next."""
SOONEST = 5.0
"""Seconds from one audit to the next when there is a reason to look again."""


class Auditor:
    """What is due, and what is being read."""

    def __init__(self) -> None:
        self._reading: str | None = None
        self._is_asked_again = False
        self._last: dict[str, float] = {}
        self._due: dict[str, float] = {}
        self._looks: dict[str, None] = {}
        """Switches that somebody wants to look at, in turn."""
        self._is_looked_at_again = False
        self.is_look = False
        """Whether the switch that is being read is only looked at."""

    def ready(self, switch: str, now: float) -> None:
        """A switch was read back just now."""
        self._last[switch], self._due[switch] = now, now + PERIOD

    def lost(self, switch: str) -> None:
        """A switch has no session any more."""
        self._last.pop(switch, None)
        self._due.pop(switch, None)
        self._looks.pop(switch, None)
        if self._reading == switch:
            self._reading = None

    def suspect(self, switch: str) -> None:
        """There is a reason to look at a switch soon."""
        if switch in self._due:
            self._due[switch] = min(self._due[switch], self._last[switch] + SOONEST)

    def ask(self, switch: str, now: float) -> None:
        """Somebody wants to know how it is from now on."""
        if switch in self._due:
            self._due[switch] = now
            self._is_asked_again |= self._reading == switch

    def look(self, switch: str) -> None:
        """Somebody wants to see how it is from now on."""
        if switch in self._due:
            self._looks[switch] = None
            self._is_looked_at_again |= self._reading == switch

    def next(self, now: float, is_idle: Callable[[str], bool]) -> str | None:
        """The switch that is to be read now; its `done` or `lost` has to come before there is another."""
        if self._reading is None:
            due = sorted((due, switch) for switch, due in self._due.items() if due <= now)
            self._reading = next((switch for _, switch in due if is_idle(switch)), None)
            self.is_look = self._reading is None
            if self.is_look:
                self._reading = next((switch for switch in self._looks if is_idle(switch)), None)
            self._is_asked_again = self._is_looked_at_again = False
            return self._reading
        return None

    def seen(self, switch: str, is_valid: bool) -> bool:
        """A switch was read, for whatever reason. Whether who wants to look at it has seen it; before `done`."""
        is_answer = is_valid and switch in self._looks and not self._is_looked_at_again
        if is_answer:
            del self._looks[switch]
        if self.is_look:
            self._reading = None
        return is_answer

    def done(self, switch: str, now: float, is_valid: bool) -> bool:
        """A switch was read; `is_valid` unless something was sent to it meanwhile.

        Whether that is an answer; not if somebody asked while it was read.
        """
        again = 0 if self._is_asked_again else PERIOD if is_valid else SOONEST
        is_answer = is_valid and not self._is_asked_again
        self._reading, self._is_asked_again = None, False
        self._last[switch], self._due[switch] = now, now + again
        return is_answer
