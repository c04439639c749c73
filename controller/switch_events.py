"""What switches report, told to the core in the operator's names, and logged.

A copy of a frame carries the cookie of the flow that sent it; that flow's reason says what it is for: an announcement
heard on a link, a sender that is not known yet, or a probe that came back. Frames are read as little as possible and
never trusted: from a learning port only the source address counts, all else only when it is signed with the secret.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Iterable
from itertools import islice

from apps import discovery, learning, loop_guard, migration, underlay
from controller.announcements import Announcements
from controller.announcer import LONGEST_SLICE
from controller.core import Core
from controller.dataplane.fields import mac_text
from controller.dataplane.flow import Reason
from controller.event_log import EventKind
from controller.fabric.addresses import Verdict
from controller.fabric.model import End, Interface
from controller.gate import GRACE, Gate
from controller.held_trees import held_trees
from controller.listening_clock import ListeningClock
from controller.loop_watch import LoopWatch
from controller.missing import missing_tunnels, networks_on
from controller.southbound.bounded_log import BoundedLog
from controller.southbound.drift import Drift
from controller.southbound.events import Held
from controller.southbound.southbound import Southbound
from controller.timings import Timings
from controller.underlay_watch import UnderlayWatch

log = logging.getLogger(__name__)

MOST_REASONS = 20
"""How many lines one audit may write of each kind."""
NEWS = {Verdict.LEARNED: EventKind.ADDRESS_LEARNED, Verdict.MOVED: EventKind.ADDRESS_MOVED}
REFUSALS = {
    Verdict.FORGED: "it is given to another port of the network",
    Verdict.FULL: "the port has as many as `learning: {limit: ...}` allows; frames for it are flooded",
    Verdict.INVALID: "it is no guest's",
    Verdict.MUTED: "the port is looped outside of us",
}


class SwitchEvents:
    """The handler of a southbound (`controller.southbound.handler.SwitchHandler`)."""

    def __init__(
        self,
        core: Core,
        secret: bytes,
        schedule: Callable[[], None],
        settled: Callable[[str], None],
        guest_heard: Callable[[str, str], None],
    ) -> None:
        """`schedule` is called when the core may have changes, `settled` with a switch that did what it was told.

        `guest_heard` is called with a port and the switch where it stands by and its guest was heard. `secret`
        authenticates announcements.
        """
        self._settled = settled
        self._guest_heard = guest_heard
        self._core = core
        self._schedule = schedule
        self._southbound = Southbound(self, {})
        self._clock = ListeningClock()
        self.announcements = Announcements(core, self._southbound, secret, self._clock)
        self._loops = LoopWatch(core, secret, self._southbound)
        self._underlay = UnderlayWatch(core, secret, self._southbound)
        self._probes_due = 0.0
        """When to probe next: beats come faster when announcements do."""
        self._gate = Gate()
        self._told: set[str] = set()
        """Switches that did what this daemon told them, once."""
        self.timings = Timings(time.monotonic)
        self._refusals = BoundedLog(log)
        self._suspects = BoundedLog(log)
        self._behind: set[str] = set()
        """Switches that were not in sync yet since they connected."""

    @property
    def clock(self) -> float:
        """Seconds spent listening. It stands still while the daemon is busy, so that nobody counts as silent then."""
        return self._clock()

    def beat(self) -> float:
        """Announce the interfaces whose turn it is, and say what is wrong with links; seconds until the next call."""
        pause = self.announcements.slice
        # A round of announcements that takes too long must not look like silence.
        self._clock.beat(1.5 * pause)
        self.announcements.announce_slice()
        self.announcements.report()
        return pause

    @property
    def southbound(self) -> Southbound:
        """The switches' side."""
        return self._southbound

    def switch_ready(self, name: str, interfaces: tuple[Interface, ...], has_meters: bool, held: Held) -> None:
        """A switch has a session."""
        self._behind.add(name)
        log.info("connected with %d interfaces", len(interfaces), extra=_about(EventKind.SWITCH_CONNECTED, name))
        self._gate.arrive(name, self._core.switch_ready(name, interfaces, has_meters, self.clock), self.clock)
        self._note_gates()
        self._core.found_trees(name, held_trees(name, interfaces, held))
        self.explain_missing_tunnels(networks_on(self._core.situation, name), {name})
        self.announcements.announce_switch(name)
        self._schedule()

    def switch_settled(self, name: str) -> None:
        """A switch confirmed all that it was told so far."""
        self._told.add(name)
        self.timings.settled(name)
        if name in self._behind and not self._core.is_dirty:
            self._behind.discard(name)
            took = self._southbound.session_age(name)
            names = _about(EventKind.SWITCH_IN_SYNC, name)
            log.info("in sync, %.3f s after its session began", took, extra=names)
        self._settled(name)

    def switch_lost(self, name: str, reason: str) -> None:
        """A switch's session ended."""
        self._behind.discard(name)
        self.timings.lost(name)
        log.warning("lost: %s; its flows stay in place", reason, extra=_about(EventKind.SWITCH_LOST, name))
        self._gate.leave(name)
        self._core.switch_lost(name)
        self._note_gates()

    def interface_changed(self, name: str, interface: Interface, deleted: bool) -> None:
        """An interface came, went, or changed."""
        self._core.interface_changed(name, interface, deleted)
        end = End(name, interface.name)
        self.announcements.announce([end])
        self._loops.appeared(end)
        self._schedule()

    def packet_in(self, name: str, cookie: int, in_port: int, data: bytes) -> None:
        """A switch sent a copy of a frame."""
        reason = self._core.reason(name, cookie)
        self._southbound.statistics.packet_ins_for[reason.app if reason else "unknown"] += 1
        if reason is None:
            return
        if reason.app == discovery.APP:
            if self.announcements.hear(name, in_port, data):
                self._schedule()
        elif reason.app == learning.APP:
            self._learn(name, reason, data)
        elif reason.app == migration.APP:
            self._guest_heard(reason.port, name)
            if reason.port in self._core.situation.index.learning_ports.get(reason.network, ()):
                self._learn(name, reason, data)
        elif reason.app == underlay.APP:
            self._underlay.hear(name, in_port, data, self.clock)
        elif reason.app == loop_guard.APP:
            self._loops.hear(name, in_port, data, self.clock)
            if self._core.is_dirty:
                self._schedule()

    def flow_expired(self, name: str, cookie: int) -> None:
        """A switch dropped a flow after silence."""
        expired = self._core.flow_expired(name, cookie)
        if expired:
            reason, mac = expired
            names = _names(name, reason, EventKind.ADDRESS_EXPIRED)
            log.info("address %s: expired", mac_text(mac), extra=names)
        self._schedule()

    def refused(self, name: str, reason: Reason, text: str) -> None:
        """A switch refused something of ours."""
        effect = "; the network is off on this switch until it takes all of it" if reason.network else ""
        names = _names(name, reason, EventKind.NETWORK_REFUSED)
        self._refusals.warning(self.clock, "refused %s: %s%s", reason, text, effect, **names)

    def taken(self, name: str, network: str) -> None:
        """A switch has taken a network that it had refused."""
        names = {**_about(EventKind.NETWORK_TAKEN, name), "network": network}
        log.info("in force, after it had been refused", extra=names)

    def _note_gates(self) -> None:
        """Tell the core which switches wait at their gates, and so do what they were told before.

        After a start without memory it is not known what that is, and steps from it are not possible: they get all at
        once. Not so one that this daemon told something before it lost its session.
        """
        is_known = self._core.has_memory or self.clock >= GRACE
        waiting = self._southbound.waiting()
        self._core.waiting = waiting if is_known else waiting & self._told
        self._core.at_gates = waiting

    def open_gates(self) -> None:
        """Let those switches be changed whose view is complete."""
        for name in [name for name in self._behind if self._southbound.is_settled(name)]:
            self.switch_settled(name)
        self._gate.period = self._core.discovery.period
        is_compiled = not self._core.is_dirty
        missing = [*self._core.missing_switches(), *self._core.silent_hosts()]
        opened = self._gate.open(self.clock, missing, is_compiled, self._southbound.holds_all)
        for name in opened:
            log.info("the view is complete: in force", extra={"switch": name})
            self._southbound.open_gate(name)
        if opened:
            self._note_gates()

    def drifted(self, name: str, what: Drift) -> None:
        """Somebody changed what a switch holds of ours."""
        log.warning("changed by somebody else, repaired: %s", what, extra=_about(EventKind.DRIFT_REPAIRED, name))
        for what_is_wrong, found in (("missing", what.missing), ("changed", what.altered)):
            for reason, flows in islice(found.items(), MOST_REASONS):
                names = _names(name, reason, EventKind.DRIFT_REPAIRED)
                log.warning("%s flows for %s: %d", what_is_wrong, reason, flows, extra=names)

    def probe(self) -> None:
        """Send the probes whose turn it is, and take up what follows from those before; at each beat.

        They find tenants' ports that are looped outside, and tunnel endpoints that are out of reach.
        """
        if self.clock < self._probes_due:
            return
        self._probes_due = max(self._probes_due, self.clock - LONGEST_SLICE) + LONGEST_SLICE
        self._loops.beat(self.clock)
        self._underlay.beat(self.clock)
        if self._core.is_dirty:
            self._schedule()

    def explain_missing_tunnels(self, networks: Iterable[str], switches: Collection[str]) -> None:
        """Say which tunnel interfaces these networks need and these switches lack, and how to add them."""
        for name, encapsulation, interface in missing_tunnels(self._core.situation, networks):
            if name not in switches:
                continue
            log.error(
                "no %s tunnel; add it with: ovs-vsctl add-port BRIDGE %s -- set interface %s type=%s "
                "options:remote_ip=flow options:key=flow",
                *(encapsulation, interface, interface, encapsulation),
                extra={"switch": name, "interface": interface},
            )

    def _learn(self, name: str, reason: Reason, data: bytes) -> None:
        if len(data) < 12:
            return
        mac = int.from_bytes(data[6:12], "big")
        verdict = self._core.observed(reason.network, reason.port, mac)
        if verdict in NEWS:
            names = _names(name, reason, NEWS[verdict])
            log.info("address %s: %s", mac_text(mac), verdict.value, extra=names)
        elif verdict is not Verdict.KNOWN:
            text = "address %s not learned: %s"
            names = _names(name, reason, EventKind.ADDRESS_REFUSED)
            self._suspects.warning(self.clock, text, mac_text(mac), REFUSALS[verdict], **names)
        if self._core.is_dirty:
            self._schedule()


def _about(event: EventKind, switch: str) -> dict[str, str]:
    return {"event": event, "switch": switch}


def _names(switch: str, reason: Reason, event: EventKind) -> dict[str, str]:
    return {**_about(event, switch), "network": reason.network, "port": reason.port}
