"""Which links there are, from the announcements that switches hear from each other.

The daemon sends an announcement (an LLDP frame that names switch and interface, authenticated) out of every interface
that is no tenant's, once in a period. Where it is heard, the two interfaces are connected in that direction. A link
exists while both directions are heard: one that carries frames one way only is of no use.

A direction ends at once when an interface goes away or down, and when nothing was heard for `LOST_AFTER` periods. Ends
at switches without a session are left as they are, since nobody can announce there: a daemon that is away, or a session
that is lost, costs no link. Nor does a large batch, behind which announcements wait.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from controller.fabric.model import End, Link

PERIOD = 1.0
"""Seconds between two announcements from one interface."""
LOST_AFTER = 3.5
"""Periods of silence after which a direction is gone."""


@dataclass(slots=True)
class Discovery:
    """What was heard where. Times are seconds of any steady clock."""

    _heard: dict[End, tuple[End, float]] = field(default_factory=dict)

    def hear(self, at: End, sender: End, now: float) -> bool:
        """An announcement of `sender` arrived at `at`. Whether that was news."""
        known = self._heard.get(at)
        self._heard[at] = (sender, now)
        return known is None or known[0] != sender

    def forget(self, end: End) -> bool:
        """An interface went away or down: nothing is heard there, and nothing sent there is heard. Whether it was."""
        gone = [at for at, (sender, _) in self._heard.items() if end in (at, sender)]
        for at in gone:
            del self._heard[at]
        return bool(gone)

    def expire(self, now: float, silent: Collection[str]) -> bool:
        """Drop directions not heard for long, except from or to the switches in `silent`. Whether any was dropped."""
        gone = [
            at
            for at, (sender, last) in self._heard.items()
            if now - last > LOST_AFTER * PERIOD and at.switch not in silent and sender.switch not in silent
        ]
        for at in gone:
            del self._heard[at]
        return bool(gone)

    def refresh(self, switches: Collection[str], now: float) -> None:
        """These switches could not announce or hear until now: what was known about them counts as heard just now."""
        for at, (sender, _) in self._heard.items():
            if at.switch in switches or sender.switch in switches:
                self._heard[at] = (sender, now)

    def heard(self) -> tuple[tuple[End, End], ...]:
        """(where, sender) of all announcements that still count."""
        return tuple((at, sender) for at, (sender, _) in sorted(self._heard.items()))

    def links(self) -> frozenset[Link]:
        """The links that are heard in both directions."""
        return frozenset(
            Link.between(at, sender)
            for at, (sender, _) in self._heard.items()
            if at.switch != sender.switch and sender in self._heard and self._heard[sender][0] == at
        )
