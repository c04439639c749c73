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
        """All touched switches and at most `limit` networks, which are not touched any more."""
        switches, self.switches = sorted(self.switches), set()
        networks = sorted(self.networks)[:limit]
        self.networks.difference_update(networks)
        return switches, networks

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

    def keys(self, before: Situation, after: Situation) -> None:
        """Networks are on other keys than before."""
        for old, new in ((before.keys, after.keys), (before.second_keys, after.second_keys)):
            self.networks.update(network for network in old.keys() | new.keys() if old.get(network) != new.get(network))

    def edit(self, before: Situation, after: Situation) -> None:
        """Intent is another than before."""
        if before.intent.fabric != after.intent.fabric:
            self.switches.update(after.fabric.switches)
            self.networks.update(before.intent.networks, after.intent.networks)
            return
        for network in before.intent.networks.keys() | after.intent.networks.keys():
            if before.intent.networks.get(network) != after.intent.networks.get(
                network
            ) or before.index.ports_by_network.get(network) != after.index.ports_by_network.get(network):
                self.networks.add(network)
        for name in after.fabric.switches:
            if before.index.ports_by_switch.get(name) != after.index.ports_by_switch.get(name):
                self.switches.add(name)
