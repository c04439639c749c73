"""What a daemon's log says of sessions and links, read as it grows."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import Literal

Event = Literal["connected with", "in sync", "link up", "link down", "reloaded"]

_LINE = re.compile(r'^time=(\S+) .*message="(connected with|in sync|link up|link down|reloaded)', re.MULTILINE)


class LinkLog:
    """The log in a file, from its beginning."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._at = 0
        self._times: dict[str, list[str]] = {}

    def count(self, what: Event) -> int:
        """How often something was logged."""
        with self._log.open("rb") as log:
            log.seek(self._at)
            text, end, _ = log.read().rpartition(b"\n")
        self._at += len(text) + len(end)
        for when, said in _LINE.findall(text.decode(errors="replace")):
            self._times.setdefault(said, []).append(when)
        return len(self._times.get(what, ()))

    def full_graph(self, links: int) -> float:
        """Seconds from the first session to the link that made it so many; both were counted already."""
        ends = self._times["connected with"][0], self._times["link up"][links - 1]
        first, last = (datetime.fromisoformat(when.replace("Z", "+00:00")) for when in ends)
        return round((last - first).total_seconds(), 2)
