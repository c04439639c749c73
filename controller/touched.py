"""What events have touched and is not compiled yet: switches' own units, and networks with all of theirs.

Networks are *aimed* first, all of them: where they are says which ways and trees switches need, and switches are
compiled before networks.

It errs on the side of too much: a unit that was touched for nothing is looked up, found unchanged, and not compiled.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from controller.intent.edit import IntentEdit
from controller.situation import Situation


@dataclass(slots=True)
class Touched:
    """Names of switches and ids of networks."""

    switches: set[str] = field(default_factory=set)
    flooding: set[str] = field(default_factory=set)
    """Switches whose trees were touched, and perhaps nothing else."""
    networks: set[str] = field(default_factory=set)
    """Those that are not aimed yet."""
    _aimed: set[str] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.switches or self.flooding or self.networks or self._aimed)

    def __len__(self) -> int:
        """Roughly how many units that is."""
        return len(self.switches) + len(self.flooding) + len(self.networks) + len(self._aimed)

    def take_to_aim(self, limit: int | None) -> list[str]:
        """Networks to aim, at most `limit`."""
        taken = _take(self.networks, limit)
        if not self.networks:
            # An emptied set keeps its room, and whoever takes one of few out of it looks through all of it.
            self.networks = set()
        self._aimed.update(taken)
        return taken

    def take(self, limit: int | None) -> tuple[list[str], list[str], list[str]]:
        """Switches and aimed networks, at most `limit` in all, which are not touched any more; and before them trees.

        Of trees all come at once: they are quick, and what floods needs all of them. Networks come when no switches are
        left, as their flows use the groups and meters of switches.
        """
        switches = _take(self.switches, limit)
        flooding = sorted(self.flooding.union(switches))
        self.flooding.clear()
        networks = _take(self._aimed, limit and limit - len(switches))
        if not self._aimed:
            self._aimed = set()
        return flooding, switches, networks

    def switch(self, situation: Situation, name: str) -> None:
        """A switch is there with other interfaces than before."""
        self.switches.add(name)
        for port in situation.index.ports_by_switch.get(name, {}).values():
            self.networks.update(port.networks)

    def interface(self, situation: Situation, name: str, interface: str) -> None:
        """An interface of a switch came, went, or has another number."""
        self.switches.add(name)
        port = situation.index.ports_by_switch.get(name, {}).get(interface)
        if port:
            self.networks.update(port.networks)
        if interface in situation.intent.fabric.switches[name].tunnels.values():
            self.switch(situation, name)

    def edit(self, situation: Situation, edit: IntentEdit) -> None:
        """Intent is another than before."""
        self.networks.update(edit.touched_networks())
        if edit.fabric:
            self.switches.update(situation.fabric.switches)
        # A switch's own unit knows its trunk ports and no others.
        trunks = (port for port in (*edit.old_ports(), *edit.new_ports()) if port.trunk)
        there = {switch for port in trunks for switch, _ in port.places}
        self.switches.update(there & situation.fabric.switches.keys())


def _take(names: set[str], limit: int | None) -> list[str]:
    return sorted(names.pop() for _ in range(len(names) if limit is None else min(limit, len(names))))
