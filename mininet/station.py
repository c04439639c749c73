"""A station: one interface of a guest or outside endpoint, with the one network that it is in.

An access guest is one station, named as the guest; a trunk guest is one for each tag, named `guest.tag`. Stations are
what reaches each other: any two on one network.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import outside_vtep
from controller.intent.lab_model import IpInterface
from controller.intent.model import Intent
from guest import DEVICE, Guest
from outside_vtep import OutsideVtep


@dataclass(frozen=True, slots=True)
class Station:
    """Where something is attached to a network, and how to get there."""

    name: str
    network: str
    """Network id."""
    addresses: tuple[IpInterface, ...]
    interface: str
    """Name of the interface inside the guest."""
    namespace: int
    """Id of a process in the guest's network namespace."""


def stations_of(intent: Intent, nodes: Iterable[Guest | OutsideVtep]) -> dict[str, Station]:
    """The stations of these nodes, by name."""
    found: list[Station] = []
    for node in nodes:
        pid = node.namespace
        if isinstance(node, OutsideVtep):
            network = str(intent.ports[node.vtep.port].network)
            found.append(Station(node.name, network, (node.vtep.inner,), outside_vtep.DEVICE, pid))
            continue
        port = intent.ports[node.guest.port]
        if port.network:
            found.append(Station(node.name, port.network, node.guest.addresses, DEVICE, pid))
        for tag, network in port.trunk:
            if tag in node.guest.vlans:
                name, device = f"{node.name}.{tag}", f"{DEVICE}.{tag}"
                found.append(Station(name, network, node.guest.vlans[tag], device, pid))
    return {station.name: station for station in found}
