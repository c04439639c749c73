"""Waiting for what has to become true, by looking again and again rather than by sleeping."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

PATIENCE = 40.0
"""Seconds that anything may take on a loaded machine; nothing is measured by it."""
PAUSE = 0.1

_T = TypeVar("_T")


def eventually(look: Callable[[], _T], what: str, timeout: float = PATIENCE) -> _T:
    """The first true value that `look` gives; fails, naming `what` was waited for, when there is none in time."""
    deadline = time.monotonic() + timeout
    while True:
        if seen := look():
            return seen
        assert time.monotonic() < deadline, f"within {timeout:.0f} s not seen: {what}; last was {seen!r}"
        time.sleep(PAUSE)
