"""Which tunnel interfaces networks need, and switches do not have."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product

from controller.situation import Situation


def networks_on(situation: Situation, switch: str) -> set[str]:
    """Ids of the networks that have a port on a switch."""
    return {network for port in situation.index.ports_by_switch.get(switch, {}).values() for network in port.networks}


def missing_tunnels(situation: Situation, networks: Iterable[str]) -> list[tuple[str, str, str]]:
    """(switch, encapsulation, interface) that these networks need on switches which were seen, and are not there."""
    missing = set()
    for network in networks:
        keys = (situation.keys.get(network), situation.second_keys.get(network))
        tunnels = [key for key in keys if key and key.is_tunnel]
        ports = situation.index.ports_by_network.get(network, ())
        for key, (port, _) in product(tunnels, ports):
            view = situation.fabric.switches.get(port.switch or "")
            # Hosts that join by themselves are given them.
            if view and not situation.intent.fabric.switches[view.name].host:
                interface = situation.intent.fabric.switches[view.name].tunnels.get(key.segment)
                if interface and view.number(interface) is None:
                    missing.add((view.name, key.segment.value, interface))
    return sorted(missing)
