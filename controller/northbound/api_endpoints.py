"""Where the daemon answers questions, from what the operator said: safe places only.

A socket file is guarded by its directory and mode. Plain TCP is for loopback, as what is sent there can be read on the
way anywhere else. TLS is for everywhere, and whoever asks there has to show a token.
"""

from __future__ import annotations

import stat
from collections.abc import Sequence
from ipaddress import ip_address
from pathlib import Path

import typer

from controller.api.endpoint import Endpoint
from controller.southbound.listen import Listen, Tls, parse_listen

SOCKET = "api.sock"
"""In the state directory; always there."""
SHORTEST_TOKEN = 16


def api_endpoints(texts: Sequence[str], token_file: Path | None, tls: Tls | None, state: Path) -> list[Endpoint]:
    """The endpoints written `tcp:HOST:PORT`, `ssl:HOST:PORT` or `unix:PATH`, and the socket in the state directory.

    Raises typer.BadParameter.
    """
    token = _read_token(token_file) if token_file else None
    endpoints = [_endpoint(text, token, tls) for text in texts]
    if token and all(endpoint.token is None for endpoint in endpoints):
        raise typer.BadParameter("is for tcp: and ssl: endpoints, and --api names none", param_hint="--api-token")
    return [Endpoint(Listen(path=state / SOCKET), is_optional=True), *endpoints]


def _endpoint(text: str, token: bytes | None, tls: Tls | None) -> Endpoint:
    try:
        listen = parse_listen(text, tls)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--api") from None
    if listen.path:
        return Endpoint(listen)
    if listen.tls is None and not _is_loopback(listen.host):
        what = f"{text!r} is not loopback, and tcp: can be read on the way; write ssl:, with --api-token"
        raise typer.BadParameter(what, param_hint="--api")
    if listen.tls is not None and token is None:
        raise typer.BadParameter(f"{text!r} needs --api-token, for who may ask", param_hint="--api")
    return Endpoint(listen, token)


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _read_token(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            is_open = stat.S_IMODE(file.stat().st_mode) & (stat.S_IROTH | stat.S_IWOTH)
            token = stream.read(4096).strip()
    except OSError as error:
        raise typer.BadParameter(f"{file}: {error.strerror}", param_hint="--api-token") from None
    if is_open:
        raise typer.BadParameter(f"{file}: everybody may read it; make its mode 0600", param_hint="--api-token")
    if len(token) < SHORTEST_TOKEN or not token.isascii() or not token.decode("ascii").isprintable():
        what = f"{file}: a token is {SHORTEST_TOKEN} or more printable characters, as of `openssl rand -hex 32`"
        raise typer.BadParameter(what, param_hint="--api-token")
    return token
