"""One connection with a peer that may be a switch: bytes between a socket and a session.

asyncio hands over what came in one turn of the loop, at most 256 KiB for each connection, so no peer starves another by
talking; and of one turn's copies of packets only `PACKET_INS` are passed on.

Writing is bounded too. Batches are encoded only as fast as the peer reads (`Connection.pump`), a bit at a time, in
turns with other switches. What has to be written beside them (answers to echo requests) has a bound that no honest peer
reaches. A peer that does not read for `STALLED_AFTER` is given up. Reading from it never stops: a switch that cannot
get rid of its answers stops reading, and both would wait for ever.

With TLS, the peer counts from the moment it connects; the handshake is part of what it has to finish in time.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterable, Iterator
from typing import Protocol, cast

from controller.southbound.events import Closed, Event, PacketIn
from controller.southbound.session import IDENTIFY_WITHIN, Session
from controller.southbound.turns import Turns

PACKET_INS = 256
"""Copies of packets that are passed on of what came in one turn."""
CHUNKS = 2
"""Chunks of a batch that are encoded before other switches have their turn."""
HIGH_WATER = 256 * 1024
"""Bytes waiting to be written above which no more of a batch is encoded."""
TOO_MUCH = 8 * 1024 * 1024
"""Bytes waiting to be written that end the connection."""
STALLED_AFTER = 15.0
"""Seconds above `HIGH_WATER` that end the connection."""
TLS_GOODBYE = 0.5


class Owner(Protocol):
    """Who a connection reports to."""

    def opened(self, connection: Connection) -> None:
        """Somebody connected."""

    def received(self, connection: Connection, event: Event) -> None:
        """The session has something to say; never `Closed`."""

    def dropped(self, connection: Connection, packet_ins: int) -> None:
        """Copies of packets came too fast and were not passed on."""

    def closed(self, connection: Connection, why: Closed) -> None:
        """It is over; told once, and last."""


class Connection(asyncio.Protocol):
    """The asyncio protocol of one connection."""

    def __init__(self, owner: Owner, tls: ssl.SSLContext | None, turns: Turns) -> None:
        """`turns` says when to encode."""
        self._loop = asyncio.get_running_loop()
        self._owner = owner
        self._turns = turns
        self._tls = tls
        self._session = Session(self._loop.time())
        self._transport: asyncio.Transport | None = None
        self._securing: asyncio.Task[None] | None = None
        self._ended = False
        self._stalled_since: float | None = None
        self._chunks: Iterator[bytes] = iter(())
        self._pumping = False
        self._small: list[bytes] = []
        self.peer = ""
        """Where it comes from, for logs."""
        self.accepted_at = 0.0
        """Time of the loop at which its switch began to be served."""
        self.gone = asyncio.Event()
        """Set when the transport is closed."""

    @property
    def waiting(self) -> int:
        """Bytes that wait until the peer reads."""
        return self._transport.get_write_buffer_size() if self._transport else 0

    @property
    def round_trip(self) -> float | None:
        """Seconds that an echo took lately; None before the first."""
        return self._session.round_trip

    @property
    def heard(self) -> float:
        """Time of the loop at which the peer said something last."""
        return self._session.heard

    # What the owner asks for

    def accept(self) -> None:
        """Serve the switch that was identified."""
        self.accepted_at = self._loop.time()
        self._session.accept(self.accepted_at)
        self._write_session()

    def read_again(self) -> None:
        """Ask the switch what it holds."""
        self._session.read_again(self._loop.time())
        self._write_session()

    def count(self, trunks: Iterable[int]) -> None:
        """Ask the switch for its counters, unless it owes the last answer."""
        if self._session.count(trunks):
            self._write_session()

    def probe(self) -> None:
        """Ask the peer whether it is there."""
        self._session.probe(self._loop.time())
        self._write_session()

    def send(self, data: bytes) -> bool:
        """Write something small in this turn of the loop, with whatever else is; False when the peer does not read."""
        if self._ended or self._transport is None or self._stalled_since is not None:
            return False
        if not self._small:
            self._loop.call_soon(self._write_small)
        self._small.append(data)
        return True

    def pump(self, chunks: Iterator[bytes]) -> None:
        """Write these chunks in order, as fast as the peer reads; those of the call before have to be through."""
        self._chunks = chunks
        self._schedule_pump()

    def tick(self, now: float) -> None:
        """Let time pass."""
        if self._ended:
            return
        for event in self._session.tick(now):
            if isinstance(event, Closed):
                self.close(event.kind, event.reason)
        self._write_session()
        if self._stalled_since is not None and now - self._stalled_since >= STALLED_AFTER:
            self.close("stalled", f"it has not read for {STALLED_AFTER:.0f} s")

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
        self._owner.closed(self, self._session.close(kind, reason))

    def abort(self) -> None:
        """Drop the transport, whatever is unwritten."""
        if self._transport:
            self._transport.abort()

    # What asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody connected."""
        made = cast(asyncio.Transport, transport)
        self.peer = _peer(made)
        if self._tls:
            self._securing = self._loop.create_task(self._secure(made, self._tls))
        else:
            self._begin(made)
        self._owner.opened(self)

    def data_received(self, data: bytes) -> None:
        """Bytes from the peer."""
        copies = 0
        for event in self._session.receive(data, self._loop.time()):
            if self._ended:
                return
            if isinstance(event, PacketIn):
                copies += 1
                if copies <= PACKET_INS:
                    self._owner.received(self, event)
            elif isinstance(event, Closed):
                self.close(event.kind, event.reason)
                return
            else:
                self._owner.received(self, event)
        if copies > PACKET_INS:
            self._owner.dropped(self, copies - PACKET_INS)
        self._write_session()

    def pause_writing(self) -> None:
        """More waits to be written than `HIGH_WATER`."""
        self._stalled_since = self._loop.time()

    def resume_writing(self) -> None:
        """The peer has read."""
        self._stalled_since = None
        self._schedule_pump()

    def connection_lost(self, error: Exception | None) -> None:
        """The peer is gone."""
        self.gone.set()
        self.close("disconnected", f"connection lost: {error}" if error else "the peer closed the connection")

    def _begin(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        transport.set_write_buffer_limits(high=HIGH_WATER)
        self._write_session()

    async def _secure(self, plain: asyncio.Transport, tls: ssl.SSLContext) -> None:
        try:
            transport = await self._loop.start_tls(
                plain,
                self,
                tls,
                server_side=True,
                ssl_handshake_timeout=IDENTIFY_WITHIN,
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
        self._begin(transport)

    def _write_session(self) -> None:
        outgoing = self._session.outgoing
        if not outgoing or self._transport is None or self._ended:
            return
        self._transport.write(bytes(outgoing))
        outgoing.clear()
        if self.waiting > TOO_MUCH:
            self.close("stalled", f"more than {TOO_MUCH} bytes wait for it to read")

    def _write_small(self) -> None:
        # At once, as announcements from all interfaces of a switch would cost a system call each.
        data = b"".join(self._small)
        self._small.clear()
        if self._transport is not None and not self._ended:
            self._transport.write(data)

    def _schedule_pump(self) -> None:
        if not self._pumping:
            self._pumping = True
            self._turns.add(self._pump)

    def _pump(self) -> bool:
        self._pumping = False
        for _ in range(CHUNKS):
            if self._ended or self._transport is None or self._stalled_since is not None:
                return False
            chunk = next(self._chunks, None)
            if chunk is None:
                return False
            self._transport.write(chunk)
        self._pumping = True
        return True


def _peer(transport: asyncio.Transport) -> str:
    address = transport.get_extra_info("peername")
    if isinstance(address, tuple):
        host = f"[{address[0]}]" if ":" in address[0] else address[0]
        return f"{host}:{address[1]}"
    return f"unix:{transport.get_extra_info('sockname')}"
