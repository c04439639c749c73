"""The switches' side of the daemon: what each switch should hold, and what it reports.

Everything happens on one event loop. Callers say what switches should hold (`change`, `replace`), whether or not they
are connected; then each switch that was touched gets its next batch, when its turn comes.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache, partial
from typing import TypeVarTuple

from controller.dataplane.encoder import encode_actions
from controller.dataplane.flow import Actions, Program
from controller.dataplane.program import Share
from controller.southbound import messages as wire
from controller.southbound.connection import Connection
from controller.southbound.counters import Counted
from controller.southbound.events import (
    BarrierPassed,
    BundleAnswered,
    Event,
    FlowExpired,
    FlowLost,
    Held,
    InterfaceChanged,
    PacketIn,
    ReadAgain,
    Refused,
    SwitchReady,
)
from controller.southbound.handler import SwitchHandler
from controller.southbound.inspection import Inspection
from controller.southbound.listen import Listen, open_server, tls_context
from controller.southbound.progress import now
from controller.southbound.synchroniser import Synchroniser

log = logging.getLogger(__name__)

TICK = 0.25
"""Seconds between two looks at the time-outs of all sessions."""

_Arguments = TypeVarTuple("_Arguments")


class Southbound(Inspection):
    """All switches."""

    def __init__(self, handler: SwitchHandler, expected: Mapping[int, str]) -> None:
        """Serve the switches `expected`, names by datapath id, once `listen` is called."""
        super().__init__(self)
        self._handler = handler
        self._expected: Mapping[int, str] = {}
        self._touched: set[str] = set()
        self._servers: list[asyncio.Server] = []
        self._endpoints: list[Listen] = []
        self._ticking: asyncio.Task[None] | None = None
        self.expect(expected)

    # What the daemon asks for

    async def listen(self, endpoints: Sequence[Listen]) -> None:
        """Let switches connect.

        Raises:
            ListenError: an endpoint cannot be listened on.
        """
        for endpoint in endpoints:
            tls = tls_context(endpoint.tls) if endpoint.tls else None
            self._servers.append(await open_server(endpoint, partial(self._connection, tls)))
            self._endpoints.append(endpoint)
        self._ticking = asyncio.create_task(self._tick())

    async def close(self) -> None:
        """End all sessions, within a second. Switches keep their flows."""
        if self._ticking:
            self._ticking.cancel()
        for server in self._servers:
            server.close()
        await self._sessions.close()
        for endpoint in self._endpoints:
            if endpoint.path:
                with suppress(FileNotFoundError):
                    endpoint.path.unlink()

    def expect(self, expected: Mapping[int, str]) -> None:
        """Serve exactly these switches, names by datapath id; the sessions of others end."""
        self._sessions.expect(expected)
        names = set(expected.values())
        # A name with another datapath id is another switch.
        same = {name for dpid, name in expected.items() if self._expected.get(dpid) == name}
        self._expected = dict(expected)
        self._switches = {name: known for name, known in self._switches.items() if name in same}
        for name in names - same:
            self._switches[name] = Synchroniser(name)

    def replace(self, switch: str, program: Program) -> None:
        """Have the switch hold exactly this program of ours. Programs for unknown switches are void."""
        if switch in self._switches:
            self._switches[switch].replace(program)
            self._touch(switch)

    def change(self, switch: str, before: Share, after: Share) -> None:
        """Have the switch hold the share `after` in place of `before`. Changes for unknown switches are void."""
        if switch in self._switches:
            self._switches[switch].change(before, after)
            self._touch(switch)

    def packet_out(self, switch: str, frames: Sequence[tuple[int, bytes]]) -> None:
        """Send frames out of interfaces, by number; they are lost when the switch is not there or does not read."""
        connection = self._sessions.ready.get(switch)
        if connection and connection.send(b"".join([wire.packet_out(number, frame, 0) for number, frame in frames])):
            self.statistics.packet_outs += len(frames)
        else:
            self.statistics.packet_outs_dropped += len(frames)

    def tunnel_out(self, switch: str, frames: Sequence[tuple[Actions, bytes]]) -> None:
        """Have a switch do actions with frames; they are lost as with `packet_out`."""
        connection = self._sessions.ready.get(switch)
        data = [wire.packet_out_by(_encoded(actions), frame, 0) for actions, frame in frames]
        if connection and connection.send(b"".join(data)):
            self.statistics.packet_outs += len(frames)
        else:
            self.statistics.packet_outs_dropped += len(frames)

    def ask(self, switches: Iterable[str]) -> None:
        """Have those of the switches that have a session say something."""
        for name in switches:
            if connection := self._sessions.ready.get(name):
                connection.probe()

    def open_gate(self, switch: str) -> None:
        """The view of a switch is complete: it may be changed, although it connected with something of ours."""
        if switch in self._switches:
            self._switches[switch].open_gate()
            self._touch(switch)

    # What sessions report (`controller.southbound.sessions.Listener`)

    def said(self, switch: str, event: Event) -> None:
        """A switch says something."""
        if isinstance(event, PacketIn):
            self.statistics.packet_ins += 1
            cookie, _, in_port, data = event
            self._tell(self._handler.packet_in, switch, cookie, in_port, data)
            return
        synchroniser = self._switches[switch]
        match event:
            case SwitchReady(_, interfaces, has_meters, held):
                synchroniser.connect(held)
                self._audits.ready(switch, now())
                self._tell(self._handler.switch_ready, switch, interfaces, has_meters, held)
            case InterfaceChanged(interface, deleted):
                self._tell(self._handler.interface_changed, switch, interface, deleted)
            case BarrierPassed(xid):
                if network := synchroniser.passed(xid, now()):
                    self.statistics.taken_later += 1
                    self._tell(self._handler.taken, switch, network)
            case BundleAnswered(xid):
                synchroniser.answered(xid)
                return
            case FlowExpired(cookie):
                synchroniser.lost(cookie)
                self._tell(self._handler.flow_expired, switch, cookie)
            case FlowLost(cookie):
                if synchroniser.lost(cookie):
                    self._audits.flow_lost(switch)
            case Counted():
                self._count_came(switch, event)
                return
            case ReadAgain(held):
                self._audited(switch, held)
            case Refused():
                refusal = synchroniser.refused(event, now())
                if refusal:
                    self.statistics.refusals += 1
                    self._tell(self._handler.refused, switch, refusal.reason, f"{refusal.said}: {refusal.text}")
        # After the handler, which may have scheduled changes that are due first.
        self._touch(switch)

    def lost(self, switch: str, reason: str) -> None:
        """A switch has no session any more."""
        self._switches[switch].disconnect()
        self._audits.lost(switch)
        self._audit_next()
        self._progress.set()
        self._tell(self._handler.switch_lost, switch, reason)

    # What is to be done

    def _connection(self, tls: ssl.SSLContext | None) -> Connection:
        return Connection(self._sessions, tls, self._turns)

    def _touch(self, name: str) -> None:
        if name not in self._touched and name in self._sessions.ready:
            self._touched.add(name)
            self._turns.add(lambda: self._serve(name))

    def _serve(self, name: str) -> bool:
        """Give a switch its next batch, if it is there and has something to get; False, as that is all."""
        self._touched.discard(name)
        connection = self._sessions.ready.get(name)
        if connection is None:
            return False
        synchroniser = self._switches[name]
        turn = synchroniser.take(now())
        if turn:
            self.statistics.sent.update(turn.counts)
            connection.pump(turn.chunks)
        if synchroniser.is_busy:
            self._busy.add(name)
        self._progress.set()
        if synchroniser.settled:
            if self.has_taken_all(name):
                self._audits.settled(name)
            self._tell(self._handler.switch_settled, name)
        return False

    def _audited(self, switch: str, found: Held) -> None:
        drift = self._compared(switch, found)
        if drift:
            self._tell(self._handler.drifted, switch, drift)
        self._audit_next()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK)
            self._sessions.tick(now())
            for name in self._sessions.ready:
                attempt = self._switches[name].next_attempt
                if attempt is not None and attempt <= now():
                    self._touch(name)
            self._audit_next()

    def _tell(self, what: Callable[[*_Arguments], None], *arguments: *_Arguments) -> None:
        try:
            what(*arguments)
        except Exception:
            self.statistics.handler_errors += 1
            log.exception("a bug: the handler of %s failed", getattr(what, "__name__", what))


@lru_cache(maxsize=16384)
def _encoded(actions: Actions) -> bytes:
    return encode_actions(actions)
