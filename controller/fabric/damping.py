"""Links that go and come back again and again are held down for a while, so that they move no traffic meanwhile.

A link may come back `FREE` times within `WINDOW` and is used at once each time. From then on each return is followed by
a hold: `FIRST_HOLD`, and twice as long each time, up to `LONGEST_HOLD`. A link that has stayed as it was for `FORGIVEN`
after its hold begins anew. What goes down goes down at once, held or not. Tunnel endpoints are treated like links
(`controller.fabric.reachability`).

The rule is that of route flap damping (RFC 2439) with a count in place of a decaying penalty, so that an operator can
tell from the log what will happen.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

FREE = 5
WINDOW = 30.0
"""Seconds in which a link may come back `FREE` times."""
FIRST_HOLD = 5.0
LONGEST_HOLD = 60.0
FORGIVEN = 60.0
"""Seconds without change after which nothing is held against a link."""


Thing = TypeVar("Thing", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Hold(Generic[Thing]):
    """A link that is there and not used. Times are seconds."""

    link: Thing
    seconds: float
    until: float


@dataclass(slots=True)
class _History:
    """What a link did lately."""

    changed: float
    returns: list[float] = field(default_factory=list)
    holds: int = 0
    """How many there were since it last began anew."""


class Damping(Generic[Thing]):
    """Which links to use, of those that are there. Times are seconds of any steady clock."""

    def __init__(self) -> None:
        self.holds: dict[Thing, Hold[Thing]] = {}
        """Links that are held down."""
        self._there: frozenset[Thing] = frozenset()
        self._histories: dict[Thing, _History] = {}
        """Of the links that went down lately."""

    def admit(self, links: frozenset[Thing], now: float) -> frozenset[Thing]:
        """Those of the links that are there now which are to be used."""
        for link in self._there - links:
            self._histories.setdefault(link, _History(now)).changed = now
            self.holds.pop(link, None)
        for link in links - self._there:
            if history := self._histories.get(link):
                self._judge(link, history, now)
        self._there = links
        self.release(now)
        return links.difference(self.holds)

    def release(self, now: float) -> bool:
        """Let time pass. Whether a hold is over, so that more links are to be used."""
        over = [link for link, hold in self.holds.items() if hold.until <= now]
        for link in over:
            del self.holds[link]
        forgiven = [link for link, history in self._histories.items() if now - history.changed >= FORGIVEN]
        for link in forgiven:
            del self._histories[link]
        return bool(over)

    def _judge(self, link: Thing, history: _History, now: float) -> None:
        """The link came back."""
        history.changed = now
        history.returns = [when for when in history.returns if now - when < WINDOW]
        history.returns.append(now)
        if len(history.returns) > FREE or history.holds:
            seconds = min(FIRST_HOLD * 2**history.holds, LONGEST_HOLD)
            history.holds += 1
            history.changed = now + seconds
            self.holds[link] = Hold(link, seconds, now + seconds)
