"""Logging what peers cause, at a rate that they cannot raise."""

from __future__ import annotations

import logging

LINES = 20
WINDOW = 10.0
"""Seconds in which at most `LINES` are logged."""


class BoundedLog:
    """A logger's warnings, at most `LINES` in `WINDOW`; what was left out is counted on the next line."""

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger
        self._since = float("-inf")
        self._lines = 0

    def warning(self, now: float, text: str, *arguments: object, **names: str) -> None:
        """Log a warning with these names (`controller.northbound.logs.NAMES`), or count it."""
        if now - self._since >= WINDOW:
            if self._lines > LINES:
                self._logger.warning("%d such warnings were left out", self._lines - LINES)
            self._since, self._lines = now, 0
        self._lines += 1
        if self._lines <= LINES:
            self._logger.warning(text, *arguments, extra=names)
