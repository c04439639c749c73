"""The daemon: ties intent, core and southbound together on one event loop.

Whatever happens (a switch connects, an interface comes, an announcement is heard, a file changes) is told to the core,
and once the loop has nothing else to hand over, the core's changes go to the switches: all events of one turn cost one
compilation. Thousands of networks are compiled a few at a time, as sessions must live on meanwhile. What must not
change everywhere at once takes steps (`controller.steps`).

A switch that connects with flows of ours is not changed until the view of it is complete (`controller.gate`).

Ending leaves all flows in place: no table needs the daemon to be alive.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from controller.admission import Admission
from controller.api.endpoint import Endpoint
from controller.api.serving import Serving
from controller.audit_on_demand import AuditOnDemand
from controller.configuration import Configuration
from controller.core import Core
from controller.event_log import EventKind, EventLog
from controller.fabric.model import Link
from controller.host_plans import host_plans
from controller.intent.edit import IntentEdit
from controller.isolation_watch import IsolationWatch
from controller.keeper import Keeper
from controller.ovsdb.hosts import Hosts
from controller.planning import Planning
from controller.plugging import Plugging
from controller.reloading import Reloading
from controller.self_check_watch import SelfCheckWatch
from controller.southbound.listen import Listen, ListenError, Tls
from controller.state_directory import StateDirectory
from controller.state_file import StateError
from controller.steps import Steps
from controller.switch_events import SwitchEvents
from controller.writes import Writes

log = logging.getLogger(__name__)

COMPILING = 0.02
"""Seconds of compiling before sessions get their turn again."""
BREATH = 0.005
"""Seconds at least between two beats, for others to have their turn."""


class InvalidConfiguration(Exception):
    """The files are not valid; everything that is wrong has been logged."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to run."""

    paths: Sequence[Path]
    listen: Sequence[Listen]
    api: Sequence[Endpoint] = ()
    """Where questions are answered."""
    ovsdb: Sequence[Listen] = ()
    """Where hosts connect with their databases."""
    tls: Tls | None = None
    """What the daemon shows to hosts that it connects to itself."""


class Daemon:
    """One running controller."""

    def __init__(self, options: Options, state: StateDirectory) -> None:
        """Raises StateError when the state directory cannot be used."""
        self._options = options
        self._configuration = Configuration(options.paths, state)
        self._core = Core()
        self._events = SwitchEvents(
            self._core,
            state.secret("discovery"),
            self._schedule,
            lambda name: self._plugging.settled(name),
            lambda port, switch: self._plugging.heard(port, switch),
        )
        self._southbound = self._events.southbound
        self._plugging = Plugging(self._core, self._southbound, lambda: self._events.clock, self._schedule, self._put)
        self._memory, warning = state.read_memory()
        if warning:
            log.warning("%s", warning)
        self._keeper = Keeper(self._core, state)
        self._audit = AuditOnDemand(self._core, self._southbound, state)
        self._event_log = EventLog(time.time())
        self._writes = Writes(self._core, self._configuration, state.api_part, self.take)
        self._admission = Admission(self._core, self._writes, self._southbound.statistics)
        statistics, departures = self._southbound.statistics, self._core.departures
        self._hosts = Hosts(self._plugging, options.listen, statistics, departures, self._admission.ask)
        self._planning = Planning(self._core, self._configuration)
        doing = self._writes, self._planning
        self._api = Serving(self._core, self._southbound, self._event_log, self._events.timings, *doing)
        self._isolation = IsolationWatch(self._core, self._southbound.statistics)
        self._self_check = SelfCheckWatch(self._core, self._southbound, self._isolation, self._schedule)
        self._reloading = Reloading(self._configuration, self._writes.turn, self.take)
        self._steps = Steps(
            self._core, self._southbound, self._configuration, lambda: self._events.clock, self._schedule
        )
        self._flush_scheduled = False
        self._links: frozenset[Link] = frozenset()
        self._stop = asyncio.Event()

    async def run(self) -> None:
        """Serve switches until SIGTERM or SIGINT.

        Raises InvalidConfiguration, StateError, and ListenError when an endpoint cannot be listened on.
        """
        # First of all: a SIGHUP that comes meanwhile must not be the end.
        self._take_signals()
        with self._event_log.recording():
            await self._run()

    async def _run(self) -> None:
        self._core.plugs.restore(self._memory.plugs)
        self._core.endpoints.update(self._memory.endpoints)
        self._core.departures.restore(self._memory.given)
        if not await self._reloading.load():
            raise InvalidConfiguration
        self._core.restore(self._memory, self._events.clock)
        self._schedule()
        while self._core.is_dirty and not self._stop.is_set():
            # So that switches which were seen before find their programs made, and are in sync once they are read.
            await asyncio.sleep(0)
        await self._open()
        log.info("ready on %s", ", ".join(map(str, [*self._options.listen, *self._options.ovsdb])))
        watching = self._reloading.run(), self._self_check.run(), self._steps.bug()
        forever = self._beat(), self._keeper.run(), self._audit.run(), self._api.run(), *watching
        tasks = [asyncio.create_task(work) for work in forever]
        stopping = asyncio.create_task(self._stop.wait())
        done, _ = await asyncio.wait([stopping, *tasks], return_when=asyncio.FIRST_COMPLETED)
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
        log.info("ending; flows stay in place")
        for task in (*tasks, stopping):
            task.cancel()
        self._steps.end()
        self._api.close()
        self._planning.close()
        await self._hosts.close()
        await self._southbound.close()
        self._keeper.save()
        log.info("since the start: %s", self._southbound.statistics)
        for task in done:
            # A task that should run for ever ended by a bug: do not hide it.
            task.result()

    async def _open(self) -> None:
        """Listen everywhere, or nowhere."""
        try:
            await self._southbound.listen(self._options.listen)
            await self._api.open(self._options.api)
            await self._hosts.open(self._options.ovsdb, self._options.tls)
            known = [one.host.connect for one in self._core.situation.intent.fabric.switches.values() if one.host]
            self._plugging.begin(self._hosts, is_open=all(known) or bool(self._options.ovsdb))
            listens = [*self._options.listen, *self._options.ovsdb, *(one.listen for one in self._options.api)]
            is_used = any(one.tls for one in listens) or any(one and one.kind == "ssl" for one in known)
            if self._options.tls and not is_used:
                log.warning("the certificate is used nowhere: no endpoint is ssl:, and no host is connected to by ssl:")
        except ListenError:
            self._api.close()
            await self._hosts.close()
            await self._southbound.close()
            raise

    async def settled(self, timeout: float) -> bool:
        """Wait until connected switches hold what follows from all that was taken; False after `timeout` seconds."""
        while self._core.is_dirty:
            await asyncio.sleep(0)
        return await self._southbound.settled(self._core.connected_switches(), timeout)

    @property
    def core(self) -> Core:
        """What it knows; not to be changed from outside."""
        return self._core

    def _take_signals(self) -> None:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self._stop.set)
        loop.add_signal_handler(signal.SIGINT, self._stop.set)
        loop.add_signal_handler(signal.SIGHUP, self._reloading.ask)
        loop.add_signal_handler(signal.SIGUSR1, self._audit.ask)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGUSR1})

    def _schedule(self) -> None:
        if not self._flush_scheduled:
            self._flush_scheduled = True
            asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        self._flush_scheduled = False
        if self._core.is_dirty:
            self._compile()
        self._log_links()
        if self._core.is_dirty:
            # What is compiled lives long and has no cycles; to look for some in 10,000 networks takes a second.
            gc.freeze()
            self._schedule()
        else:
            self._self_check.compiled()
            self._steps.compiled()
            self._events.open_gates()
        self._steps.go_on()

    def _compile(self) -> None:
        """Compile for a while, and hand over what changed."""
        begins, timings, pending = time.monotonic(), self._events.timings, self._core.pending
        while self._core.is_dirty and time.monotonic() < begins + COMPILING:
            for change in self._core.changes(1):
                self._southbound.change(change.switch, change.before, change.after)
                self._isolation.note(change)
                timings.changed(change.switch, self._core.is_connected(change.switch))
        took, is_done = time.monotonic() - begins, not self._core.is_dirty
        timings.compiled(took, is_done)
        self._plugging.compiled(took, pending, is_done=is_done)

    def _log_links(self) -> None:
        links = self._core.fabric.links
        for link in sorted(links - self._links):
            log.info("link up: %s", link, extra={"event": EventKind.LINK_UP})
        for link in sorted(self._links - links):
            log.warning("link down: %s", link, extra={"event": EventKind.LINK_DOWN})
        self._links = links

    async def _beat(self) -> None:
        """What is done again and again: announce, age links, watch for loops, open gates."""
        due = time.monotonic()
        while True:
            # By the clock, or what is done would be added to the period. What is late by a beat is not made up for.
            due = max(due + self._events.beat(), time.monotonic())
            self._events.probe()
            if self._core.tick(self._events.clock, self._southbound.busy()):
                self._schedule()
            self._events.open_gates()
            await asyncio.sleep(max(BREATH, due - time.monotonic()))

    def take(self, edit: IntentEdit) -> bool:
        """Take an edit of the intent into force; False when its keys cannot be stored, and then nothing changes."""
        return self._put(self._plugging.placed(edit))

    def _put(self, edit: IntentEdit) -> bool:
        """Take an edit of the intent in force, with all ports where they are."""
        try:
            keys = self._configuration.settle_keys(edit)
        except StateError as error:
            log.error("%s", error)
            return False
        if edit.fabric:
            self._southbound.expect({switch.dpid: name for name, switch in edit.after.fabric.switches.items()})
        self._steps.edited()
        self._core.edit(edit, keys)
        self._api.edited(edit)
        if edit.networks or edit.before.fabric is not edit.after.fabric:
            situation = self._core.situation
            used = [*situation.keys.values(), *situation.second_keys.values()]
            self._hosts.expect(host_plans(edit.after, used))
        self._events.explain_missing_tunnels(edit.touched_networks(), edit.after.fabric.switches)
        self._schedule()
        return True
