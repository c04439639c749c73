"""Which links there are, from the announcements that switches hear from each other.

The daemon sends an announcement (an LLDP frame that names switch and interface, authenticated) out of every interface
that is no tenant's, once in a period. Where it is heard, the two interfaces are connected in that direction. A link
exists while both directions are heard, and nobody else at either end: one that carries frames one way only is of no
use, and where three ends share a wire a frame would arrive twice (`controller.fabric.wires` names what is wrong).

When another sender is heard at an interface, its wire was moved: the new one counts at once. When the old one is heard
again after that, both are there.

A direction ends at once when an interface goes away or down, and when nothing was heard for `LOST_AFTER` periods. Ends
at switches without a session are left as they are, since nobody can announce there: a daemon that is away, or a session
that is lost, costs no link. Nor does a large batch, behind which announcements wait.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from controller.fabric.model import End, Link
from controller.fabric.wires import Misheard, is_link, misheard
from controller.intent.model import DiscoverySettings

PERIOD = DiscoverySettings().period
"""Seconds between two announcements from one interface, unless the configuration says otherwise."""
LOST_AFTER = 3.1
"""Periods of silence after which a direction is gone: two announcements may be lost, and the third be a little late."""
DOUBT_AFTER = 1.4
"""Periods of silence after which more is sent, so that a link which loses most frames is not taken for dead."""
MOST_DOUBTED = 50
"""Interfaces at most that are announced so at a time."""
GAP = 2
"""Periods of silence after which somebody is not heard any more without a break, but anew."""
SMOOTHING = 1 / 8
"""What a new measurement weighs in the latency, as in RFC 6298, section 2."""


@dataclass(slots=True)
class _Hearing:
    """That somebody is heard somewhere."""

    since: float
    """When it began, or when the other direction ended, or when either end could not be heard for a reason."""
    last: float
    latency: float | None = None


class Discovery:
    """What was heard where. Times are seconds of any steady clock."""

    def __init__(self) -> None:
        self.period = PERIOD
        """Seconds between two announcements from one interface."""
        self._heard: dict[tuple[End, End], _Hearing] = {}
        """By (where, sender); in the order in which they were heard last."""
        self._senders: dict[End, tuple[End, ...]] = {}
        """Who is heard at each interface; not who was before its wire was moved."""
        self._loose: list[End] | None = None
        """Those of them that are ends of no link; None when that is to be found out again."""

    @property
    def patience(self) -> float:
        """Seconds of silence after which a direction is gone."""
        return LOST_AFTER * self.period

    def hear(self, at: End, sender: End, now: float, seconds: float | None = None) -> bool:
        """An announcement of `sender` arrived at `at`. Whether that was news.

        It was `seconds` under way, less what is known of the way from and to the daemon. That may be negative, when
        what is known was measured at a busy moment.
        """
        hearing = self._heard.pop((at, sender), None)
        is_new = hearing is None
        if hearing is None:
            hearing = _Hearing(now, now)
        if now - hearing.last > GAP * self.period:
            hearing.since = now
        hearing.last = now
        if seconds is not None:
            before = seconds if hearing.latency is None or hearing.latency < 0 else hearing.latency
            hearing.latency = before + SMOOTHING * (seconds - before)
        self._heard[at, sender] = hearing
        others = self._senders.get(at, ())
        if sender in others:
            return False
        if is_new:
            self._note_end(at, others, now)
            others = ()
        self._senders[at] = tuple(sorted((*others, sender)))
        self._loose = None
        return True

    def latency(self, link: Link) -> float | None:
        """Seconds from one end of a link to the other, smoothed, as the mean of both directions; None if unknown."""
        known = [self._heard.get(direction) for direction in ((link.a, link.b), (link.b, link.a))]
        measured = [hearing.latency for hearing in known if hearing and hearing.latency is not None]
        return max(0.0, sum(measured) / len(measured)) if measured else None

    def forget(self, end: End) -> bool:
        """An interface went away or down: nothing is heard there, and nothing sent there is heard. Whether it was."""
        gone = [direction for direction in self._heard if end in direction]
        return self._drop(gone)

    def expire(self, now: float, silent: Collection[str]) -> bool:
        """Drop directions not heard for long, except from or to the switches in `silent`. Whether any was dropped."""
        gone: list[tuple[End, End]] = []
        for (at, sender), hearing in self._heard.items():
            if now - hearing.last <= self.patience:
                break
            if not self._counts(at, sender) or (at.switch not in silent and sender.switch not in silent):
                gone.append((at, sender))
                self._note_end(at, (sender,), hearing.last)
        return self._drop(gone)

    def doubtful(self, now: float) -> list[End]:
        """Interfaces whose announcements are missed where they were heard; the longest silent first."""
        found: list[End] = []
        for (at, sender), hearing in self._heard.items():
            if now - hearing.last <= DOUBT_AFTER * self.period or len(found) == MOST_DOUBTED:
                break
            if self._counts(at, sender):
                found.append(sender)
        return found

    def refresh(self, switches: Collection[str], now: float) -> None:
        """These switches could not announce or hear until now: what was known about them counts as heard just now."""
        for at, sender in list(self._heard):
            if self._counts(at, sender) and (at.switch in switches or sender.switch in switches):
                hearing = self._heard.pop((at, sender))
                hearing.since = hearing.last = now
                self._heard[at, sender] = hearing

    def keep_pace(self, period: float, now: float) -> None:
        """Announcements come in another period from now on."""
        if period != self.period:
            self.period = period
            self.refresh({end.switch for end in self._senders}, now)

    def heard(self) -> tuple[tuple[End, End], ...]:
        """(where, sender) of all announcements that still count."""
        return tuple((at, sender) for at, senders in sorted(self._senders.items()) for sender in senders)

    def links(self) -> frozenset[Link]:
        """The links that are heard in both directions, with nobody else at either end."""
        return frozenset(
            Link.between(at, senders[0]) for at, senders in self._senders.items() if is_link(self._senders, at)
        )

    def misheard(self) -> frozenset[Misheard]:
        """The wires that are no links, or more than that, since so long that no lost frame explains it."""
        if self._loose is None:
            self._loose = [at for at in self._senders if not is_link(self._senders, at)]
        return misheard(self._senders, self._loose, self._lasts)

    def _lasts(self, at: End, sender: End) -> bool:
        hearing = self._heard[at, sender]
        return hearing.last - hearing.since > self.patience

    def _counts(self, at: End, sender: End) -> bool:
        return sender in self._senders.get(at, ())

    def _note_end(self, at: End, senders: Collection[End], when: float) -> None:
        """From then on `senders` are not heard at `at`: what goes the other way goes one way."""
        for sender in senders:
            if back := self._heard.get((sender, at)):
                back.since = max(back.since, when)

    def _drop(self, directions: Collection[tuple[End, End]]) -> bool:
        did_count = any(self._counts(at, sender) for at, sender in directions)
        for at, sender in directions:
            self._loose = None
            del self._heard[at, sender]
            left = tuple(other for other in self._senders.pop(at, ()) if other != sender)
            if left:
                self._senders[at] = left
        return did_count
