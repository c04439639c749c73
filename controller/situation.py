"""What compilation reads: an intent made easy to look up, and what is there now.

`IntentIndex` holds what follows from intent alone. It is edited in place, at the cost of what an edit touches; made for
a whole intent it is the edit from nothing. `Situation` adds keys, fabric, routes, trees and learned addresses; the
daemon's core makes a new one whenever fabric, routes, detours or trees change.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from controller.dataplane.fields import mac_number
from controller.fabric.addresses import Addresses
from controller.fabric.model import End, Fabric, Link
from controller.fabric.outside_loops import Attachment
from controller.fabric.paths import SWITCH_NUMBERS
from controller.fabric.protection import Protection
from controller.fabric.reachability import Goal
from controller.fabric.routes import Routes
from controller.fabric.transition import Floods
from controller.fabric.whereabouts import Whereabouts
from controller.intent import model
from controller.intent.edit import IntentEdit, difference
from controller.intent.model import Intent, Port, SegmentKey


class IntentIndex:
    """What follows from intent alone, ready to look up."""

    def __init__(self, intent: Intent) -> None:
        self.intent = Intent()
        """The intent that the index is about."""
        self.names: Mapping[int, str] = {}
        """Name of each switch by its dpid."""
        self.switch_numbers: Mapping[str, int] = {}
        """By which frames and groups name each switch: from its dpid, so that it stays whatever else changes."""
        self.ports_by_network: dict[str, tuple[tuple[Port, int | None], ...]] = {}
        """Ports of each network by its id, each with the tag it uses towards the guest, ordered by port id."""
        self.ports_by_switch: dict[str, dict[str, Port]] = {}
        """Ports on each switch by the interface that they use, or stand by at."""
        self.trunks_by_switch: dict[str, dict[str, Port]] = {}
        """Trunk ports on each switch, likewise."""
        self.ports_by_iface_id: dict[str, str] = {}
        """Ids of the ports that name their interface by an id, by that id."""
        self.standing_by: dict[str, str] = {}
        """Ids of the ports whose guests may be migrating, and the switches where they stand by."""
        self.given_addresses: dict[str, frozenset[int]] = {}
        """MACs that intent gives in each network."""
        self.learning_ports: dict[str, frozenset[str]] = {}
        """Ids of the ports of each network whose MAC is not given."""
        self.edit(difference(self.intent, intent))

    def edit(self, edit: IntentEdit) -> None:
        """Be about `edit.after`, where it was about `edit.before`."""
        self.intent = edit.after
        if edit.fabric:
            self.names = {switch.dpid: name for name, switch in edit.after.fabric.switches.items()}
            self.switch_numbers = _switch_numbers(edit.after.fabric)
        for port in edit.old_ports():
            for places in (self.ports_by_switch, self.trunks_by_switch):
                _unplace(places, port)
            if port.iface_id:
                self.ports_by_iface_id.pop(port.iface_id, None)
                self.standing_by.pop(port.id, None)
        for port in edit.new_ports():
            _place(self.ports_by_switch, port)
            if port.trunk:
                _place(self.trunks_by_switch, port)
            if port.iface_id:
                self.ports_by_iface_id[port.iface_id] = port.id
            if port.standby:
                self.standing_by[port.id] = port.standby[0]
        self._edit_networks(edit)

    def is_reserved(self, switch: str, interface: str) -> bool:
        """Whether an interface is a tenant's or a tunnel, and so never the end of a link."""
        known = self.intent.fabric.switches.get(switch)
        return interface in self.ports_by_switch.get(switch, {}) or (
            known is not None and interface in known.tunnels.values()
        )

    def _edit_networks(self, edit: IntentEdit) -> None:
        came: dict[str, list[tuple[Port, int | None]]] = {
            network: [] for port in edit.old_ports() for network in port.networks
        }
        for port in edit.new_ports():
            if port.network:
                came.setdefault(port.network, []).append((port, None))
            for tag, network in port.trunk:
                came.setdefault(network, []).append((port, tag))
        for network, ports in came.items():
            stay = (pair for pair in self.ports_by_network.get(network, ()) if pair[0].id not in edit.ports)
            self._put_ports(network, [*stay, *ports])

    def _put_ports(self, network: str, ports: Iterable[tuple[Port, int | None]]) -> None:
        ordered = tuple(sorted(ports, key=lambda pair: pair[0].id))
        if ordered:
            self.ports_by_network[network] = ordered
            self.given_addresses[network] = frozenset(mac_number(port.mac) for port, _ in ordered if port.mac)
            self.learning_ports[network] = frozenset(port.id for port, _ in ordered if not port.mac)
        else:
            for known in (self.ports_by_network, self.given_addresses, self.learning_ports):
                known.pop(network, None)


def _place(places: dict[str, dict[str, Port]], port: Port) -> None:
    for switch, interface in port.places:
        places.setdefault(switch, {})[interface] = port


def _unplace(places: dict[str, dict[str, Port]], port: Port) -> None:
    for switch, interface in port.places:
        there = places.get(switch, {})
        there.pop(interface, None)
        if not there:
            places.pop(switch, None)


def _switch_numbers(fabric: model.Fabric) -> dict[str, int]:
    numbers: dict[str, int] = {}
    taken: set[int] = set()
    for switch in sorted(fabric.switches.values(), key=lambda switch: switch.dpid):
        number = (switch.dpid * 0x9E3779B97F4A7C15 >> 16) % SWITCH_NUMBERS
        while number in taken:
            number = (number + 1) % SWITCH_NUMBERS
        taken.add(number)
        numbers[switch.name] = number
    return numbers


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
    protection: Protection = field(default_factory=Protection)
    floods: Floods = field(default_factory=Floods)
    barred: frozenset[Link] = frozenset()
    """Links out of which no flooded frames are taken."""
    addresses: Addresses = field(default_factory=lambda: Addresses(limit=0))
    whereabouts: Whereabouts = field(default_factory=Whereabouts)
    """Where addresses of VLAN networks are as far as switches were told; nothing of a network means: as they should."""
    blocked: Collection[Attachment] = frozenset()
    """Ports on networks that are looped outside of us."""
    unheard: Collection[End] = frozenset()
    """Interfaces whose probes are not taken, as there were too many."""

    unreached: Collection[Goal] = frozenset()
    """Tunnel endpoints that are out of reach, by encapsulation; nobody floods to them."""

    @property
    def intent(self) -> Intent:
        """The intent that the index is about."""
        return self.index.intent
