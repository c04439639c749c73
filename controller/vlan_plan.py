"""A VLAN network on its members and on the switches that their frames cross.

What stands on a switch follows from where addresses are and who knows them at this moment
(`controller.fabric.spreading`). Where nothing is said about a network, everything is where it should be.
"""

from __future__ import annotations

from collections.abc import Mapping

from apps.units import NetworkUnit, RemoteAddress
from controller.fabric.spreading import Home, Spread, Switches
from controller.fabric.trees import branches, tree_number
from controller.network_plan import NetworkPlan


def aim_of(plan: NetworkPlan) -> tuple[Mapping[int, Home], Mapping[str, Switches]]:
    """Where each address of the network should be, and for each member who should know the addresses there."""
    homes = {
        address.mac: Home(switch, port.id)
        for switch, ports in plan.members.items()
        for port, _ in ports
        for address in plan.addresses(port)
    }
    return homes, plan.situation.routes.carriers(frozenset(plan.members))


def vlan_units(plan: NetworkPlan) -> dict[str, NetworkUnit]:
    """The network on each switch that it concerns."""
    spread = plan.situation.spreading.by_network.get(plan.network) or Spread(plan.segment, *aim_of(plan))
    remote, leaving = _known(plan, spread)
    members = frozenset(plan.members)
    carriers = {switch for those in spread.carriers.values() for switch in those}
    tree = branches(plan.situation.trees[tree_number(plan.network)], members)
    units = {}
    for name in sorted(members | carriers | remote.keys() | tree.keys()):
        view = plan.view(name)
        if view is not None:
            ends = [view.number(end.interface) for end in tree.get(name, ())]
            units[name] = NetworkUnit(
                switch=name,
                network=plan.network,
                segment=plan.segment,
                age=plan.age,
                local=tuple(plan.local_ports(view, leaving.get(name, ()))),
                blocked=tuple(plan.blocked_ports(view, leaving.get(name, ()))),
                remote=tuple(remote.get(name, ())),
                branches=tuple(number for number in ends if number is not None),
            )
    return units


def _known(
    plan: NetworkPlan, spread: Spread
) -> tuple[dict[str, list[RemoteAddress]], dict[str, list[tuple[str, int]]]]:
    """For each switch the addresses elsewhere that it knows; and those that leave it, as (port id, MAC)."""
    remote: dict[str, list[RemoteAddress]] = {}
    leaving: dict[str, list[tuple[str, int]]] = {}
    attached = {(switch, port.id) for switch, ports in plan.members.items() for port, _ in ports}
    for mac, home in sorted(spread.homes.items()):
        wanted = spread.wanted.get(mac)
        group = plan.situation.index.group_numbers.get(home.switch)
        if group is not None:
            for switch in spread.knowing(mac):
                if wanted is None or switch != wanted.switch:
                    remote.setdefault(switch, []).append(RemoteAddress(mac, home.port, group=group))
        if not spread.is_leaving(mac):
            continue
        if wanted is None and (home.switch, home.port) in attached:
            leaving.setdefault(home.switch, []).append((home.port, mac))
        else:
            remote.setdefault(home.switch, []).append(RemoteAddress(mac, home.port))
    return remote, leaving
