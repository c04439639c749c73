"""Reading the configuration at the start, on SIGHUP, and when files have changed and stopped changing.

What is not valid is told and changes nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import NoReturn

from controller.configuration import Configuration, report
from controller.event_log import EventKind
from controller.intent.edit import IntentEdit

log = logging.getLogger(__name__)

WATCH_EVERY = 0.5
"""Seconds between two looks at the files."""


class Reloading:
    """Reads the files, and hands on what is different."""

    def __init__(self, configuration: Configuration, turn: asyncio.Lock, take: Callable[[IntentEdit], bool]) -> None:
        """Whoever changes the intent has the `turn`; `take` takes an edit in force, and says whether it could."""
        self._configuration = configuration
        self._turn = turn
        self._take = take
        self._asked = asyncio.Event()
        self._seen = configuration.signature()
        """Of the files that were read last."""

    def ask(self) -> None:
        """Read again soon, whether or not files look different."""
        self._asked.set()

    async def load(self) -> bool:
        """Read now; whether what is there is valid and in force."""
        self._seen = self._configuration.signature()
        async with self._turn:
            loaded, edit = await asyncio.to_thread(self._configuration.read)
            report(loaded)
            if edit is None or not self._take(edit):
                return False
            self._configuration.base = loaded.base
            return True

    async def run(self) -> NoReturn:
        """Wait for changes, for ever."""
        previous = self._seen
        while True:
            try:
                await asyncio.wait_for(self._asked.wait(), WATCH_EVERY)
            except TimeoutError:
                current = self._configuration.signature()
                has_settled = current == previous
                previous = current
                if current == self._seen or not has_settled:
                    continue
            self._asked.clear()
            if await self.load():
                log.info("reloaded", extra={"event": EventKind.RELOAD_ACCEPTED})
            else:
                names = {"event": EventKind.RELOAD_REFUSED}
                log.error("not reloaded; the configuration before stays in force", extra=names)
            previous = self._seen
