"""Asking a running daemon: HTTP over its socket, or over TCP or TLS elsewhere (`controller.api`)."""

from __future__ import annotations

import http.client
import json
import os
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from controller.southbound.listen import Listen, Tls, parse_listen

ANSWER_WITHIN = 30.0
"""Seconds, for each answer; a stream sends something every 15."""
PAGE = 1000


class NoAnswer(Exception):
    """Nobody answered; the message says why, and what to do."""


class Refused(Exception):
    """The daemon answered with an error; the message is the daemon's."""


@dataclass(frozen=True, slots=True)
class Server:
    """Where a daemon is asked, and with what."""

    listen: Listen
    token: str = ""
    authority: Path | None = None
    """File with the authority that the daemon's certificate is from; None for those that the system trusts."""

    def __str__(self) -> str:
        return str(self.listen)


def server_at(endpoint: str, token: Path | None, authority: Path | None) -> Server:
    """The daemon at an endpoint as in `tenantry run --api`. Raises ValueError and NoAnswer."""
    listen = parse_listen(endpoint, Tls(Path(), Path(), Path()))
    try:
        return Server(listen, token.read_text().strip() if token else "", authority)
    except (OSError, UnicodeDecodeError) as error:
        raise NoAnswer(f"{token}: {getattr(error, 'strerror', None) or 'not a token'}") from None


def ask(server: Server, path: str, parameters: Mapping[str, str]) -> Any:  # noqa: ANN401  (it is JSON)
    """The answer to one question. Raises NoAnswer and Refused."""
    with _Asking(server) as asking:
        return asking.ask(path, parameters)


def change(server: Server, method: str, path: str) -> Any:  # noqa: ANN401  (it is JSON)
    """What became of a PUT or DELETE without content; None when nothing is left. Raises NoAnswer and Refused."""
    with _Asking(server) as asking:
        return asking.ask(path, {}, method)


def send(server: Server, path: str, parameters: Mapping[str, str], content: object, within: float) -> Any:  # noqa: ANN401
    """The answer to a question that comes with content, within so many seconds. Raises NoAnswer and Refused."""
    with _Asking(server, within) as asking:
        return asking.ask(path, parameters, "POST", json.dumps(content, ensure_ascii=False).encode())


def ask_all(server: Server, path: str, parameters: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """All items of all pages. Raises NoAnswer and Refused."""
    with _Asking(server) as asking:
        after: dict[str, str] = {}
        while True:
            page = asking.ask(path, {**parameters, **after, "limit": str(PAGE)})
            yield from page["items"]
            if page["next"] is None:
                return
            after = {"after": page["next"]}


def events(server: Server, parameters: Mapping[str, str], last: str = "") -> Iterator[tuple[str, str, str]]:
    """(kind, id, data) of events as they happen, until the daemon ends the stream. Raises NoAnswer and Refused."""
    with _Asking(server) as asking:
        answer = asking.open("/api/v1/events/stream", parameters, {"Last-Event-ID": last} if last else {})
        found: dict[str, str] = {}
        while line := asking.read_line(answer):
            name, _, value = line.rstrip("\n").partition(":")
            if name:
                found[name] = value.removeprefix(" ")
            elif line == "\n" and "data" in found:
                yield found.get("event", "message"), found.get("id", ""), found["data"]
                found = {}


class _Asking:
    """One connection."""

    def __init__(self, server: Server, within: float = ANSWER_WITHIN) -> None:
        self._server = server
        self._connection = _connection(server, within)

    def __enter__(self) -> _Asking:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def ask(self, path: str, parameters: Mapping[str, str], method: str = "GET", body: bytes | None = None) -> Any:  # noqa: ANN401
        headers = {"Content-Type": "application/json"} if body is not None else {}
        answer = self.open(path, parameters, headers, method, body)
        try:
            return json.loads(answer.read() or "null")
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise NoAnswer(f"{self._server}: the answer broke off ({error})") from None

    def open(
        self,
        path: str,
        parameters: Mapping[str, str],
        headers: Mapping[str, str],
        method: str = "GET",
        body: bytes | None = None,
    ) -> http.client.HTTPResponse:
        if self._server.token:
            headers = {**headers, "Authorization": f"Bearer {self._server.token}"}
        try:
            target = f"{path}?{urlencode(parameters)}" if parameters else path
            with suppress(BrokenPipeError):
                # Who refuses a request need not read all of it, and has answered.
                self._connection.request(method, target, body, headers)
            answer = self._connection.getresponse()
            if answer.status in (http.client.OK, http.client.CREATED, http.client.NO_CONTENT):
                return answer
            said = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise NoAnswer(_why(self._server, error)) from None
        raise Refused(_detail(answer.status, said))

    def read_line(self, answer: http.client.HTTPResponse) -> str:
        try:
            return answer.readline().decode(errors="replace")
        except (OSError, http.client.HTTPException):
            return ""


class _UnixConnection(http.client.HTTPConnection):
    """HTTP over a socket file."""

    def __init__(self, path: Path, within: float) -> None:
        super().__init__("localhost", timeout=within)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def _connection(server: Server, within: float) -> http.client.HTTPConnection:
    listen = server.listen
    if listen.path:
        return _UnixConnection(listen.path, within)
    if listen.tls is None:
        return http.client.HTTPConnection(listen.host, listen.port, timeout=within)
    try:
        context = ssl.create_default_context(cafile=server.authority)
    except OSError as error:
        raise NoAnswer(f"cannot use authority {server.authority}: {error.strerror or error}") from None
    return http.client.HTTPSConnection(listen.host, listen.port, timeout=within, context=context)


def _why(server: Server, error: Exception) -> str:
    if isinstance(error, FileNotFoundError | ConnectionRefusedError):
        return f"no daemon answers at {server}; start one, or name its --state directory or its --server"
    if isinstance(error, PermissionError):
        return f"{server} may not be used by {_user()}; ask as the daemon's user or as root"
    said = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return f"{server} does not answer: {said.lower()}"


def _user() -> str:
    return f"user {os.geteuid()}"


def _detail(status: int, body: bytes) -> str:
    try:
        return str(json.loads(body)["detail"])
    except (ValueError, KeyError, TypeError):
        return f"the daemon answered with status {status}"
