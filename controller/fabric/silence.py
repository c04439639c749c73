"""Questions that were not answered: what tells a dead way from a lost packet.

An answer speaks for all questions that were sent before the one that it answers: the way was good then, so these were
lost, and count no more. What stays open for `WAIT` is silence. So only questions in a row count: where one in five is
lost, eight in a row are once in 400,000 times.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

WAIT = 0.2
"""Seconds in which an answer comes, or is late."""
KEPT = 24
"""Questions that are remembered; older ones do not count."""


@dataclass(slots=True)
class Silence:
    """The open questions of one way. Times are seconds of any steady clock."""

    open: deque[tuple[float, str]] = field(default_factory=lambda: deque(maxlen=KEPT))
    """When each was sent and by whom, the oldest first."""
    answered: float = float("-inf")
    """When the latest question that was answered had been sent."""
    streak: int = 0
    """Answers since the last silence, as of the last question."""
    since: float = 0.0
    """When the first of the questions was sent that were not answered."""

    def ask(self, by: str, now: float) -> None:
        """A question is sent."""
        if not self.open:
            self.since = now
        elif self.begins(now):
            self.streak = 0
        self.open.append((now, by))

    def answer(self, sent: float) -> None:
        """The question that was sent then is answered."""
        self.answered = max(self.answered, sent)
        self.streak += 1
        while self.open and self.open[0][0] <= sent:
            self.open.popleft()
        if self.open:
            self.since = self.open[0][0]

    def begins(self, now: float) -> bool:
        """Whether there is silence, be it of a single question."""
        return bool(self.open) and self.open[0][0] <= now - WAIT

    def count(self, now: float, counts: Callable[[float, str], bool]) -> int:
        """How many questions were met with silence, of those that count: when they were sent, and by whom."""
        return sum(counts(sent, by) for sent, by in self.open if sent <= now - WAIT)
