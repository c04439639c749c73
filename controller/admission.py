"""Hosts that nobody named join when the operator's patterns admit them, by their certificates.

Several that come at once are one edit. It is stored before it is in force, so a daemon that starts again knows them.
"""

from __future__ import annotations

import asyncio
import logging

from controller.core import Core
from controller.event_log import EventKind
from controller.intent.admitted import may_join
from controller.intent.write import Refused
from controller.southbound.statistics import Statistics
from controller.writes import Writes

log = logging.getLogger(__name__)


class Admission:
    """Decides, and has what it admits become switches."""

    def __init__(self, core: Core, writes: Writes, statistics: Statistics) -> None:
        """`statistics` is where to count."""
        self._core = core
        self._writes = writes
        self._statistics = statistics
        self._waiting: set[str] = set()
        self._working: asyncio.Task[None] | None = None

    def ask(self, host: str) -> bool:
        """A host that has proved its name is not named: whether it may join. If so it is expected soon."""
        if not may_join(self._core.situation.intent.fabric.admit, host):
            return False
        self._waiting.add(host)
        if self._working is None:
            self._working = asyncio.create_task(self._admit())
        return True

    async def _admit(self) -> None:
        while self._waiting:
            hosts, self._waiting = sorted(self._waiting), set()
            try:
                await self._writes.admit(hosts)
            except Refused as refused:
                log.error("not admitted: %s; %s", ", ".join(hosts), refused)
                continue
            for host in hosts:
                self._statistics.hosts_admitted += 1
                log.info("admitted, as fabric.admit says", extra={"event": EventKind.HOST_ADMITTED, "switch": host})
        self._working = None
