"""Whether a peer lives: after some silence it is asked, and given up when it still says nothing."""

from __future__ import annotations

PROBE_AFTER = 5.0
"""Seconds of silence after which the peer is asked whether it is there."""
DEAD_AFTER = 15.0
"""Seconds of silence after which it is not."""


class Liveness:
    """Of one peer. Times are seconds of any steady clock."""

    def __init__(self, now: float) -> None:
        self.heard = now
        """When the peer said something last."""
        self._probed: float | None = None

    def hear(self, now: float) -> None:
        """The peer says something."""
        self.heard = now
        self._probed = None

    def probe(self, now: float) -> None:
        """The peer is asked whether it is there."""
        self._probed = now

    def is_due(self, now: float) -> bool:
        """Whether the peer is to be asked."""
        return self._probed is None and now - self.heard >= PROBE_AFTER

    def is_over(self, now: float) -> bool:
        """Whether the peer is to be given up.

        That counts from the question, so that a daemon that was busy itself gives up nobody unasked.
        """
        return self._probed is not None and now - self._probed >= DEAD_AFTER - PROBE_AFTER
