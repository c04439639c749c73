"""Who is told what hosts report."""

from __future__ import annotations

from typing import Protocol

from controller.fabric.plugs import Report


class HostHandler(Protocol):
    """Who is told what hosts report; called on the event loop."""

    def connected(self, host: str, peer: str, *, is_dialled: bool) -> None:
        """A host has a session with `peer`, which the daemon opened if `is_dialled`."""

    def joined(self, host: str) -> None:
        """A host has all that it should have."""

    def reported(self, host: str, said: Report) -> None:
        """A host says something else of itself than before."""

    def lost(self, host: str, reason: str) -> None:
        """A host has no session any more."""
