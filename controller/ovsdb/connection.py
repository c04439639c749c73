"""One connection with a host's database: bytes between a socket and a session.

With TLS, the peer counts from the moment it connects; the handshake is part of what it has to finish in time. A peer
that does not read what is written to it is given up: everything we write is small.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence
from typing import Protocol, cast

from controller.ovsdb.session import READ_WITHIN as SHAKE_WITHIN
from controller.ovsdb.session import Closed, Event, Operation, Session, State

TOO_MUCH = 1024 * 1024
"""Bytes waiting to be written that end the connection."""
TLS_GOODBYE = 0.5


class Owner(Protocol):
    """Who a connection reports to."""

    def opened(self, connection: Connection) -> None:
        """Somebody connected."""

    def received(self, connection: Connection, event: Event) -> None:
        """The session has something to say; never `Closed`."""

    def closed(self, connection: Connection, why: Closed) -> None:
        """It is over; told once, and last."""


class Connection(asyncio.Protocol):
    """The asyncio protocol of one connection."""

    def __init__(self, owner: Owner, tls: ssl.SSLContext | None) -> None:
        self._loop = asyncio.get_running_loop()
        self._owner = owner
        self._tls = tls
        self._transport: asyncio.Transport | None = None
        self._securing: asyncio.Task[None] | None = None
        self._ended = False
        self.session = Session(self._loop.time())
        self.peer = ""
        """Where it comes from, for logs."""
        self.reached_at = ""
        """Our IP address that the host connected to; empty on a socket file."""
        self.certified: str | None = "" if tls else None
        """The name in the host's certificate, "" before that is known; None without TLS."""
        self.gone = asyncio.Event()
        """Set when the transport is closed."""

    # What the owner asks for

    @property
    def is_secure(self) -> bool:
        """Whether it speaks TLS."""
        return self._tls is not None

    @property
    def is_ready(self) -> bool:
        """Whether the rows are known."""
        return self.session.state is State.READY

    def transact(self, operations: Sequence[Operation]) -> None:
        """Have the host do these together, see `Session.transact`."""
        self.session.transact(operations, self._loop.time())
        self._write()

    def probe(self) -> None:
        """Ask the host whether it is there."""
        self.session.probe(self._loop.time())
        self._write()

    def tick(self, now: float) -> None:
        """Let time pass."""
        for event in self.session.tick(now):
            if isinstance(event, Closed):
                self.close(event.kind, event.reason)
        self._write()

    def close(self, kind: str, reason: str) -> None:
        """End the connection. What was said last is still written, if the peer takes it."""
        self._write()
        if self._ended:
            return
        self._ended = True
        if self._securing:
            self._securing.cancel()
        if self._transport is None or self._transport.get_write_buffer_size():
            self.abort()
        else:
            self._transport.close()
        self._owner.closed(self, self.session.close(kind, reason))

    def abort(self) -> None:
        """Drop the transport, whatever is unwritten."""
        if self._transport:
            self._transport.abort()

    # What asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody connected."""
        made = cast(asyncio.Transport, transport)
        self.peer, self.reached_at = _peer(made), _address(made.get_extra_info("sockname"))
        if self._tls:
            self._securing = self._loop.create_task(self._secure(made, self._tls))
        else:
            self._begin(made)
        self._owner.opened(self)

    def data_received(self, data: bytes) -> None:
        """Bytes from the peer."""
        for event in self.session.receive(data, self._loop.time()):
            if self._ended:
                return
            if isinstance(event, Closed):
                self.close(event.kind, event.reason)
                return
            self._owner.received(self, event)
        self._write()

    def connection_lost(self, error: Exception | None) -> None:
        """The peer is gone."""
        self.gone.set()
        self.close("disconnected", f"connection lost: {error}" if error else "the peer closed the connection")

    def _begin(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._write()

    async def _secure(self, plain: asyncio.Transport, tls: ssl.SSLContext) -> None:
        try:
            transport = await self._loop.start_tls(
                plain,
                self,
                tls,
                server_side=True,
                ssl_handshake_timeout=SHAKE_WITHIN,
                ssl_shutdown_timeout=TLS_GOODBYE,
            )
        except (OSError, asyncio.CancelledError) as error:
            transport, why = None, f"no TLS: {error}"
        else:
            why = "no TLS: the peer closed the connection"
        self._securing = None
        if transport is None or self._ended:
            plain.abort()
            self.gone.set()
            self.close("tls", why)
            return
        self.certified = _common_name(transport.get_extra_info("peercert"))
        self._begin(transport)

    def _write(self) -> None:
        outgoing = self.session.outgoing
        if not outgoing or self._transport is None or self._ended:
            return
        self._transport.write(bytes(outgoing))
        outgoing.clear()
        if self._transport.get_write_buffer_size() > TOO_MUCH:
            self.close("stalled", f"more than {TOO_MUCH} bytes wait for it to read")


def _common_name(certificate: dict[str, tuple[tuple[tuple[str, str], ...], ...]] | None) -> str:
    """The common name of a certificate without the number that `ovs-pki` adds: `hv1 id:...`."""
    subject = (certificate or {}).get("subject", ())
    names = [value for part in subject for key, value in part if key == "commonName"]
    return names[0].partition(" id:")[0] if len(names) == 1 else ""


def _address(name: object) -> str:
    return str(name[0]).partition("%")[0] if isinstance(name, tuple) else ""


def _peer(transport: asyncio.Transport) -> str:
    address = transport.get_extra_info("peername")
    if isinstance(address, tuple):
        host = f"[{address[0]}]" if ":" in address[0] else address[0]
        return f"{host}:{address[1]}"
    return f"unix:{transport.get_extra_info('sockname')}"
