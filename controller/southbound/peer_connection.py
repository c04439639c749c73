"""What connections with switches and with hosts' databases have in common: a peer, TLS, and a session's bytes.

With TLS, the peer counts from the moment it connects; the handshake is part of what it has to finish in time. What has
to be written is small, apart from batches for switches: a peer that lets more than `too_much` bytes wait is given up.
"""

from __future__ import annotations

import asyncio
import ssl
from typing import cast

TLS_GOODBYE = 0.5


class PeerConnection(asyncio.Protocol):
    """The asyncio protocol of one connection, without what is said on it."""

    too_much = 1024 * 1024
    """Bytes waiting to be written that end the connection."""
    shake_within = 10.0
    """Seconds for the handshake of TLS."""

    def __init__(self, tls: ssl.SSLContext | None, *, is_client: bool = False) -> None:
        """`is_client` says that we connected."""
        self._is_client = is_client
        self._loop = asyncio.get_running_loop()
        self._tls = tls
        self._transport: asyncio.Transport | None = None
        self._securing: asyncio.Task[None] | None = None
        self._ended = False
        self.peer = ""
        """The other end, for logs."""
        self.reached_at = ""
        """Our IP address of the connection; empty on a socket file."""
        self.certified: str | None = "" if tls else None
        """The name in the peer's certificate, "" before that is known; None without TLS."""
        self.gone = asyncio.Event()
        """Set when the transport is closed."""

    # What there is to say, and who is told

    def _outgoing(self) -> bytearray:
        """What is to be written; it is emptied here."""
        raise NotImplementedError

    def _opened(self) -> None:
        """There is a peer."""
        raise NotImplementedError

    def _closed(self, kind: str, reason: str) -> None:
        """It is over; told once, and last."""
        raise NotImplementedError

    # What can be done

    @property
    def waiting(self) -> int:
        """Bytes that wait until the peer reads."""
        return self._transport.get_write_buffer_size() if self._transport else 0

    def close(self, kind: str, reason: str) -> None:
        """End the connection. What was said last is still written, if the peer takes it."""
        if self._ended:
            return
        self._write_session()
        if self._ended:
            return
        self._ended = True
        if self._securing:
            self._securing.cancel()
        if self._transport is None or self.waiting:
            self.abort()
        else:
            self._transport.close()
        self._closed(kind, reason)

    def abort(self) -> None:
        """Drop the transport, whatever is unwritten."""
        if self._transport:
            self._transport.abort()

    # What asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """There is a peer."""
        made = cast(asyncio.Transport, transport)
        self.peer, self.reached_at = _peer(made), _host(made.get_extra_info("sockname"))
        if self._tls:
            self._securing = self._loop.create_task(self._secure(made, self._tls))
        else:
            self._begin(made)
        self._opened()

    def connection_lost(self, error: Exception | None) -> None:
        """The peer is gone."""
        self.gone.set()
        self.close("disconnected", f"connection lost: {error}" if error else "the peer closed the connection")

    def _begin(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._write_session()

    async def _secure(self, plain: asyncio.Transport, tls: ssl.SSLContext) -> None:
        try:
            transport = await self._loop.start_tls(
                plain,
                self,
                tls,
                server_side=not self._is_client,
                ssl_handshake_timeout=self.shake_within,
                ssl_shutdown_timeout=TLS_GOODBYE,
            )
        except (OSError, asyncio.CancelledError) as error:
            plain.abort()
            self.gone.set()
            self.close("tls", f"no TLS: {error}")
            return
        self._securing = None
        if transport is None or self._ended:
            self.close("tls", "no TLS: the peer closed the connection")
            plain.abort()
            return
        self.certified = _common_name(transport.get_extra_info("peercert"))
        self._begin(transport)

    def _write_session(self) -> None:
        outgoing = self._outgoing()
        if not outgoing or self._transport is None or self._ended:
            return
        self._transport.write(bytes(outgoing))
        outgoing.clear()
        if self.waiting > self.too_much:
            self.close("stalled", f"more than {self.too_much} bytes wait for it to read")


def _common_name(certificate: dict[str, tuple[tuple[tuple[str, str], ...], ...]] | None) -> str:
    """The common name of a certificate without the number that `ovs-pki` adds: `hv1 id:...`."""
    subject = (certificate or {}).get("subject", ())
    names = [value for part in subject for key, value in part if key == "commonName"]
    return names[0].partition(" id:")[0] if len(names) == 1 else ""


def _host(name: object) -> str:
    return str(name[0]).partition("%")[0] if isinstance(name, tuple) else ""


def _peer(transport: asyncio.Transport) -> str:
    address = transport.get_extra_info("peername")
    if isinstance(address, tuple):
        host = f"[{address[0]}]" if ":" in address[0] else address[0]
        return f"{host}:{address[1]}"
    return f"unix:{transport.get_extra_info('sockname')}"
