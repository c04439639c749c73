"""The share of the daemon's time that the messages of one peer may take, or those of several together.

Time is spent from a credit. It comes back at `RATE`, up to `BURST`, so whoever says much once is not held up, and
whoever goes on saying much takes `RATE` of the time in the end. A message is taken as a whole, whatever it costs: what
it costs beyond the credit is owed, and has to come back before the next one. Without clock and without sockets.
"""

from __future__ import annotations

BURST = 3.0
"""Seconds of work that are free. A host with 5,000 interfaces needs a third of one when it joins."""
RATE = 0.2
"""Seconds of work that come back in a second."""
ENOUGH = 0.02
"""Seconds of credit with which somebody who had none is heard again, so that he is not stopped for each message."""


class Share:
    """A credit. Times are seconds of any steady clock."""

    def __init__(self, now: float) -> None:
        self._credit = BURST
        self._counted = now
        """When what came back was counted last."""
        self._is_spent = False

    def spend(self, seconds: float, now: float) -> None:
        """So much work was done until now; less than none is given back."""
        self._credit = self._credit_at(now) - seconds
        self._counted = max(now, self._counted)
        self._is_spent |= self._credit <= 0

    def wait(self, now: float) -> float:
        """Seconds until there is credit again; zero if there is some."""
        missing = ENOUGH - self._credit_at(now) if self._is_spent else 0.0
        if missing <= 0:
            self._is_spent = False
        return max(0.0, missing / RATE)

    def _credit_at(self, now: float) -> float:
        return min(BURST, self._credit + RATE * max(0.0, now - self._counted))
