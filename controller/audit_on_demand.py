"""Audits that somebody asks the daemon for by a signal: it compares all switches, and leaves the answer in a file.

Whoever asks while one is running gets the answer of another, that begins afterwards; the report says when it began. A
switch that does not come to rest is not waited for without end.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time

from controller.audit_report import AuditReport, SwitchReport, findings_of, to_text
from controller.core import Core
from controller.southbound.drift import Drift
from controller.southbound.southbound import Southbound
from controller.state_directory import StateDirectory
from controller.state_file import StateError

log = logging.getLogger(__name__)

COMPARE_WITHIN = 60.0
REPAIR_WITHIN = 10.0
"""Seconds for all switches together."""


class AuditOnDemand:
    """Audits all switches whenever somebody asks."""

    def __init__(self, core: Core, southbound: Southbound, state: StateDirectory) -> None:
        self._core = core
        self._southbound = southbound
        self._state = state
        self._asked = asyncio.Event()

    def ask(self) -> None:
        """Have all switches compared, from now on."""
        self._asked.set()

    async def run(self) -> None:
        """Answer, for ever."""
        while True:
            await self._asked.wait()
            self._asked.clear()
            log.info("comparing all switches with what they should hold")
            report = await self._audit(time.monotonic())
            await asyncio.to_thread(self._write, report)

    async def _audit(self, began: float) -> AuditReport:
        found = await self._southbound.audited(COMPARE_WITHIN)
        await self._southbound.settled([name for name, drift in found.items() if drift], REPAIR_WITHIN)
        switches = sorted(self._core.situation.intent.fabric.switches)
        return AuditReport(os.getpid(), began, tuple(self._report(name, found.get(name)) for name in switches))

    def _report(self, switch: str, drift: Drift | None) -> SwitchReport:
        if drift is None:
            is_connected = switch in self._core.connected_switches()
            obstacle = f"it did not come to rest within {COMPARE_WITHIN:.0f} s" if is_connected else "it has no session"
            return SwitchReport(switch, obstacle)
        return SwitchReport(switch, "", findings_of(drift), self._southbound.is_repaired(switch))

    def _write(self, report: AuditReport) -> None:
        try:
            self._state.write_audit(to_text(report))
        except StateError as error:
            log.warning("what the audit found is not told: %s", error)
