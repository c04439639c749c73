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

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
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
class Sent:
    """One announcement of an interface."""

    sender: End
    time: int
    """Milliseconds, as it says itself."""
    at: float
    frame: bytes
    heard_at: tuple[End, ...] = ()


class SentAnnouncements:
    """What was sent out of each interface lately. Times of sending and hearing are seconds of any steady clock."""

    def __init__(self) -> None:
        self._all: deque[Sent] = deque()
        """Newest last, as everywhere."""
        self._by_sender: dict[End, list[Sent]] = {}
        self._by_frame: dict[bytes, Sent] = {}

    def send(self, sender: End, time: int, encode: Callable[[int], bytes], now: float) -> bytes:
        """The frame to send: what `encode` makes of the time `time`, or of a later one, as no two have the same."""
        sent = self._by_sender.get(sender)
        if sent is None:
            sent = self._by_sender[sender] = []
        elif sent[-1].time >= time:
            time = sent[-1].time + 1
        frame = encode(time)
        new = self._by_frame[frame] = Sent(sender, time, now, frame)
        sent.append(new)
        self._all.append(new)
        return frame

    def find(self, frame: bytes) -> Sent | None:
        """The announcement whose frame this is, octet by octet: then nobody else can have made it."""
        return self._by_frame.get(frame)

    def find_time(self, sender: End, time: int) -> Sent | None:
        """The announcement of `sender` that says `time`."""
        return next((one for one in self._by_sender.get(sender, ()) if one.time == time), None)

    def judge(self, sent: Sent | None, at: End, now: float, fresh_for: float) -> Freshness:
        """What an authentic announcement, found or not, is worth that is heard at `at`; and note it."""
        if sent is None or now - sent.at > fresh_for:
            return Freshness.STALE
        for one in self._by_sender[sent.sender]:
            if one.time >= sent.time and at in one.heard_at:
                return Freshness.REPLAYED
        sent.heard_at += (at,)
        return Freshness.FRESH

    def drop(self, before: float) -> None:
        """Forget what was sent before then."""
        while self._all and self._all[0].at < before:
            old = self._all.popleft()
            del self._by_frame[old.frame]
            of_sender = self._by_sender[old.sender]
            del of_sender[0]
            if not of_sender:
                del self._by_sender[old.sender]
