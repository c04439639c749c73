"""A VLAN network on its members; what lies between them knows switches and trees, and nothing of networks.

What a member knows of addresses elsewhere follows from what others were told (`controller.fabric.whereabouts`). Where
nothing is said about a network, everything is where it should be.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from apps.labels import half, label_of
from apps.units import NetworkUnit, RemoteAddress
from controller.fabric.paths import PLANES
from controller.fabric.whereabouts import Directory, Home
from controller.network_plan import NetworkPlan


def aim_of(plan: NetworkPlan) -> tuple[Mapping[int, Home], frozenset[str]]:
    """Where each address of the network is, and which switches have a port of it.

    Of addresses on one switch that a label cannot tell apart only the lowest is known elsewhere; others are flooded to.
    """
    addresses = (
        (address.mac, Home(switch, port.id))
        for switch, ports in plan.members.items()
        for port, _ in ports
        for address in plan.addresses(port)
    )
    homes: dict[int, Home] = {}
    taken: set[tuple[str, int]] = set()
    for mac, home in sorted(addresses, key=lambda one: one[0]):
        if (home.switch, half(mac)) not in taken:
            taken.add((home.switch, half(mac)))
            homes[mac] = home
    return homes, frozenset(plan.members)


def vlan_units(plan: NetworkPlan) -> dict[str, NetworkUnit]:
    """The network on each switch that has a port of it."""
    directory = plan.situation.whereabouts.by_network.get(plan.network) or Directory(plan.segment, *aim_of(plan))
    is_spread = len(plan.members) > 1 and plan.situation.routes.had_links
    numbers = plan.situation.index.switch_numbers
    units = {}
    for name in sorted(plan.members):
        view = plan.view(name)
        if view is not None:
            past = _past(directory, name) if is_spread else ()
            units[name] = NetworkUnit(
                switch=name,
                network=plan.network,
                segment=plan.segment,
                age=plan.age,
                local=tuple(plan.local_ports(view, past)),
                blocked=tuple(plan.blocked_ports(view, past)),
                remote=tuple(_remote(plan, directory, name)) if is_spread else (),
                label=label_of(numbers[name], plan.segment.key % PLANES) if is_spread else None,
                passes_lldp=plan.passes_lldp,
            )
    return units


def _remote(plan: NetworkPlan, directory: Directory, switch: str) -> Iterator[RemoteAddress]:
    numbers, plane = plan.situation.index.switch_numbers, plan.segment.key % PLANES
    for mac, home in sorted(directory.told.items()):
        if home.switch != switch and home.switch in numbers:
            yield RemoteAddress(mac, home.port, label=label_of(numbers[home.switch], plane))


def _past(directory: Directory, switch: str) -> tuple[tuple[str, int], ...]:
    """(port id, MAC) of what was on a switch."""
    return tuple((home.port, mac) for (mac, _), home in sorted(directory.past.items()) if home.switch == switch)
