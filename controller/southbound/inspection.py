"""Asking switches what they hold and what they have counted: audits, looks and counters.

An audit compares what a switch holds with what it should, and has it repaired; a look only compares. One switch is read
at a time, when nothing else is under way there (`controller.southbound.audits`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from controller.southbound.audits import Audits
from controller.southbound.counters import Counted
from controller.southbound.drift import Drift
from controller.southbound.events import Held
from controller.southbound.progress import Progress, now
from controller.southbound.sessions import Listener
from controller.southbound.turns import Turns


class Inspection(Progress):
    """Questions to all switches; the southbound is one."""

    def __init__(self, listener: Listener) -> None:
        """`listener` is told what sessions report."""
        super().__init__(listener)
        self._audits = Audits(self.statistics)
        self._turns = Turns()
        self._counted: dict[str, tuple[float, Counted]] = {}
        """What switches have counted, since somebody asked last."""

    def audit(self, switches: Iterable[str]) -> None:
        """Compare soon what these switches hold with what they should, one after the other, and repair it."""
        self._audits.ask(switches, now())
        self._audit_next()

    async def audited(self, timeout: float) -> dict[str, Drift]:
        """Audit all switches that have a session, and wait for what is found; at most `timeout` seconds.

        Those that could not be compared by then are missing.
        """
        asked = set(self._sessions.ready)
        self.audit(asked)

        def is_done() -> bool:
            return all(self._audits.outcome(name) is not None for name in asked & self._sessions.ready.keys())

        await self._until(is_done, timeout)
        outcomes = {name: self._audits.outcome(name) for name in sorted(asked)}
        return {name: drift for name, drift in outcomes.items() if drift is not None}

    async def looked(self, timeout: float) -> dict[str, Drift]:
        """Look at all switches that have a session, one after the other: in what each differs. Nothing is repaired.

        Those that could not be compared within `timeout` seconds are missing. One at a time may ask.
        """
        asked = set(self._sessions.ready)
        self._audits.look(asked)
        self._audit_next()

        def is_done() -> bool:
            return all(self._audits.seen(name) is not None for name in asked & self._sessions.ready.keys())

        await self._until(is_done, timeout)
        found = {name: self._audits.seen(name) for name in sorted(asked)}
        return {name: drift for name, drift in found.items() if drift is not None}

    async def count(self, trunks: Mapping[str, Sequence[int]], timeout: float) -> dict[str, tuple[float, Counted]]:
        """Ask all connected switches for their counters, and wait at most `timeout` seconds: those that answered.

        With each answer comes the time of the loop when it came.

        `trunks` has the numbers of the interfaces of trunk ports, by switch. One at a time may ask.
        """
        asked = set(self._sessions.ready)
        self._counted = {}
        for name in asked:
            self._turns.add(partial(self._count, name, trunks.get(name, ())))
        await self._until(lambda: asked & self._sessions.ready.keys() <= self._counted.keys(), timeout)
        return self._counted

    def _count(self, name: str, trunks: Sequence[int]) -> bool:
        if connection := self._sessions.ready.get(name):
            connection.count(trunks)
        return False

    def _count_came(self, switch: str, counted: Counted) -> None:
        self._counted[switch] = now(), counted
        self._progress.set()

    def is_repaired(self, switch: str) -> bool:
        """Whether nothing that an audit found is left to be repaired."""
        # A switch that has confirmed is noted as repaired only in its next turn.
        return self._audits.is_repaired(switch) or self.has_taken_all(switch)

    def _audit_next(self) -> None:
        switch = self._audits.next(now(), lambda name: self._switches[name].is_idle)
        if switch:
            self._switches[switch].begin_audit()
            self._sessions.ready[switch].read_again()

    def _compared(self, switch: str, found: Held) -> Drift | None:
        """A switch was read: in what it differs. None if that says nothing, or was only to be looked at."""
        is_look, synchroniser = self._audits.only_looks, self._switches[switch]
        drift = synchroniser.looked_at(found) if is_look else synchroniser.audited(found)
        self._audits.done(switch, now(), drift)
        return None if is_look else drift
