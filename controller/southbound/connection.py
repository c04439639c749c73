"""One connection with a peer that may be a switch: bytes between a socket and a session.

asyncio hands over what came in one turn of the loop, at most 256 KiB for each connection, so no peer starves another by
talking; and of one turn's copies of packets only `PACKET_INS` are passed on.

Writing is bounded too. Batches are encoded only as fast as the peer reads (`Connection.pump`), a bit at a time, in
turns with other switches. What has to be written beside them (answers to echo requests) has a bound that no honest peer
reaches. A peer that does not read for `STALLED_AFTER` is given up. Reading from it never stops: a switch that cannot
get rid of its answers stops reading, and both would wait for ever.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterable, Iterator
from typing import Protocol

from controller.southbound.events import Closed, Event, PacketIn
from controller.southbound.peer_connection import PeerConnection
from controller.southbound.session import IDENTIFY_WITHIN, Session
from controller.southbound.turns import Turns

PACKET_INS = 256
"""Copies of packets that are passed on of what came in one turn."""
CHUNKS = 2
"""Chunks of a batch that are encoded before other switches have their turn."""
HIGH_WATER = 256 * 1024
"""Bytes waiting to be written above which no more of a batch is encoded."""
STALLED_AFTER = 15.0
"""Seconds above `HIGH_WATER` that end the connection."""


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


class Connection(PeerConnection):
    """The asyncio protocol of one connection."""

    too_much = 8 * 1024 * 1024
    shake_within = IDENTIFY_WITHIN

    def __init__(self, owner: Owner, tls: ssl.SSLContext | None, turns: Turns) -> None:
        """`turns` says when to encode."""
        super().__init__(tls)
        self._owner = owner
        self._turns = turns
        self._session = Session(self._loop.time())
        self._stalled_since: float | None = None
        self._chunks: Iterator[bytes] = iter(())
        self._pumping = False
        self._small: list[bytes] = []
        self.accepted_at = 0.0
        """Time of the loop at which its switch began to be served."""

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

    # What asyncio calls

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

    def _begin(self, transport: asyncio.Transport) -> None:
        transport.set_write_buffer_limits(high=HIGH_WATER)
        super()._begin(transport)

    def _outgoing(self) -> bytearray:
        return self._session.outgoing

    def _opened(self) -> None:
        self._owner.opened(self)

    def _closed(self, kind: str, reason: str) -> None:
        self._owner.closed(self, self._session.close(kind, reason))

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
