"""What others ask of the core: names, switches, reasons, where announcements go. Nothing here changes anything.

It is the part of `controller.core.Core` that reads; the core is told of events, and compiles.
"""

from __future__ import annotations

from collections.abc import Mapping

from controller.compiler import Compiler
from controller.dataplane.flow import Reason
from controller.fabric.model import End, Fabric, SwitchView
from controller.situation import Situation


class Answers:
    """Answers from a situation and from what was compiled of it."""

    def __init__(self) -> None:
        self.situation = Situation()
        self.compiler = Compiler()
        self._announced: dict[str, tuple[SwitchView, Mapping[End, None]]] = {}
        """By switch, with the view of it for which that was so: as it is asked several times for each announcement."""

    @property
    def fabric(self) -> Fabric:
        """A snapshot of what is there; of links, as of the last `changes`."""
        return self.situation.fabric

    def connected_switches(self) -> list[str]:
        """Switches that have a session."""
        return [name for name, view in self.fabric.switches.items() if view.connected]

    def reason(self, name: str, cookie: int) -> Reason | None:
        """Why a flow of a switch is there."""
        flow = self.compiler.find(name, cookie)
        return flow.reason if flow else None

    def switch_of(self, dpid: int) -> str | None:
        """Name of the switch with this dpid."""
        return self.situation.index.names.get(dpid)

    def interface_of(self, name: str, number: int) -> End | None:
        """The interface of a switch that has this OpenFlow number."""
        view = self.fabric.switches.get(name)
        interface = view.names.get(number) if view else None
        return End(name, interface) if interface else None

    def missing_switches(self) -> list[str]:
        """Switches of intent that have no session."""
        return sorted(self.situation.intent.fabric.switches.keys() - set(self.connected_switches()))

    def absent_switches(self) -> list[str]:
        """Switches that were seen before, so that they may hold something of ours, and have no session."""
        return sorted(name for name, view in self.fabric.switches.items() if not view.connected)

    def announces(self, end: End) -> bool:
        """Whether announcements are sent from and believed at an interface: it is there, up, and no tenant's."""
        return end in self.announced(end.switch)

    def announced(self, switch: str) -> Mapping[End, None]:
        """All such interfaces of a switch."""
        view = self.situation.fabric.switches.get(switch)
        if view is None:
            return {}
        known = self._announced.get(switch)
        if known is None or known[0] is not view:
            is_reserved = self.situation.index.is_reserved
            free = (one.name for one in view.interfaces.values() if one.up and not is_reserved(switch, one.name))
            known = self._announced[switch] = view, {End(switch, name): None for name in free}
        return known[1]

    def forget_answers(self) -> None:
        """The intent is another: remember no answer that followed from it."""
        self._announced.clear()
