"""What compilation reads: an intent made easy to look up, and what is there now.

`IntentIndex` holds what follows from intent alone and is made once for each. `Situation` adds keys, fabric, routes,
trees and learned addresses; the daemon's core makes a new one whenever one of them changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from controller.dataplane.fields import mac_number
from controller.dataplane.flow import OUR_GROUPS
from controller.fabric.addresses import Addresses
from controller.fabric.model import Fabric
from controller.fabric.routes import Routes
from controller.fabric.spreading import Spreading
from controller.fabric.trees import NO_TREES, Trees
from controller.intent.model import Intent, Port, SegmentKey


@dataclass(frozen=True)
class IntentIndex:
    """What follows from intent alone, ready to look up."""

    intent: Intent

    @cached_property
    def names(self) -> Mapping[int, str]:
        """Name of each switch by its dpid."""
        return {switch.dpid: name for name, switch in self.intent.fabric.switches.items()}

    @cached_property
    def ports_by_network(self) -> Mapping[str, tuple[tuple[Port, int | None], ...]]:
        """Ports of each network by its id, each with the tag it uses towards the guest, ordered by port id."""
        found: dict[str, list[tuple[Port, int | None]]] = {}
        for _, port in sorted(self.intent.ports.items()):
            if port.network:
                found.setdefault(port.network, []).append((port, None))
            for tag, network in port.trunk:
                found.setdefault(network, []).append((port, tag))
        return {network: tuple(ports) for network, ports in found.items()}

    @cached_property
    def ports_by_switch(self) -> Mapping[str, Mapping[str, Port]]:
        """Ports on each switch by the interface that they use."""
        found: dict[str, dict[str, Port]] = {}
        for port in self.intent.ports.values():
            if port.switch and port.interface:
                found.setdefault(port.switch, {})[port.interface] = port
        return found

    @cached_property
    def given_addresses(self) -> Mapping[str, frozenset[int]]:
        """MACs that intent gives in each network."""
        return {
            network: frozenset(mac_number(port.mac) for port, _ in ports if port.mac)
            for network, ports in self.ports_by_network.items()
        }

    @cached_property
    def learning_ports(self) -> Mapping[str, frozenset[str]]:
        """Ids of the ports of each network whose MAC is not given."""
        return {
            network: frozenset(port.id for port, _ in ports if not port.mac)
            for network, ports in self.ports_by_network.items()
        }

    @cached_property
    def group_numbers(self) -> Mapping[str, int]:
        """Number of the next-hop group towards each switch: from its dpid, so that it stays whatever else changes."""
        numbers: dict[str, int] = {}
        taken: set[int] = set()
        for switch in sorted(self.intent.fabric.switches.values(), key=lambda switch: switch.dpid):
            number = (switch.dpid * 0x9E3779B97F4A7C15 >> 16) % len(OUR_GROUPS)
            while number in taken:
                number = (number + 1) % len(OUR_GROUPS)
            taken.add(number)
            numbers[switch.name] = OUR_GROUPS[number]
        return numbers

    def is_reserved(self, switch: str, interface: str) -> bool:
        """Whether an interface is a tenant's or a tunnel, and so never the end of a link."""
        known = self.intent.fabric.switches.get(switch)
        return interface in self.ports_by_switch.get(switch, {}) or (
            known is not None and interface in known.tunnels.values()
        )


@dataclass(frozen=True)
class Situation:
    """Everything that compilation reads."""

    index: IntentIndex = field(default_factory=lambda: IntentIndex(Intent()))
    keys: Mapping[str, SegmentKey] = field(default_factory=dict)
    """By which frames of a network's ports go."""
    second_keys: Mapping[str, SegmentKey] = field(default_factory=dict)
    """By which frames of a network may arrive, too: it moves from the one to the other."""
    fabric: Fabric = field(default_factory=Fabric)
    routes: Routes = field(default_factory=Routes)
    trees: Trees = NO_TREES
    addresses: Addresses = field(default_factory=lambda: Addresses(limit=0))
    spreading: Spreading = field(default_factory=Spreading)
    """Where addresses of VLAN networks are as far as switches were told; nothing of a network means: as they should."""

    @property
    def intent(self) -> Intent:
        """The intent that the index is about."""
        return self.index.intent
