"""Where switches connect: the endpoints, and the sockets that listen on them.

    tcp:HOST:PORT    plain TCP; an IPv6 address stands in brackets
    ssl:HOST:PORT    TLS 1.2 or later; a switch has to show a certificate of the authority
    unix:PATH        a socket file that only our user can open

The names are those that `ovs-vsctl set-controller` knows the other side by.
"""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

BACKLOG = 512
HANDSHAKE_WITHIN = 5.0
"""Seconds."""


class ListenError(Exception):
    """An endpoint cannot be listened on; the message is one line that names it and says why."""


@dataclass(frozen=True, slots=True)
class Tls:
    """Files in PEM: our certificate, its private key, and the authority that signs the switches' certificates."""

    certificate: Path
    key: Path
    authority: Path


@dataclass(frozen=True, slots=True)
class Listen:
    """An endpoint: a host and port, with TLS or without, or else a socket file."""

    host: str = ""
    port: int = 0
    path: Path | None = None
    tls: Tls | None = None

    def __str__(self) -> str:
        if self.path:
            return f"unix:{self.path}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'ssl' if self.tls else 'tcp'}:{host}:{self.port}"


def parse_listen(text: str, tls: Tls | None = None) -> Listen:
    """The endpoint written `tcp:HOST:PORT`, `ssl:HOST:PORT` or `unix:PATH`; `tls` is for `ssl:`.

    Raises:
        ValueError: what is wrong, and what would be right.
    """
    kind, _, rest = text.partition(":")
    if kind == "unix" and rest:
        return Listen(path=Path(rest))
    if kind not in ("tcp", "ssl"):
        raise ValueError(f"{text!r} is no endpoint; write tcp:HOST:PORT, ssl:HOST:PORT or unix:PATH")
    host, _, port = rest.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise ValueError(f"{text!r}: write an IPv6 address in brackets, as in {kind}:[::1]:6653")
    if not host or not port.isascii() or not port.isdigit() or not 0 <= int(port) <= 65535:
        raise ValueError(f"{text!r}: write a host and a port up to 65535, as in {kind}:127.0.0.1:6653")
    if kind == "ssl" and tls is None:
        raise ValueError(f"{text!r} needs a certificate, its key, and the authority of the switches' certificates")
    return Listen(host, int(port), tls=tls if kind == "ssl" else None)


def tls_context(tls: Tls) -> ssl.SSLContext:
    """A server's context that takes only peers with a certificate of the authority.

    Raises:
        ListenError: a file is missing or is not what it should be.
    """
    context = server_context(tls)
    context.verify_mode = ssl.CERT_REQUIRED
    _trust(context, tls)
    return context


def client_context(tls: Tls) -> ssl.SSLContext:
    """A client's context that shows our certificate and takes only peers with one of the authority, of any name.

    Raises:
        ListenError: a file is missing or is not what it should be.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # Certificates of switches have the switch's name in the place of a host's: whoever connects compares it.
    context.check_hostname = False
    _prove(context, tls)
    _trust(context, tls)
    return context


def server_context(tls: Tls) -> ssl.SSLContext:
    """A server's context that asks peers for no certificate.

    Raises:
        ListenError: a file is missing or is not what it should be.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _prove(context, tls)
    return context


def _prove(context: ssl.SSLContext, tls: Tls) -> None:
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        # An empty password, so that a key that has one is an error and not a question on the terminal.
        context.load_cert_chain(tls.certificate, tls.key, password="")
    except (OSError, ValueError) as error:
        raise ListenError(f"cannot use certificate {tls.certificate} with key {tls.key}: {why(error)}") from None


def _trust(context: ssl.SSLContext, tls: Tls) -> None:
    try:
        context.load_verify_locations(tls.authority)
    except (OSError, ValueError) as error:
        raise ListenError(f"cannot use authority {tls.authority}: {why(error)}") from None


async def open_server(
    endpoint: Listen, factory: Callable[[], asyncio.Protocol], tls: ssl.SSLContext | None = None
) -> asyncio.Server:
    """Listen on the endpoint. With `tls` the protocol gets what is inside; without, TLS is its own business.

    Raises:
        ListenError: the address is in use, is not ours, or may not be used.
    """
    loop = asyncio.get_running_loop()
    try:
        if endpoint.path:
            return await loop.create_unix_server(factory, sock=_unix_socket(endpoint.path), backlog=BACKLOG)
        shake_within = HANDSHAKE_WITHIN if tls else None
        return await loop.create_server(
            factory, endpoint.host, endpoint.port, backlog=BACKLOG, ssl=tls, ssl_handshake_timeout=shake_within
        )
    except OSError as error:
        raise ListenError(f"cannot listen on {endpoint}: {why(error)}") from None


def _unix_socket(path: Path) -> socket.socket:
    _remove_stale(path)
    listening = socket.socket(socket.AF_UNIX)
    try:
        # On Linux the file gets the mode of the socket, so there is no moment at which others can open it.
        os.fchmod(listening.fileno(), 0o600)
        listening.bind(str(path))
    except OSError:
        listening.close()
        raise
    return listening


def _remove_stale(path: Path) -> None:
    try:
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise FileExistsError(None, "there is a file that is no socket")
    except FileNotFoundError:
        return
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
        else:
            raise OSError(None, "somebody else listens there")


def why(error: Exception) -> str:
    """What went wrong with a socket or a certificate, without numbers that differ from time to time."""
    if isinstance(error, ssl.SSLError):
        return str(error.reason or error).replace("_", " ").lower()
    if isinstance(error, OSError) and error.errno:
        return os.strerror(error.errno).lower()
    return str(error.args[-1] if error.args else error)
