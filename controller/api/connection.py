"""One connection of an asker: uvicorn's HTTP/1.1, with bounds that uvicorn leaves to a proxy in front.

- A head has to be complete `HEAD_WITHIN` seconds after the connection was made, or the answer before was given; while
  it is not, at most 16 KiB of it are kept.
- Who does not read what is written for him is cut off after `READ_WITHIN` seconds.
- There are at most `MOST` connections of each listener. Newcomers beyond that are cut off at once, but no others wait
  long: see above.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from struct import Struct

import h11
from starlette.types import ASGIApp
from uvicorn import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from controller.api.problems import MEDIA_TYPE, problem_body

MOST = 64
MOST_HEAD = 16 * 1024
HEAD_WITHIN = 10.0
READ_WITHIN = 10.0
LOOK_EVERY = 1.0
"""Seconds."""
_CREDENTIALS = Struct("3i")


def config_of(app: ASGIApp) -> Config:
    """How uvicorn is to serve an app."""
    config = Config(
        app,
        http=ApiConnection,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        h11_max_incomplete_event_size=MOST_HEAD,
        timeout_keep_alive=15,
    )
    config.load()
    # What it says is what peers caused, without bound; what goes wrong here is logged by `problems`.
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
    return config


def _user_of(transport: asyncio.Transport) -> tuple[str, int] | None:
    """Who is behind a socket file, as the kernel knows it (unix(7), SO_PEERCRED): `uid N`, and the process."""
    peer = transport.get_extra_info("socket")
    if peer is None or peer.family != socket.AF_UNIX:
        return None
    process, user, _ = _CREDENTIALS.unpack(peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size))
    return f"uid {user}", process


class ApiConnection(H11Protocol):
    """A connection with bounds."""

    def __init__(self, config: Config, server_state: ServerState) -> None:
        super().__init__(config, server_state, app_state={})
        self._idle_since = self.loop.time()
        self._stuck_since: float | None = None
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Somebody connected."""
        super().connection_made(transport)
        self.client = _user_of(transport) or self.client
        if len(self.connections) > MOST:
            transport.abort()
        else:
            self._timer = self.loop.call_later(LOOK_EVERY, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is over."""
        if self._timer:
            self._timer.cancel()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        """An answer was given; it need not have been read."""
        self._idle_since = self.loop.time()
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:
        """What came is no HTTP."""
        body = problem_body(400, "this is no HTTP/1.1 request, or its head is too large")
        about = [("Content-Type", MEDIA_TYPE), ("Content-Length", str(len(body))), ("Connection", "close")]
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            for event in (h11.Response(status_code=400, headers=about), h11.Data(data=body), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def _look(self) -> None:
        """Cut off who is too slow."""
        now = self.loop.time()
        if not self.transport.get_write_buffer_size():
            self._stuck_since = None
        elif self._stuck_since is None:
            self._stuck_since = now
        is_asking = self.cycle is None or self.cycle.response_complete
        is_slow_to_ask = is_asking and self._stuck_since is None and now > self._idle_since + HEAD_WITHIN
        if is_slow_to_ask or (self._stuck_since is not None and now > self._stuck_since + READ_WITHIN):
            self.transport.abort()
        else:
            self._timer = self.loop.call_later(LOOK_EVERY, self._look)
