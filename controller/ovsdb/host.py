"""One host that is taken on: is given what its plan says, again and again until nothing is missing.

The rows are looked at when they have changed, at once or `PAUSE` after the look before, so a host that changes its rows
without end costs little. What a host refuses, or says it did and did not do, is tried again after `RETRY` seconds; so
is what somebody else keeps changing back.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque

from controller.ovsdb.connection import Connection
from controller.ovsdb.joining import is_there, join, leave
from controller.ovsdb.operations import wake
from controller.ovsdb.plan import HostPlan, controller_target
from controller.ovsdb.replica import CONTROLLER
from controller.ovsdb.session import Operation
from controller.ovsdb.statistics import HostStatistics
from controller.southbound.bounded_log import BoundedLog
from controller.southbound.listen import Listen

log = logging.getLogger(__name__)

PAUSE = 0.005
"""Seconds from one look at the rows to the next."""
RETRY = 5.0
MOST_WRITES = 20
"""Transactions in `RETRY` seconds that give a host what its plan says."""


class Host:
    """A host and its connection."""

    def __init__(
        self,
        plan: HostPlan,
        connection: Connection,
        listens: tuple[Listen, ...],
        statistics: HostStatistics,
        complaints: BoundedLog,
    ) -> None:
        self.plan = plan
        self.connection = connection
        self.has_joined = False
        """Whether it had all that its plan says, once."""
        self._listens = listens
        self._statistics = statistics
        self._complaints = complaints
        self._loop = asyncio.get_running_loop()
        self._looked = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._last: list[Operation] = []
        self._written: deque[float] = deque(maxlen=MOST_WRITES)
        self._is_leaving = False
        self._has_left = False

    def change(self, plan: HostPlan) -> None:
        """It is to have something else from now on."""
        self._is_leaving = self._has_left = False
        if plan != self.plan:
            self.plan, self._last = plan, []
            self.look_soon()

    def look_soon(self) -> None:
        """Its rows, or what it is to have, are others than before."""
        if self._timer is None:
            self._timer = self._loop.call_at(max(self._loop.time(), self._looked + PAUSE), self._look)

    def answered(self, error: str) -> None:
        """It did what it was asked, or says why not."""
        if error:
            self._statistics.transactions_refused += 1
            text = "the host does not take what it is to have: %s"
            self._complaints.warning(self._loop.time(), text, error, switch=self.plan.name)
        self.look_soon()

    def leave(self) -> None:
        """Take back what was made on it, and end the connection."""
        self._is_leaving = True
        self.look_soon()

    def end(self) -> None:
        """The connection is over."""
        if self._timer:
            self._timer.cancel()

    @property
    def target(self) -> str:
        """How its bridge reaches the daemon, by its own word or by how it reached us; "" if that is unknown."""
        own = self.connection.session.replica.root.external_ids.get(CONTROLLER, "")
        return own or controller_target(self._listens, self.connection.reached_at, self.connection.is_secure)

    def _look(self) -> None:
        self._timer = None
        self._looked = self._loop.time()
        if self.connection.session.is_writing:
            return  # The answer brings us back.
        if self._is_leaving:
            self._take_back()
            return
        try:
            changes = join(self.connection.session.replica, self.plan, self.target)
        except ValueError as error:
            self.connection.close("malformed", str(error))
            return
        if changes:
            self._give(changes)
        elif not self.has_joined and is_there(self.connection.session.replica, self.plan):
            self.has_joined = True
            log.info("joined: %s is as it should be", self.plan.bridge, extra={"switch": self.plan.name})

    def _take_back(self) -> None:
        changes = [] if self.plan.keep or self._has_left else list(leave(self.connection.session.replica))
        if changes:
            self._has_left = True
            log.info("left: what was made on it is taken back", extra={"switch": self.plan.name})
            self._write([*changes, wake()])
        else:
            self.connection.close("left", "it is no longer in the configuration")

    def _give(self, changes: list[Operation]) -> None:
        is_full = len(self._written) == MOST_WRITES and self._looked < self._written[0] + RETRY
        if is_full or (changes == self._last and self._looked < self._written[-1] + RETRY):
            self._timer = self._loop.call_later(RETRY, self._look)
            return
        self._last = changes
        self._written.append(self._looked)
        self._write(changes)

    def _write(self, changes: list[Operation]) -> None:
        self._statistics.transactions += 1
        self.connection.transact(changes)
