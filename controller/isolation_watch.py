"""The daemon's own proof that networks are kept apart: a network at a time, what changed first. What fails is a bug."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence

from controller.compiler import Change
from controller.core import Core
from controller.isolation import Isolation, Whole
from controller.southbound.statistics import Statistics
from controller.verify.search import Breach
from controller.verify.solving import frame_text

log = logging.getLogger(__name__)

AT_ONCE = 0.02
"""Seconds of examining before others get their turn."""


class IsolationWatch:
    """Examines, counts, and tells."""

    def __init__(self, core: Core, statistics: Statistics) -> None:
        self._core = core
        self._statistics = statistics
        self._isolation = Isolation()

    def note(self, change: Change) -> None:
        """A share was compiled."""
        self._isolation.note(change)

    async def check_next(self) -> None:
        """Examine the next network; nothing may be waiting to be compiled."""
        situation, compiler = self._core.situation, self._core.compiler
        network = self._isolation.next(situation, compiler)
        if network is None:
            return
        self._statistics.isolation_checks += 1
        begins, wholes = time.monotonic(), []
        for part in self._isolation.check_each(situation, compiler, network):
            self._tell([found for found in part if isinstance(found, Breach)])
            wholes += [found for found in part if isinstance(found, Whole)]
            if time.monotonic() > begins + AT_ONCE:
                await asyncio.sleep(0)
                if self._core.is_dirty or self._core.situation is not situation:
                    self._isolation.again(network)
                    return
                begins = time.monotonic()
        for whole in wholes:
            log.warning("cannot be examined by itself", extra={"network": network, "switch": whole.border.switch})
            self._tell((await asyncio.to_thread(whole.examine)).breaches)

    def _tell(self, breaches: Sequence[Breach]) -> None:
        self._statistics.isolation_errors += len(breaches)
        for one in breaches:
            names = {"switch": one.switch, "network": one.owner}
            what = (one.reached, frame_text(one.packet), one.rules[-1].text)
            log.error("a bug: frames may leave as those of %s: %s, by flow %s", *what, extra=names)
