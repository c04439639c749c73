"""Keeps what was learned on disk, soon after it changed.

Writing is done beside the event loop, at most once in `EVERY` seconds, and never for more than a tenth of the time. A
disk that is full or read-only costs nothing but the memory: it is said once, and tried again.
"""

from __future__ import annotations

import asyncio
import logging
import time

from controller.core import Core
from controller.fabric.memory import Memory
from controller.state_directory import StateDirectory
from controller.state_file import StateError

log = logging.getLogger(__name__)

EVERY = 1.0
SHARE_OF_TIME = 10


class Keeper:
    """Saves a core's memory into a state directory."""

    def __init__(self, core: Core, state: StateDirectory) -> None:
        self._core = core
        self._state = state
        self._saved = core.revision
        self._trouble = ""

    async def run(self) -> None:
        """Save whenever something changed, for ever."""
        while True:
            started = time.monotonic()
            if (revision := self._core.revision) != self._saved:
                # The snapshot is taken here, where nothing else changes the core.
                await asyncio.to_thread(self._write, self._core.memory(), revision)
            await asyncio.sleep(max(EVERY, SHARE_OF_TIME * (time.monotonic() - started)))

    def save(self) -> None:
        """Save now if something changed since the last time."""
        if self._core.revision != self._saved:
            self._write(self._core.memory(), self._core.revision)

    def _write(self, memory: Memory, revision: int) -> None:
        try:
            self._state.write_memory(memory)
        except StateError as error:
            if str(error) != self._trouble:
                log.warning("what is learned is not kept: %s", error)
            self._trouble = str(error)
            return
        self._saved, self._trouble = revision, ""
