"""One connection with a host's database: bytes between a socket and a session.

Where the daemon connected, a peer whose certificate is not that of the host is not told anything, and not heard.

What a peer's messages cost is measured. When its allowance (`controller.ovsdb.allowance`) is spent, the next bytes are
held, and no more are read until it has credit again, so TCP has the peer wait. That it is not heard meanwhile is our
doing, and counts for no time-out: who says too much is alive.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from controller.intent.model import SocketAddress
from controller.ovsdb.allowance import Allowance
from controller.ovsdb.session import READ_WITHIN, Alive, Closed, Event, Operation, Session, State
from controller.southbound.peer_connection import PeerConnection


class Owner(Protocol):
    """Who a connection reports to."""

    def opened(self, connection: Connection) -> None:
        """There is a peer."""

    def received(self, connection: Connection, event: Event) -> None:
        """The session has something to say; never `Closed`."""

    def allowance(self, connection: Connection) -> Allowance:
        """What the time that its messages take is spent from."""

    def slowed(self, connection: Connection) -> None:
        """It has to wait until it is heard again."""

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
        self.spoke_for = ""
        """The host that it was taken on as, if it was."""
        self.end: Closed | None = None
        """Why it is over."""
        self._spent = 0.0
        """Seconds of work for its messages while it was a stranger."""
        self._held = b""
        """Bytes that came when the allowance was spent."""
        self._waiting: tuple[Allowance, float] | None = None
        """What it waits for, and since when."""

    @property
    def is_secure(self) -> bool:
        """Whether it speaks TLS."""
        return self._tls is not None

    @property
    def sure_name(self) -> str:
        """The host that it is of, if that is more than what the peer says; otherwise the name of no host, or ""."""
        return self.dialled.name if self.dialled else self.spoke_for or self.certified or ""

    @property
    def is_held(self) -> bool:
        """Whether it is not heard for now, as its allowance is spent."""
        return self._waiting is not None

    @property
    def is_ready(self) -> bool:
        """Whether the rows are known."""
        return self.session.state is State.READY

    def transact(self, operations: Sequence[Operation]) -> None:
        """Have the host do these together, see `Session.transact`."""
        self.session.transact(operations, self._loop.time())
        self._write_session()

    def spend(self, seconds: float) -> None:
        """So much work was done for what it said."""
        self._owner.allowance(self).spend(seconds)

    def probe(self) -> None:
        """Ask the host whether it is there."""
        if self.is_held:
            # It is; its answer would be behind what it said before.
            self._owner.received(self, Alive())
            return
        self.session.probe(self._loop.time())
        self._write_session()

    def tick(self, now: float) -> None:
        """Let time pass, unless it is us who do not listen."""
        if self.is_held:
            return
        for event in self.session.tick(now):
            if isinstance(event, Closed):
                self.close(event.kind, event.reason)
        self._write_session()

    def data_received(self, data: bytes) -> None:
        """Bytes from the peer."""
        if self._ended:
            return
        allowance = self._owner.allowance(self)
        if self._transport and allowance.is_spent:
            self._held = data
            self._transport.pause_reading()
            self._waiting = allowance, self._loop.time()
            allowance.wait(self)
            allowance.complain(self.peer, self.sure_name)
            self._owner.slowed(self)
        else:
            self._take(data, allowance)

    def go_on(self) -> None:
        """There is credit again."""
        if self._waiting is None or self._transport is None:
            return
        (allowance, since), self._waiting = self._waiting, None
        now = self._loop.time()
        self.session.forgive(now - since, now)
        data, self._held = self._held, b""
        # Before anything is taken, as that may be the end.
        self._transport.resume_reading()
        self._take(data, allowance)

    def _take(self, data: bytes, allowance: Allowance) -> None:
        is_stranger, began = not self.sure_name, self._loop.time()
        self._handle(data)
        took = self._loop.time() - began
        allowance.spend(took)
        if is_stranger:
            self._spent += took
            if self.sure_name:
                self._owner.allowance(self).take_over(self._spent, allowance)

    def _handle(self, data: bytes) -> None:
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
        if self._waiting:
            self._waiting[0].leave(self)
            self._waiting, self._held = None, b""
        self.end = self.session.close(kind, reason)
        self._owner.closed(self, self.end)
