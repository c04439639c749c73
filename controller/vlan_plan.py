"""A VLAN network on its members; what lies between them knows switches and trees, and nothing of networks.

What a member knows of addresses elsewhere follows from what others were told (`controller.fabric.whereabouts`). Where
nothing is said about a network, everything is where it should be.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from apps.labels import half, label_of
from apps.units import NetworkUnit, RemoteAddress, Twin
from controller.fabric.paths import PLANES
from controller.fabric.whereabouts import Directory, Home
from controller.network_plan import NetworkPlan


def aim_of(plan: NetworkPlan) -> tuple[Mapping[int, Home], frozenset[str]]:
    """Where each address of the network is, and which switches have a port of it.

    Of addresses on one switch that a label cannot tell apart only the lowest is known elsewhere; others are flooded to.
    """
    addresses = ((one.mac, home) for home in plan.homes.values() for one in plan.addresses(home.port))
    homes: dict[int, Home] = {}
    taken: set[tuple[str, int]] = set()
    for mac, home in sorted(addresses, key=lambda one: one[0]):
        told = [switch for switch in home.switches if (switch, half(mac)) not in taken]
        taken.update((switch, half(mac)) for switch in told)
        if home.switches[0] in told:
            homes[mac] = Home(home.switches[0], home.port.id, told[1] if len(told) > 1 else None)
    return homes, frozenset(plan.members)


def vlan_units(plan: NetworkPlan) -> dict[str, NetworkUnit]:
    """The network on each switch that has a port of it."""
    directory = plan.situation.whereabouts.by_network.get(plan.network) or Directory(plan.segment, *aim_of(plan))
    is_spread = len(plan.members) > 1 and plan.situation.routes.had_links
    label = partial(_label, plan)

    def twin_of(name: str, _home: object, mac: int) -> Twin | None:
        there = directory.told.get(mac) if is_spread else None
        others = [switch for switch in there.switches if switch != name] if there and name in there.switches else []
        return Twin(label=label(others[0])) if others else None

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
                local=tuple(plan.local_ports(view, twin_of, past)),
                blocked=tuple(plan.blocked_ports(view, twin_of, past)),
                remote=tuple(_remote(plan, directory, name)) if is_spread else (),
                label=label(name) if is_spread else None,
                passes_lldp=plan.passes_lldp,
            )
    return units


def _remote(plan: NetworkPlan, directory: Directory, switch: str) -> Iterator[RemoteAddress]:
    numbers = plan.situation.index.switch_numbers
    for mac, home in sorted(directory.told.items()):
        if switch not in home.switches and home.switch in numbers:
            twin = Twin(label=_label(plan, home.standby)) if home.standby in numbers and home.standby else None
            yield RemoteAddress(mac, home.port, label=_label(plan, home.switch), twin=twin)


def _label(plan: NetworkPlan, switch: str) -> int:
    return label_of(plan.situation.index.switch_numbers[switch], plan.segment.key % PLANES)


def _past(directory: Directory, switch: str) -> tuple[tuple[str, int], ...]:
    """(port id, MAC) of what was on a switch."""
    return tuple((home.port, mac) for (mac, _), home in sorted(directory.past.items()) if home.switch == switch)
