"""One host that is taken on: is given what its plan says, again and again until nothing is missing.

The rows are looked at when they have changed, at once or a pause after the look before, so a host that changes its rows
without end costs little. What the daemon itself has to say, of ports that are in force, waits for no such pause. What
rows say of interfaces with ids is passed on. What a host refuses, or says it did and did not do, is tried again after
`RETRY` seconds; so is what somebody else keeps changing back.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time

from controller.fabric.plugs import Report
from controller.ovsdb.connection import Connection
from controller.ovsdb.handler import HostHandler
from controller.ovsdb.joining import is_there, join, leave
from controller.ovsdb.operations import wake
from controller.ovsdb.plan import HostPlan, controller_target
from controller.ovsdb.plugged import mark, report_of
from controller.ovsdb.replica import CONTROLLER, Replica
from controller.ovsdb.session import Operation
from controller.ovsdb.write_limit import RETRY, WriteLimit
from controller.southbound.bounded_log import BoundedLog
from controller.southbound.listen import Listen
from controller.southbound.statistics import Statistics

log = logging.getLogger(__name__)

_TARGET = re.compile(r"(tcp|ssl|unix):\S+")

PAUSE = 0.001
"""Seconds from one look at the rows to the next, and `SHARE` times as long as the last one took."""
SHARE = 2


class Host:
    """A host and its connection."""

    def __init__(
        self,
        plan: HostPlan,
        connection: Connection,
        listens: tuple[Listen, ...],
        handler: HostHandler,
        statistics: Statistics,
        complaints: BoundedLog,
    ) -> None:
        self.plan = plan
        self.connection = connection
        self.has_joined = False
        """Whether it had all that its plan says, once."""
        self._listens = listens
        self._handler = handler
        self._told: Report | None = None
        self._installed: frozenset[str] | None = None
        """Interfaces whose ports are in force; None while that is not known."""
        self._statistics = statistics
        self._complaints = complaints
        self._loop = asyncio.get_running_loop()
        self._next_look = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._retry: asyncio.TimerHandle | None = None
        self._limit = WriteLimit()
        self._is_leaving = False
        self._has_left = False

    def change(self, plan: HostPlan) -> None:
        """It is to have something else from now on."""
        self._is_leaving = self._has_left = False
        if plan != self.plan:
            self.plan = plan
            self._limit.forget()
            self.look_soon()

    def look_soon(self) -> None:
        """Its rows, or what it is to have, are others than before."""
        if self._timer is None:
            self._timer = self._loop.call_at(max(self._loop.time(), self._next_look), self._look)

    def _look_now(self) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = self._loop.call_later(0, self._look)

    def install(self, interfaces: frozenset[str]) -> None:
        """The ports at exactly these interfaces are in force."""
        if interfaces != self._installed:
            self._installed = interfaces
            self._look_now()

    def uninstall(self, interface: str) -> None:
        """No port is at this interface any more."""
        if self._installed and interface in self._installed:
            self.install(self._installed - {interface})

    def answered(self, error: str) -> None:
        """It did what it was asked, or says why not."""
        if error:
            self._statistics.host_changes_refused += 1
            text = "the host does not take what it is to have: %s"
            self._complaints.warning(self._loop.time(), text, error, switch=self.plan.name)
        self.look_soon()

    def leave(self) -> None:
        """Take back what was made on it, and end the connection."""
        self._is_leaving = True
        self.look_soon()

    def end(self) -> None:
        """The connection is over."""
        for timer in filter(None, (self._timer, self._retry)):
            timer.cancel()

    @property
    def target(self) -> str:
        """How its bridge reaches the daemon: as is given, by its own word, or by our address in this session.

        "" if that is unknown.
        """
        if self.plan.controller:
            return str(self.plan.controller)
        own = self.connection.session.replica.root.external_ids.get(CONTROLLER, "")
        return (
            own
            if _TARGET.fullmatch(own)
            else controller_target(self._listens, self.connection.reached_at, self.connection.is_secure)
        )

    def _look(self) -> None:
        self._timer = None
        began = self._loop.time()
        try:
            self._look_at(self.connection.session.replica)
        except ValueError as error:
            self.connection.close("malformed", str(error))
        now = self._loop.time()
        self._next_look = now + max(PAUSE, SHARE * (now - began))
        self.connection.spend(now - began)

    def _look_at(self, replica: Replica) -> None:
        said = Report() if self._is_leaving else report_of(replica, self.plan.bridge)
        if said != self._told:
            self._told = said
            self._handler.reported(self.plan.name, said)
        if self.connection.session.is_writing:
            return  # The answer brings us back.
        if self._is_leaving:
            self._take_back()
            return
        changes = join(replica, self.plan, self.target)
        if self._installed is not None:
            as_ovn = self.plan.settings.ovn_installed
            changes += mark(replica, self.plan.bridge, self._installed, as_ovn=as_ovn, now=time.time())
        if changes:
            self._give(changes)
        elif not self.has_joined and is_there(replica, self.plan):
            self.has_joined = True
            self._handler.joined(self.plan.name)

    def _take_back(self) -> None:
        replica, changes = self.connection.session.replica, []
        if not (self.plan.keep or self._has_left):
            changes = [*leave(replica), *mark(replica, self.plan.bridge, (), as_ovn=False, now=time.time())]
        if changes:
            self._has_left = True
            log.info("left: what was made on it is taken back", extra={"switch": self.plan.name})
            self._write([*changes, wake()])
        else:
            self.connection.close("left", "it is no longer in the configuration")

    def _give(self, changes: list[Operation]) -> None:
        if self._limit.admits(changes, self._loop.time()):
            self._write(changes)
        elif self._retry is None:
            self._retry = self._loop.call_later(RETRY, self._try_again)

    def _try_again(self) -> None:
        self._retry = None
        self.look_soon()

    def _write(self, changes: list[Operation]) -> None:
        self._statistics.host_changes += 1
        self.connection.transact(changes)
