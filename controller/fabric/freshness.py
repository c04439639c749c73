"""Whether an announcement is a new one of this daemon, or an old one that somebody sends again.

The signature says that an announcement was ours once. This says that it is now: the daemon remembers the times that it
wrote into the last announcements of each interface, and believes these only. So no clock is compared with another, and
a wall clock that steps costs nothing; the wall clock only makes it sure that a predecessor wrote other times.

- *Stale*: a time that was not given out within `FRESH_FOR` periods: kept for later, or of a predecessor.
- *Replayed*: a time that was heard at that place before, or one that is older than another heard there.
- *Fresh*: everything else. A frame that somebody carries from one interface to another at once is among it, and always
  will be: that is what a wire does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from controller.fabric.model import End

FRESH_FOR = 2.0
"""Periods for which an announcement is believed."""


class Freshness(StrEnum):
    """What an authentic announcement is worth."""

    FRESH = "fresh"
    STALE = "stale"
    REPLAYED = "replayed"


@dataclass(slots=True)
class _Sent:
    """One announcement of an interface."""

    time: int
    """As it says itself."""
    at: float
    heard_at: list[End] = field(default_factory=list)


class SentAnnouncements:
    """What was sent out of each interface lately. Times of sending and hearing are seconds of any steady clock."""

    def __init__(self) -> None:
        self._sent: dict[End, list[_Sent]] = {}
        """Newest last, by sender; the sender that has been silent for longest is first."""

    def send(self, sender: End, time: int, now: float, fresh_for: float) -> int:
        """The time in milliseconds to write into an announcement: `time`, or later, as no two have the same."""
        self._drop(now - fresh_for)
        sent = [one for one in self._sent.pop(sender, ()) if now - one.at <= fresh_for]
        time = max(time, sent[-1].time + 1) if sent else time
        self._sent[sender] = [*sent, _Sent(time, now)]
        return time

    def hear(self, at: End, sender: End, time: int, now: float, fresh_for: float) -> tuple[Freshness, float]:
        """Judge an authentic announcement that says `time`, and note it; and the seconds since it was sent."""
        sent = self._sent.get(sender, ())
        found = next((one for one in sent if one.time == time and now - one.at <= fresh_for), None)
        if found is None:
            return Freshness.STALE, 0.0
        if any(at in one.heard_at for one in sent if one.time >= time):
            return Freshness.REPLAYED, 0.0
        found.heard_at.append(at)
        return Freshness.FRESH, now - found.at

    def _drop(self, before: float) -> None:
        """Forget senders that were silent since then: their interfaces may be gone for good."""
        while self._sent:
            sender = next(iter(self._sent))
            if self._sent[sender][-1].at >= before:
                return
            del self._sent[sender]
