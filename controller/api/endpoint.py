"""Where questions are asked."""

from __future__ import annotations

from dataclasses import dataclass

from controller.southbound.listen import Listen


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One listener."""

    listen: Listen
    token: bytes | None = None
    """What askers have to show; None when nothing."""
    is_optional: bool = False
    """Whether the daemon starts without it when it cannot be listened on."""
