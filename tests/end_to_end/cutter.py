"""Stands between switches and daemon, and cuts all connections after exactly so many messages that change a switch.

Switches connect to the cutter's socket, and each connection goes on to the daemon's, if somebody listens there. What
the daemon sends is handed on message by message; bundle requests count, as do the messages inside.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from controller.southbound.framing import Framer

EXPERIMENTER, FLOW_MOD, GROUP_MOD, METER_MOD = 4, 14, 15, 29
CHANGES = (EXPERIMENTER, FLOW_MOD, GROUP_MOD, METER_MOD)


class Cutter:
    """The listening socket `path` in front of a daemon's; open from entering to leaving."""

    def __init__(self, path: Path, daemon: Path) -> None:
        self.path = path
        self.passed = 0
        """Messages that change a switch, since the last call of `arm`."""
        self.has_cut = threading.Event()
        self._daemon = daemon
        self._limit: int | None = None
        self._then: Callable[[], None] = lambda: None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._open: set[asyncio.StreamWriter] = set()

    def __enter__(self) -> Self:
        self._thread.start()
        self._call(self._listen())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._call(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def arm(self, limit: int | None, then: Callable[[], None] = lambda: None) -> None:
        """Count from zero; after `limit` messages call `then` and cut. None only counts."""
        self.passed, self._limit, self._then = 0, limit, then
        self.has_cut.clear()

    def _call(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _listen(self) -> None:
        self._server = await asyncio.start_unix_server(self._serve, self.path)

    async def _close(self) -> None:
        self._server.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        self._cut()
        await asyncio.sleep(0)

    def _cut(self) -> None:
        for writer in self._open:
            writer.close()
        self._open.clear()

    async def _serve(self, from_switch: asyncio.StreamReader, to_switch: asyncio.StreamWriter) -> None:
        try:
            from_daemon, to_daemon = await asyncio.open_unix_connection(self._daemon)
        except OSError:
            to_switch.close()
            return
        self._open |= {to_switch, to_daemon}
        up = asyncio.create_task(self._up(from_switch, to_daemon))
        with suppress(OSError):
            await self._down(from_daemon, to_switch)
        up.cancel()
        for writer in (to_switch, to_daemon):
            writer.close()
            self._open.discard(writer)

    async def _up(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        writer.close()

    async def _down(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        framer = Framer()
        while data := await reader.read(65536):
            for _, kind, _, message in framer.feed(data):
                if writer.is_closing():
                    return
                writer.write(message)
                if kind in CHANGES:
                    self.passed += 1
                    if self.passed == self._limit:
                        self._limit = None
                        self._then()
                        self.has_cut.set()
                        self._cut()
                        return
            await writer.drain()
