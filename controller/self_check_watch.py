"""The daemon checks itself: what it remembers to have compiled, and that networks are kept apart, a little at a time.

What is found wrong is a bug. It is told, and the switch is compiled anew and compared as a whole with what it was told.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from typing import NoReturn

from controller.core import Core
from controller.isolation_watch import IsolationWatch
from controller.self_check import Rounds, Wrong, affected
from controller.southbound.southbound import Southbound

log = logging.getLogger(__name__)

CHECK_EVERY = 0.1
"""Seconds at least between two units that are checked, and a hundred times as long as the last one took."""
CHECK_SHARE = 100


class SelfCheckWatch:
    """Checks, counts, tells and repairs."""

    def __init__(
        self, core: Core, southbound: Southbound, isolation: IsolationWatch, changed: Callable[[], None]
    ) -> None:
        """`changed` is called when something is to be compiled."""
        self._core = core
        self._southbound = southbound
        self._isolation = isolation
        self._changed = changed
        self._recompiled: set[str] = set()
        """Switches whose whole program is to be compared with what they were told."""

    async def run(self) -> NoReturn:
        """Check for ever."""
        rounds = Rounds()
        while True:
            # What is dirty may differ and be right.
            started = time.monotonic()
            if not self._core.is_dirty:
                self._take_wrong(rounds.check_next(self._core.situation, self._core.compiler))
                await self._isolation.check_next()
            await asyncio.sleep(max(CHECK_EVERY, CHECK_SHARE * (time.monotonic() - started)))

    def compiled(self) -> None:
        """All that was to be compiled is."""
        for name in self._recompiled & self._core.fabric.switches.keys():
            self._southbound.replace(name, self._core.compiler.program(name))
        self._recompiled.clear()

    def _take_wrong(self, wrong: Sequence[Wrong]) -> None:
        statistics = self._southbound.statistics
        statistics.self_checks += 1
        statistics.self_check_errors += len(wrong)
        for one in wrong:
            names = {"switch": one.switch, "network": one.network}
            log.error("a bug: not as it would be compiled now, flows: %d; compiled again", one.flows, extra=names)
        for name in affected(wrong):
            self._core.recompile(name)
            self._recompiled.add(name)
            self._changed()
