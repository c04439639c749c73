"""How far switches are: which of them hold what they were told, and waiting for that.

A switch *confirmed* when it has taken or refused all that was asked so far. That changes only when it is served or says
something, so whoever waits is woken then and looks again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress

from controller.southbound.sessions import Listener, Sessions
from controller.southbound.statistics import Statistics
from controller.southbound.synchroniser import Synchroniser


class Progress:
    """Answers about all switches; the southbound is one."""

    def __init__(self, listener: Listener) -> None:
        """`listener` is told what sessions report."""
        self.statistics = Statistics()
        self._switches: dict[str, Synchroniser] = {}
        self._sessions = Sessions(listener, self.statistics)
        self._busy: set[str] = set()
        """Those that had a large batch when they were last served or asked about; all that have one are among them."""
        self._progress = asyncio.Event()

    def confirmed(self) -> frozenset[str]:
        """The connected switches that have taken or refused all that was asked so far, or are not changed yet."""
        return frozenset(name for name in self._sessions.ready if self._switches[name].has_confirmed)

    def waiting(self) -> frozenset[str]:
        """The connected switches that are not changed until their gates open."""
        return frozenset(name for name in self._sessions.ready if self._switches[name].waits_for_gate)

    def busy(self) -> frozenset[str]:
        """The connected switches that have a large batch to work off, and so may not get to anything else."""
        self._busy &= self._sessions.ready.keys()
        self._busy = {name for name in self._busy if self._switches[name].is_busy}
        return frozenset(self._busy)

    async def progress(self) -> None:
        """Wait until a switch may have confirmed something."""
        self._progress.clear()
        await self._progress.wait()

    def is_settled(self, switch: str) -> bool:
        """Whether a switch is connected and has confirmed or refused all that was asked so far."""
        return switch in self._sessions.ready and self._switches[switch].settled

    def has_taken_all(self, switch: str) -> bool:
        """Whether nothing that it should hold is left to be taken, be it on another attempt."""
        synchroniser = self._switches[switch]
        return synchroniser.settled and synchroniser.next_attempt is None

    def holds_all(self, switch: str) -> bool:
        """Whether a connected switch was found to hold what it should, and nothing else of ours."""
        return self._switches[switch].holds_all

    def is_off(self, switch: str, network: str) -> bool:
        """Whether a switch refused a network, so that nothing of it is there until it takes all of it."""
        return switch in self._switches and self._switches[switch].is_off(network)

    def flows(self, switch: str) -> int:
        """How many flows a switch should hold."""
        return self._switches[switch].flows if switch in self._switches else 0

    def session_age(self, switch: str) -> float:
        """Seconds since a connected switch said who it is, reading it back included."""
        return now() - self._sessions.ready[switch].accepted_at

    async def settled(self, switches: Iterable[str], timeout: float) -> bool:
        """Wait until those of the switches that are connected have confirmed or refused all that was asked so far.

        False if `timeout` seconds were not enough.
        """
        names = set(switches)

        def is_done() -> bool:
            return all(self._switches[name].settled for name in names & self._sessions.ready.keys())

        return await self._until(is_done, timeout)

    async def _until(self, is_done: Callable[[], bool], timeout: float) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                while not is_done():
                    await self.progress()
                return True
        return False

    def round_trips(self) -> dict[str, float]:
        """Seconds that an echo took lately, for each connected switch where that is known."""
        trips = {name: connection.round_trip for name, connection in self._sessions.ready.items()}
        return {name: trip for name, trip in trips.items() if trip is not None}

    def silent_for(self, switch: str) -> float | None:
        """Seconds since a switch said anything at all; None without session."""
        connection = self._sessions.ready.get(switch)
        return now() - connection.heard if connection else None


def now() -> float:
    """Seconds of the running event loop's clock."""
    return asyncio.get_running_loop().time()
