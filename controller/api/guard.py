"""Who may ask, and what: looked at before anything else, for each listener by its own rules (an ASGI application).

- A listener with a token answers only to who has it (`Authorization: Bearer`, RFC 6750, 2.1).
- One on TCP without a token is for this machine, and takes only requests that name it so. Otherwise a page in a browser
  here could ask by a name of its own that leads to loopback (DNS rebinding).
- Nothing can be changed, so only GET and HEAD are answered, and no request has a body; but for what files would change,
  which are sent by POST and may be as large as `MOST_BODY`.
- An answer takes no longer than `ANSWER_WITHIN`, that one `PLAN_WITHIN`, but for streams, of which there are at most
  `MOST_STREAMS`.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from ipaddress import ip_address
from typing import TypeAlias

from starlette.types import ASGIApp, Receive, Scope, Send

from controller.api.problems import MEDIA_TYPE, problem_body

log = logging.getLogger(__name__)

ANSWER_WITHIN = 30.0
"""Seconds."""
PLAN_WITHIN = 300.0
"""Seconds."""
PLAN = "/api/v1/plan"
MOST_BODY = 64 * 2**20
"""Bytes; 100,000 ports take about 10 MB."""
MOST_STREAMS = 32
STREAM = "/api/v1/events/stream"

Headers: TypeAlias = list[tuple[bytes, bytes]]


@dataclass(slots=True)
class Streams:
    """How many there are, of all listeners together."""

    number: int = 0


@dataclass(frozen=True, slots=True)
class Guard:
    """One listener's way to the app."""

    app: ASGIApp
    streams: Streams
    token: bytes | None = None
    """What askers have to show; None when nothing."""
    is_local: bool = False
    """Whether requests have to name this machine as localhost."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        headers = [(name.lower(), value) for name, value in scope["headers"]]
        if refused := self._refusal(scope, headers):
            await _refuse(send, *refused)
        elif scope["path"] == STREAM:
            await self._stream({**scope, "method": "GET"}, receive, send)
        elif scope["method"] == "POST":
            await self._answer(scope, receive, send, PLAN_WITHIN)
        else:
            await self._answer({**scope, "method": "GET"}, receive, send, ANSWER_WITHIN)

    def _refusal(self, scope: Scope, headers: Headers) -> tuple[int, str, Headers] | None:
        if self.is_local and not _is_local(_values(headers, b"host")):
            return 421, "ask for localhost, or give the daemon a token for this endpoint (--api-token)", []
        if self.token is not None and not _has_token(_values(headers, b"authorization"), self.token):
            return 401, "show the token: Authorization: Bearer TOKEN", [(b"www-authenticate", b"Bearer")]
        if scope["path"] == PLAN:
            return _plan_refusal(scope["method"], headers)
        if scope["method"] not in ("GET", "HEAD"):
            return 405, "nothing can be changed here; use GET or HEAD", [(b"allow", b"GET, HEAD")]
        if _values(headers, b"transfer-encoding") or any(one != b"0" for one in _values(headers, b"content-length")):
            return 413, "a request has no body here", [(b"connection", b"close")]
        return None

    async def _answer(self, scope: Scope, receive: Receive, send: Send, within: float) -> None:
        try:
            async with asyncio.timeout(within):
                await self.app(scope, receive, send)
        except TimeoutError:
            log.warning("not answered within %.0f s: %r", within, scope["path"])
            # Ends the connection, as there is no whole answer.

    async def _stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.streams.number >= MOST_STREAMS:
            await _refuse(send, 503, f"{MOST_STREAMS} others are reading events", [(b"retry-after", b"30")])
            return
        self.streams.number += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self.streams.number -= 1


def _plan_refusal(method: str, headers: Headers) -> tuple[int, str, Headers] | None:
    if method != "POST":
        return 405, "send files by POST", [(b"allow", b"POST")]
    if [one.partition(b";")[0].strip().lower() for one in _values(headers, b"content-type")] != [b"application/json"]:
        # Other types a page in a browser may send to anywhere, without asking first (Fetch Standard, 2.2.2).
        return 415, "send JSON: Content-Type: application/json", [(b"connection", b"close")]
    lengths = _values(headers, b"content-length")
    if len(lengths) != 1 or not lengths[0].isdigit():
        return 411, "say how long the body is: Content-Length", [(b"connection", b"close")]
    if len(lengths[0]) > 12 or int(lengths[0]) > MOST_BODY:
        return 413, f"at most {MOST_BODY >> 20} MiB are taken", [(b"connection", b"close")]
    return None


def _has_token(given: Iterable[bytes], token: bytes) -> bool:
    shown = b"".join(given)
    kind, _, value = shown.partition(b" ")
    # Hashed first, so that not even the length shows in the time.
    is_same = hmac.compare_digest(sha256(value.strip()).digest(), sha256(token).digest())
    return is_same and kind.lower() == b"bearer"


def _is_local(given: list[bytes]) -> bool:
    if len(given) != 1:
        return False
    host = given[0].decode("latin-1").lower()
    host = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _values(headers: Headers, name: bytes) -> list[bytes]:
    return [value for known, value in headers if known == name]


async def _refuse(send: Send, status: int, detail: str, headers: Headers) -> None:
    body = problem_body(status, detail)
    about = [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": [*about, *headers]})
    await send({"type": "http.response.body", "body": body})
