"""Who may ask, and what: looked at before anything else, for each listener by its own rules (an ASGI application).

- A listener with a token answers only to who has it (`Authorization: Bearer`, RFC 6750, 2.1). Free are the files of the
  page, in which nothing is that is not in the package; it asks its user for the token.
- One on TCP without a token is for this machine, and takes only requests that name it so. Otherwise a page in a browser
  here could ask by a name of its own that leads to loopback (DNS rebinding).
- Something is changed only for who is known: by having a token, or by being let in by a socket file, whose mode lets
  in the daemon's user and root. On TCP without a token there are questions only.
- Only a PUT has a body, and the one question that is sent files by POST (`PLAN`); it says before how long that is. What
  is refused is refused before the body is read.
- An answer takes no longer than `ANSWER_WITHIN`, a plan `PLAN_WITHIN`, but for streams, of which there are at most
  `MOST_STREAMS`.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from ipaddress import ip_address
from typing import TypeAlias

from starlette.types import ASGIApp, Receive, Scope, Send

from controller.api.problems import MEDIA_TYPE, problem_body
from controller.event_log import EventKind
from controller.southbound.bounded_log import BoundedLog

log = logging.getLogger(__name__)

ANSWER_WITHIN = 30.0
"""Seconds."""
PLAN_WITHIN = 300.0
"""Seconds."""
PLAN = "/api/v1/plan"
MOST_FILES = 64 * 1024 * 1024
"""Bytes of the files of a plan; 100,000 ports take about 10 MB."""
MOST_STREAMS = 32
STREAM = "/api/v1/events/stream"
MOST_BODY = 1024 * 1024
"""Bytes; a tenant with some 5,000 ports."""
READS, WRITES = ("GET", "HEAD"), ("PUT", "DELETE")

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
    refusals: BoundedLog = field(default_factory=lambda: BoundedLog(log))
    token: bytes | None = None
    """What askers have to show; None when nothing."""
    is_open: bool = False
    """Whether anybody on this machine may ask, and so has to name it as localhost, and may change nothing."""
    free_paths: Collection[str] = ()
    """What may be read without the token, too."""
    clock: Callable[[], float] = time.monotonic

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        headers = [(name.lower(), value) for name, value in scope["headers"]]
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        by = _who(scope, has_token=self.token is not None)
        if refused := self._refusal(scope, headers):
            if method in WRITES:
                # Not one line for each, as anybody may cause them.
                names = {"event": EventKind.WRITE_REFUSED}
                self.refusals.warning(self.clock(), "refused a %s of %s: %s", method, by, refused[1], **names)
            await _refuse(send, *refused)
            return
        asked = {**scope, "method": method, "state": {**scope.get("state", {}), "by": by}}
        await (self._stream if scope["path"] == STREAM else self._answer)(asked, receive, send)

    def _refusal(self, scope: Scope, headers: Headers) -> tuple[int, str, Headers] | None:
        method = scope["method"]
        if self.is_open and not _is_local(_values(headers, b"host")):
            return 421, "ask for localhost, or give the daemon a token for this endpoint (--api-token)", []
        is_free = method in READS and scope["path"] in self.free_paths
        if self.token is not None and not is_free and not _has_token(_values(headers, b"authorization"), self.token):
            return 401, "show the token: Authorization: Bearer TOKEN", [(b"www-authenticate", b"Bearer")]
        if scope["path"] == PLAN:
            return _plan_refusal(method, headers)
        if method not in (*READS, *WRITES):
            allowed = ", ".join((*READS, *WRITES))
            return 405, f"there is no {method[:20]!r} here; use {allowed}", [(b"allow", allowed.encode())]
        if self.is_open and method in WRITES:
            what = "nothing can be changed at an endpoint without a token (--api-token); use the daemon's socket file"
            return 403, what, []
        return _body_refusal(method, headers)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        within = PLAN_WITHIN if scope["path"] == PLAN else ANSWER_WITHIN
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
        return 415, "send JSON: Content-Type: application/json", []
    lengths = _values(headers, b"content-length")
    if len(lengths) != 1:
        return 411, "say how long the body is: Content-Length", []
    if int(lengths[0][:20]) > MOST_FILES:
        return 413, f"the body has more than {MOST_FILES} bytes", []
    return None


def _body_refusal(method: str, headers: Headers) -> tuple[int, str, Headers] | None:
    lengths = _values(headers, b"content-length")
    is_vague = bool(_values(headers, b"transfer-encoding"))
    if method == "PUT":
        if is_vague:
            return 411, "say how long the body is: Content-Length", []
        if any(int(one[:20]) > MOST_BODY for one in lengths):
            return 413, f"the body has more than {MOST_BODY} bytes", []
    elif is_vague or any(one != b"0" for one in lengths):
        return 413, "only a PUT has a body", []
    return None


def _who(scope: Scope, *, has_token: bool) -> str:
    """What is known of who asks: the user and process behind a socket file, or an address."""
    host, port = scope.get("client") or ("somebody", 0)
    if host.startswith("uid "):
        return f"{host} (process {port})"
    place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return f"{place} with the token" if has_token else place


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
    about = [
        (b"content-type", MEDIA_TYPE.encode()),
        (b"content-length", str(len(body)).encode()),
        # There may be a body that nobody reads.
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": [*about, *headers]})
    await send({"type": "http.response.body", "body": body})
