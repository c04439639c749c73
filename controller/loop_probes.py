"""When probes are sent: from every interface that is a tenant's, again and again, evenly spread.

A round lists all such interfaces; each slice of time sends its part. A round takes one period, or longer when there are
so many interfaces that it would cost too much. Those that are known to be connected outside are probed once in every
period regardless, as they are released by silence. One that has just appeared is probed at once.
"""

from __future__ import annotations

from controller.announcer import LONGEST_SLICE
from controller.attachments import end_of
from controller.core import Core
from controller.fabric.model import End
from controller.fabric.outside_loops import PERIOD

SLICES = round(PERIOD / LONGEST_SLICE)
MOST = 50
"""Interfaces probed in one slice at most, other than those that are connected: a thousand in a second."""


class LoopProbes:
    """Deals out the tenants' interfaces of a core's fabric, slice by slice."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._slice = 0
        self._watched: list[End] = []
        self._waiting: list[End] = []
        self._shares = 0, 0

    def next_slice(self) -> list[End]:
        """The interfaces to probe now; call it every `LONGEST_SLICE` seconds."""
        if self._slice == 0:
            self._watched = self._list_watched()
            self._waiting = self._waiting or self._list_all()
            self._shares = _share(self._watched), min(_share(self._waiting), MOST)
        self._slice = (self._slice + 1) % SLICES
        watched, others = self._shares
        # Interfaces and switches may be gone since they were listed.
        chosen = (*_take(self._watched, watched), *_take(self._waiting, others))
        return [end for end in chosen if self.is_probed(end)]

    def is_probed(self, end: End) -> bool:
        """Whether an interface is a tenant's, is up, and can be told to send."""
        view = self._core.fabric.switches.get(end.switch)
        interface = view.interfaces.get(end.interface) if view and view.connected else None
        ports = self._core.situation.index.ports_by_switch.get(end.switch, {})
        return interface is not None and interface.up and end.interface in ports

    def _list_all(self) -> list[End]:
        switches = self._core.fabric.switches
        ports = self._core.situation.index.ports_by_switch
        return [End(name, interface) for name in switches for interface in ports.get(name, ())]

    def _list_watched(self) -> list[End]:
        ends = (end_of(self._core.situation.intent, at) for at in self._core.loops.watched())
        return sorted(set(filter(None, ends)))


def _share(ends: list[End]) -> int:
    return -(-len(ends) // SLICES)


def _take(ends: list[End], number: int) -> list[End]:
    rest = max(len(ends) - number, 0)
    taken = ends[rest:]
    del ends[rest:]
    return taken
