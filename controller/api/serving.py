"""The daemon's HTTP server: where it listens, and what it does besides answering.

It lives on the daemon's event loop, with uvicorn's protocol and none of its server: sockets, signals and the end are
the daemon's own.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from contextlib import suppress
from email.utils import formatdate
from importlib.metadata import PackageNotFoundError, version
from socket import gethostname

from fastapi import FastAPI
from uvicorn.server import ServerState

from controller.api.answering import Answering
from controller.api.app import make_app
from controller.api.connection import ApiConnection, config_of
from controller.api.endpoint import Endpoint
from controller.api.guard import Guard, Streams
from controller.api.metrics import Metrics
from controller.api.page_files import page_files
from controller.api.sources import Planner, Sources, Switches, Writer
from controller.core import Core
from controller.event_log import EventLog
from controller.intent.edit import IntentEdit
from controller.southbound.listen import Listen, ListenError, open_server, server_context
from controller.timings import Timings

log = logging.getLogger(__name__)

LAG_EVERY = 0.1
"""Seconds between two looks at how late the loop is."""


class Serving:
    """The server."""

    def __init__(
        self, core: Core, switches: Switches, events: EventLog, timings: Timings, writer: Writer, planner: Planner
    ) -> None:
        name = _version()
        self._timings = timings
        self._metrics = Metrics(core, switches, events, timings, name)
        self._answering = Answering(core)
        answering = self._answering
        self._sources = Sources(core, switches, events, self._metrics, answering, writer, planner, name, time.time())
        self._servers: list[tuple[Endpoint, asyncio.Server, ServerState]] = []

    async def open(self, endpoints: Sequence[Endpoint]) -> None:
        """Listen on all of them. Raises ListenError."""
        if not endpoints:
            return
        app, streams = make_app(self._sources), Streams()
        for endpoint in endpoints:
            try:
                self._servers.append(await _listen(endpoint, app, streams))
            except ListenError as error:
                if not endpoint.is_optional:
                    raise
                log.warning("no questions are answered there: %s", error)
            else:
                if address := _page_address(endpoint.listen, self._servers[-1][1]):
                    log.info("the page is at %s", address)

    def edited(self, edit: IntentEdit) -> None:
        """The intent in force was edited."""
        self._answering.edited(edit)

    async def run(self) -> None:
        """Measure and count, for ever."""
        await asyncio.gather(self._metrics.census.run(), self._tick())

    def close(self) -> None:
        """End all connections."""
        for endpoint, server, state in self._servers:
            server.close()
            for connection in list(state.connections):
                connection.transport.close()
            if endpoint.listen.path:
                with suppress(OSError):
                    endpoint.listen.path.unlink()
        self._answering.close()

    async def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            asked = loop.time()
            for _, _, state in self._servers:
                state.default_headers = [(b"date", formatdate(usegmt=True).encode())]
            await asyncio.sleep(LAG_EVERY)
            self._timings.lag.observe(max(0.0, loop.time() - asked - LAG_EVERY))


async def _listen(endpoint: Endpoint, app: FastAPI, streams: Streams) -> tuple[Endpoint, asyncio.Server, ServerState]:
    is_open = endpoint.token is None and endpoint.listen.path is None
    config = config_of(Guard(app, streams, token=endpoint.token, is_open=is_open, free_paths=page_files().keys()))
    state = ServerState()
    tls = server_context(endpoint.listen.tls) if endpoint.listen.tls else None
    server = await open_server(endpoint.listen, lambda: ApiConnection(config, state), tls)
    return endpoint, server, state


def _page_address(listen: Listen, server: asyncio.Server) -> str | None:
    """Where a browser finds the page; None on a socket file."""
    if listen.path:
        return None
    port = server.sockets[0].getsockname()[1]
    is_everywhere = listen.host in ("0.0.0.0", "::")
    host = gethostname() if is_everywhere else f"[{listen.host}]" if ":" in listen.host else listen.host
    return f"{'https' if listen.tls else 'http'}://{host}:{port}/"


def _version() -> str:
    try:
        return version("tenantry")
    except PackageNotFoundError:
        return "0"
