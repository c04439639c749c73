"""What events have touched and is not compiled yet: switches' own units, and networks with all of theirs.

It errs on the side of too much: a unit that was touched for nothing is looked up, found unchanged, and not compiled.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from controller.situation import Situation


@dataclass(slots=True)
class Touched:
    """Names of switches and ids of networks."""

    switches: set[str] = field(default_factory=set)
    networks: set[str] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.switches or self.networks)

    def take(self, limit: int | None) -> tuple[list[str], list[str]]:
        """Switches and networks, at most `limit` in all, which are not touched any more.

        Networks come when no switches are left, as their flows use the groups and meters of switches.
        """
        switches = _take(self.switches, limit)
        return switches, _take(self.networks, limit and limit - len(switches))

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

    def edit(self, before: Situation, after: Situation) -> None:
        """Intent or keys are others than before."""
        if before.intent.fabric != after.intent.fabric:
            self.switches.update(after.fabric.switches)
            self.networks.update(before.intent.networks, after.intent.networks)
            return
        for network in before.intent.networks.keys() | after.intent.networks.keys():
            if (
                before.intent.networks.get(network) != after.intent.networks.get(network)
                or before.keys.get(network) != after.keys.get(network)
                or before.index.ports_by_network.get(network) != after.index.ports_by_network.get(network)
            ):
                self.networks.add(network)
        for name in after.fabric.switches:
            if before.index.ports_by_switch.get(name) != after.index.ports_by_switch.get(name):
                self.switches.add(name)


def _take(names: set[str], limit: int | None) -> list[str]:
    return sorted(names.pop() for _ in range(len(names) if limit is None else min(limit, len(names))))
