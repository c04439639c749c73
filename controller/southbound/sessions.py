"""Who is connected, and which of them are the switches that we serve.

A peer begins as a stranger. Once it has said which switch it is, it either is one that is expected and may speak for it
(`controller.southbound.claims`), or is refused. When it has been read back, it is *ready*, and what it says is passed
on under the switch's name.

The number of strangers is bounded: when there are too many, the oldest goes, as an honest switch is identified within
milliseconds.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from typing import Protocol

from controller.southbound.bounded_log import BoundedLog
from controller.southbound.claims import Claims
from controller.southbound.connection import Connection
from controller.southbound.events import Closed, EchoAnswered, Event, Identified, PacketIn, Refused, SwitchReady
from controller.southbound.statistics import Statistics

log = logging.getLogger(__name__)

MAX_STRANGERS = 256
"""Or two for each switch that is expected, if that is more: all may come at once."""
CLOSE_WITHIN = 0.5
"""Seconds in which peers may say goodbye when the daemon ends."""


class Listener(Protocol):
    """Who is told what switches say."""

    def said(self, switch: str, event: Event) -> None:
        """A switch says something; its first event is `SwitchReady`."""

    def lost(self, switch: str, reason: str) -> None:
        """A switch that was ready has no session any more."""


class Sessions:
    """All connections."""

    def __init__(self, listener: Listener, statistics: Statistics) -> None:
        self.ready: dict[str, Connection] = {}
        """Switches that were read back."""
        self._listener = listener
        self._statistics = statistics
        self._expected: dict[int, str] = {}
        self._strangers: dict[Connection, None] = {}
        self._identified: dict[Connection, int] = {}
        self._claims: Claims[int, Connection] = Claims(lambda connection: connection.accept())
        self._complaints = BoundedLog(log)

    def expect(self, expected: Mapping[int, str]) -> None:
        """Serve exactly these switches, names by datapath id; the sessions of others end."""
        for connection, dpid in list(self._identified.items()):
            if expected.get(dpid) != self._expected[dpid]:
                connection.close("unknown switch", "it is no longer in the configuration")
        self._expected = dict(expected)

    def tick(self, now: float) -> None:
        """Let time pass."""
        for connection in [*self._strangers, *self._identified]:
            connection.tick(now)
        self._claims.tick(now)

    async def close(self) -> None:
        """End all connections."""
        connections = [*self._strangers, *self._identified]
        for connection in connections:
            connection.close("ended", "the daemon ends")
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_WITHIN):
                for connection in connections:
                    await connection.gone.wait()
        for connection in connections:
            connection.abort()

    # What connections report (`controller.southbound.connection.Owner`)

    def opened(self, connection: Connection) -> None:
        """Somebody connected."""
        self._statistics.connections += 1
        self._strangers[connection] = None
        most = max(MAX_STRANGERS, 2 * len(self._expected))
        if len(self._strangers) > most:
            next(iter(self._strangers)).close("crowded", f"more than {most} peers have not said who they are")

    def received(self, connection: Connection, event: Event) -> None:
        """A session has something to say."""
        dpid = self._identified.get(connection)
        if dpid is not None and isinstance(event, PacketIn):
            self._listener.said(self._expected[dpid], event)
        elif isinstance(event, Identified):
            self._identify(connection, event.dpid)
        elif dpid is None:
            return
        elif isinstance(event, EchoAnswered):
            self._claims.answered(dpid, connection)
        else:
            name = self._expected[dpid]
            if isinstance(event, SwitchReady):
                self.ready[name] = connection
                self._statistics.sessions += 1
            elif isinstance(event, Refused) and event.xid == 0:
                self._complain(connection, name, f"the switch refused to send a frame: {event.text}")
            self._listener.said(name, event)

    def dropped(self, connection: Connection, packet_ins: int) -> None:
        """Copies of packets came too fast."""
        self._statistics.packet_ins_dropped += packet_ins

    def closed(self, connection: Connection, why: Closed) -> None:
        """A connection is over."""
        self._statistics.closed[why.kind] += 1
        self._strangers.pop(connection, None)
        dpid = self._identified.pop(connection, None)
        name = "" if dpid is None else self._expected[dpid]
        if self.ready.get(name) is connection:
            del self.ready[name]
            self._listener.lost(name, why.reason)
        elif why.kind != "ended":
            self._complain(connection, name, f"connection refused or ended: {why.reason}")
        if dpid is not None:
            self._claims.released(dpid, connection)

    def _identify(self, connection: Connection, dpid: int) -> None:
        if dpid not in self._expected:
            connection.close("unknown switch", f"no switch with dpid {dpid:016x} is in the configuration")
            return
        del self._strangers[connection]
        self._identified[connection] = dpid
        self._claims.claim(dpid, connection, _now())

    def _complain(self, connection: Connection, switch: str, text: str) -> None:
        self._complaints.warning(_now(), text, peer=connection.peer, switch=switch)


def _now() -> float:
    return asyncio.get_running_loop().time()
