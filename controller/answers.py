"""What others ask of the core: names, switches, reasons, where announcements go. Nothing here changes anything.

It is the part of `controller.core.Core` that reads; the core is told of events, and compiles.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from controller.compiler import Compiler
from controller.dataplane.flow import Reason
from controller.fabric.model import End, Fabric, SwitchView
from controller.fabric.plugs import Plugs
from controller.situation import Situation


@dataclass(frozen=True, slots=True)
class Ends:
    """The interfaces of a switch, for what is asked of them thousands of times a second."""

    view: SwitchView
    """Of which they were made."""
    by_number: Mapping[int, End]
    announced: Mapping[End, int]
    """Those where announcements are sent and believed, as they are up and no guest's; with their numbers."""


class Answers:
    """Answers from a situation and from what was compiled of it."""

    def __init__(self) -> None:
        self.situation = Situation()
        self.compiler = Compiler()
        self.plugs = Plugs()
        self._ends: dict[str, Ends] = {}

    @property
    def fabric(self) -> Fabric:
        """A snapshot of what is there; of links, as of the last `changes`."""
        return self.situation.fabric

    def connected_switches(self) -> list[str]:
        """Switches that have a session."""
        return [name for name, view in self.fabric.switches.items() if view.connected]

    def is_connected(self, name: str) -> bool:
        """Whether the switch has a session."""
        return name in self.fabric.switches and self.fabric.switches[name].connected

    def reason(self, name: str, cookie: int) -> Reason | None:
        """Why a flow of a switch is there."""
        flow = self.compiler.find(name, cookie)
        return flow.reason if flow else None

    def switch_of(self, dpid: int) -> str | None:
        """Name of the switch with this dpid."""
        return self.situation.index.names.get(dpid)

    def interface_of(self, name: str, number: int) -> End | None:
        """The interface of a switch that has this OpenFlow number."""
        ends = self.ends(name)
        return ends.by_number.get(number) if ends else None

    def missing_switches(self) -> list[str]:
        """Switches of intent that have no session."""
        return sorted(self.situation.intent.fabric.switches.keys() - set(self.connected_switches()))

    def absent_switches(self) -> list[str]:
        """Switches that were seen before, so that they may hold something of ours, and have no session."""
        return sorted(name for name, view in self.fabric.switches.items() if not view.connected)

    def announces(self, end: End) -> bool:
        """Whether announcements are sent from and believed at an interface: it is there, up, and no tenant's."""
        ends = self.ends(end.switch)
        return ends is not None and end in ends.announced

    def ends(self, switch: str) -> Ends | None:
        """The interfaces of a switch, if it was seen."""
        view = self.situation.fabric.switches.get(switch)
        if view is None:
            return None
        known = self._ends.get(switch)
        if known is None or known.view is not view:
            known = self._ends[switch] = self._ends_of(view)
        return known

    def forget_answers(self) -> None:
        """The intent is another, or what hosts say: remember no answer that followed from it."""
        self._ends.clear()

    def _ends_of(self, view: SwitchView) -> Ends:
        is_reserved, may_be_link = self.situation.index.is_reserved, self.plugs.may_be_link
        by_number = {one.number: End(view.name, one.name) for one in view.interfaces.values()}
        up = (end for number, end in by_number.items() if view.interfaces[end.interface].up)
        announced = {
            end: view.interfaces[end.interface].number for end in up if may_be_link(*end) and not is_reserved(*end)
        }
        return Ends(view, by_number, announced)
