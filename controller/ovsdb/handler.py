"""Who is told what hosts report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from controller.fabric.plugs import Plugged


class HostHandler(Protocol):
    """Who is told what hosts report; called on the event loop."""

    def connected(self, host: str, peer: str) -> None:
        """A host has a session."""

    def joined(self, host: str) -> None:
        """A host has all that it should have."""

    def reported(self, host: str, found: Mapping[str, Plugged]) -> None:
        """These are all interfaces of a host that have ids."""

    def lost(self, host: str, reason: str) -> None:
        """A host has no session any more."""
