"""Announcements as the daemon sends and hears them, and what it says about links that are not as they should be.

What arrives is judged in this order: is it ours (`controller.southbound.lldp`), may anything be heard there (not at a
tenant's interface), is it new (`controller.fabric.freshness`). Only what passes all of it is told to the core; the rest
is counted by kind, and logged at a bounded rate.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from typing import Protocol

from controller.announcer import Announcer
from controller.core import Core
from controller.fabric.damping import Hold
from controller.fabric.freshness import FRESH_FOR, Freshness, SentAnnouncements
from controller.fabric.model import End
from controller.fabric.wires import Misheard
from controller.southbound.bounded_log import BoundedLog
from controller.southbound.lldp import Announcement, BadFrame, decode_frame, encode_frame
from controller.southbound.statistics import Statistics

log = logging.getLogger(__name__)

REFUSED = {
    Freshness.STALE: "it is an old one, or of a daemon before",
    Freshness.REPLAYED: "it was heard there before",
}


class Switches(Protocol):
    """What is needed of the southbound."""

    statistics: Statistics

    def packet_out(self, switch: str, interface_number: int, frame: bytes) -> None:
        """Send a frame out of an interface."""

    def round_trip(self, switch: str) -> float | None:
        """Seconds that an echo to the switch took lately, if that is known."""


class Announcements:
    """The daemon's side of discovery."""

    def __init__(self, core: Core, southbound: Switches, secret: bytes, clock: Callable[[], float]) -> None:
        """`secret` authenticates announcements; `clock` gives seconds that do not pass while nobody listens."""
        self._core = core
        self._southbound = southbound
        self._secret = secret
        self._clock = clock
        self._announcer = Announcer(core)
        self._sent = SentAnnouncements()
        self._suspects = BoundedLog(log)
        self._faults = BoundedLog(log)
        self._misheard: frozenset[Misheard] = frozenset()
        self._holds: frozenset[Hold] = frozenset()
        self._looked_at = float("-inf")

    @property
    def slice(self) -> float:
        """Seconds between two calls of `announce_slice`."""
        return self._announcer.slice

    def announce_slice(self) -> None:
        """Announce the interfaces whose turn it is."""
        self.announce(self._announcer.next_slice())

    def announce_switch(self, name: str) -> None:
        """Announce all interfaces of a switch."""
        self.announce(self._announcer.of(name))

    def announce(self, ends: Iterable[End]) -> None:
        """Announce these interfaces."""
        wall, now, fresh_for = int(time.time() * 1000), self._clock(), self._fresh_for
        for end in ends:
            view = self._core.fabric.switches[end.switch]
            number = view.interfaces[end.interface].number
            stamp = self._sent.send(end, wall, now, fresh_for)
            frame = encode_frame(Announcement(view.dpid, end.interface, number, stamp), self._secret)
            self._southbound.packet_out(end.switch, number, frame)

    def hear(self, name: str, in_port: int, data: bytes) -> bool:
        """A switch sent a copy of a frame that looks like an announcement. Whether links may have changed."""
        at = self._core.interface_of(name, in_port)
        if at is None or not self._core.announces(at):
            return False
        try:
            announcement = decode_frame(data, self._secret)
        except BadFrame as bad:
            self._refuse(at, bad.kind, str(bad))
            return False
        switch = self._core.switch_of(announcement.dpid)
        sender = End(switch or "", announcement.interface)
        now = self._clock()
        freshness, flight = self._sent.hear(at, sender, announcement.time, now, self._fresh_for)
        if freshness is not Freshness.FRESH:
            self._refuse(at, freshness.value, REFUSED[freshness])
            return False
        is_news = self._core.heard(at, sender, now)
        round_trips = [self._southbound.round_trip(end.switch) for end in (at, sender)]
        if None not in round_trips:
            self._core.discovery.measure(at, sender, flight - sum(filter(None, round_trips)) / 2)
        return is_news

    def report(self) -> None:
        """Say which wires are not as they should be, once a period, and which links are held down."""
        now = self._clock()
        if now - self._looked_at >= self._core.discovery.period:
            self._looked_at = now
            self._report_wires(now)
        holds = frozenset(self._core.damping.holds.values())
        for hold in sorted(holds - self._holds, key=lambda hold: hold.link):
            self._southbound.statistics.links_held_down += 1
            self._faults.warning(now, "link held down for %.0f s, as it keeps going: %s", hold.seconds, hold.link)
        self._holds = holds

    def _report_wires(self, now: float) -> None:
        misheard = self._core.discovery.misheard()
        for wire in sorted(misheard - self._misheard):
            self._southbound.statistics.wires_misheard[wire.fault.value] += 1
            names = {"switch": wire.ends[0].switch, "interface": wire.ends[0].interface}
            self._faults.warning(now, "wire %s: %s", wire.fault.value, wire, **names)
        for wire in sorted(self._misheard - misheard):
            log.info("wire no longer %s: %s", wire.fault.value, wire)
        self._misheard = misheard

    def _refuse(self, at: End, kind: str, why: str) -> None:
        self._southbound.statistics.announcements_refused[kind] += 1
        text = "announcement not believed, %s: %s"
        self._suspects.warning(self._clock(), text, kind, why, switch=at.switch, interface=at.interface)

    @property
    def _fresh_for(self) -> float:
        return FRESH_FOR * self._core.discovery.period
