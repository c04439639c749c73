"""One connection with a host's database: bytes between a socket and a session.

Where the daemon connected, a peer whose certificate is not that of the host is not told anything, and not heard.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from controller.intent.model import SocketAddress
from controller.ovsdb.session import READ_WITHIN, Closed, Event, Operation, Session, State
from controller.southbound.peer_connection import PeerConnection


class Owner(Protocol):
    """Who a connection reports to."""

    def opened(self, connection: Connection) -> None:
        """There is a peer."""

    def received(self, connection: Connection, event: Event) -> None:
        """The session has something to say; never `Closed`."""

    def closed(self, connection: Connection, why: Closed) -> None:
        """It is over; told once, and last."""


@dataclass(frozen=True, slots=True)
class Dialled:
    """A host that the daemon connects to, and where."""

    name: str
    address: SocketAddress


class Connection(PeerConnection):
    """The asyncio protocol of one connection."""

    shake_within = READ_WITHIN

    def __init__(self, owner: Owner, tls: ssl.SSLContext | None, dialled: Dialled | None = None) -> None:
        """`dialled` says whom we connected to; None if the peer did."""
        super().__init__(tls, is_client=dialled is not None)
        self._owner = owner
        self.session = Session(self._loop.time())
        self.dialled = dialled
        self.is_taken_on = False
        """Whether it spoke for a host, once."""
        self.end: Closed | None = None
        """Why it is over."""

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
        self._write_session()

    def probe(self) -> None:
        """Ask the host whether it is there."""
        self.session.probe(self._loop.time())
        self._write_session()

    def tick(self, now: float) -> None:
        """Let time pass."""
        for event in self.session.tick(now):
            if isinstance(event, Closed):
                self.close(event.kind, event.reason)
        self._write_session()

    def data_received(self, data: bytes) -> None:
        """Bytes from the peer."""
        for event in self.session.receive(data, self._loop.time()):
            if self._ended:
                return
            if isinstance(event, Closed):
                self.close(event.kind, event.reason)
                return
            self._owner.received(self, event)
        self._write_session()

    def _outgoing(self) -> bytearray:
        return self.session.outgoing

    def _opened(self) -> None:
        if self.dialled:
            self.peer = str(self.dialled.address)
        self._owner.opened(self)

    def _begin(self, transport: asyncio.Transport) -> None:
        is_stranger = self.dialled and self.certified not in (None, self.dialled.name)
        if is_stranger:
            self.session.outgoing.clear()
        super()._begin(transport)
        if is_stranger:
            self.close("unknown host", f"its certificate is that of {(self.certified or '')[:63]!r}")

    def _closed(self, kind: str, reason: str) -> None:
        self.end = self.session.close(kind, reason)
        self._owner.closed(self, self.end)
