"""Announcements as the daemon sends and hears them, and what it says about links that are not as they should be.

What arrives is judged in this order: is it ours (`controller.southbound.lldp`), may anything be heard there (not at a
tenant's interface), is it new (`controller.fabric.freshness`). Only what passes all of it is told to the core; the rest
is counted by kind, and logged at a bounded rate.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Protocol

from controller.announcer import Announcer
from controller.core import Core
from controller.event_log import EventKind
from controller.fabric.damping import Hold
from controller.fabric.freshness import FRESH_FOR, Freshness, Sent, SentAnnouncements
from controller.fabric.model import End, Link
from controller.fabric.wires import Misheard
from controller.southbound.bounded_log import BoundedLog
from controller.southbound.lldp import BadFrame, decode_frame, encoder
from controller.southbound.statistics import Statistics

log = logging.getLogger(__name__)

REFUSED = {
    Freshness.STALE: "it is an old one, or of a daemon before",
    Freshness.REPLAYED: "it was heard there before",
}


class Switches(Protocol):
    """What is needed of the southbound."""

    statistics: Statistics

    def packet_out(self, switch: str, frames: Sequence[tuple[int, bytes]]) -> None:
        """Send frames out of interfaces, by number."""

    def round_trips(self) -> Mapping[str, float]:
        """Seconds that an echo took lately, for each switch where that is known."""


class Announcements:
    """The daemon's side of discovery."""

    def __init__(self, core: Core, switches: Switches, secret: bytes, clock: Callable[[], float]) -> None:
        """`secret` authenticates announcements; `clock` gives seconds that do not pass while nobody listens."""
        self._core = core
        self._switches = switches
        self._secret = secret
        self._clock = clock
        self._announcer = Announcer(core)
        self._sent = SentAnnouncements()
        self._suspects = BoundedLog(log)
        self._faults = BoundedLog(log)
        self._misheard: frozenset[Misheard] = frozenset()
        self._holds: frozenset[Hold[Link]] = frozenset()
        self._looked_at = float("-inf")
        self._ways: dict[str, float] = {}
        """Seconds of the way between the daemon and each switch, where that is known."""

    @property
    def slice(self) -> float:
        """Seconds between two calls of `announce_slice`."""
        return self._announcer.slice

    def announce_slice(self) -> None:
        """Announce the interfaces whose turn it is, and those that are missed somewhere."""
        missed = self._core.discovery.doubtful(self._clock())
        self.announce([*self._announcer.next_slice(), *missed])

    def announce_switch(self, name: str) -> None:
        """Announce all interfaces of a switch."""
        if ends := self._core.ends(name):
            self.announce(ends.announced)

    def announce(self, ends: Iterable[End]) -> None:
        """Announce those of the interfaces that are announced at all, and whose switches can be told to."""
        wall, now = int(time.time() * 1000), self._clock()
        self._sent.drop(now - self._fresh_for)
        for switch, of_switch in groupby(ends, attrgetter("switch")):
            known = self._core.ends(switch)
            if known is None or not known.view.connected:
                continue
            frames: list[tuple[int, bytes]] = []
            for end in of_switch:
                number = known.announced.get(end)
                if number is not None:
                    encode = encoder(known.view.dpid, end.interface, number, self._secret)
                    frames.append((number, self._sent.send(end, wall, encode, now)))
            if frames:
                self._switches.packet_out(switch, frames)

    def hear(self, name: str, in_port: int, data: bytes) -> bool:
        """A switch sent a copy of a frame that looks like an announcement. Whether links may have changed."""
        at = self._core.interface_of(name, in_port)
        if at is None:
            return False
        sent = self._sent.find(data)
        if sent is None:
            try:
                sent = self._read(data)
            except BadFrame as bad:
                self._refuse(at, bad.kind, str(bad))
                return False
        now = self._clock()
        freshness = self._sent.judge(sent, at, now, self._fresh_for)
        if sent is None or freshness is not Freshness.FRESH:
            self._refuse(at, freshness.value, REFUSED[freshness])
            return False
        there, back = self._ways.get(sent.sender.switch), self._ways.get(name)
        known = None if there is None or back is None else now - sent.at - there - back
        return self._core.heard(at, sent.sender, now, known)

    def report(self) -> None:
        """Say which wires are not as they should be, once a period, and which links are held down."""
        now = self._clock()
        if now - self._looked_at >= self._core.discovery.period:
            self._looked_at = now
            self._ways = {name: trip / 2 for name, trip in self._switches.round_trips().items()}
            self._report_wires(now)
        holds = frozenset(self._core.damping.holds.values())
        for hold in sorted(holds - self._holds, key=lambda hold: hold.link):
            self._switches.statistics.links_held_down += 1
            text = "link held down for %.0f s, as it keeps going: %s"
            self._faults.warning(now, text, hold.seconds, hold.link, event=EventKind.LINK_HELD)
        self._holds = holds

    def _report_wires(self, now: float) -> None:
        misheard = self._core.discovery.misheard()
        for wire in sorted(misheard - self._misheard):
            self._switches.statistics.wires_misheard[wire.fault.value] += 1
            names = {"switch": wire.ends[0].switch, "interface": wire.ends[0].interface, "event": EventKind.WIRE_FAULT}
            self._faults.warning(now, "wire %s: %s", wire.fault.value, wire, **names)
        for wire in sorted(self._misheard - misheard):
            log.info("wire no longer %s: %s", wire.fault.value, wire)
        self._misheard = misheard

    def _read(self, data: bytes) -> Sent | None:
        """What of ours a frame is that was padded on the way, if we know; raises BadFrame when it is not ours."""
        announcement = decode_frame(data, self._secret)
        sender = End(self._core.switch_of(announcement.dpid) or "", announcement.interface)
        return self._sent.find_time(sender, announcement.time)

    def _refuse(self, at: End, kind: str, why: str) -> None:
        self._switches.statistics.announcements_refused[kind] += 1
        text = "announcement not believed, %s: %s"
        self._suspects.warning(self._clock(), text, kind, why, switch=at.switch, interface=at.interface)

    @property
    def _fresh_for(self) -> float:
        return FRESH_FOR * self._core.discovery.period
