"""Looks up everything that a unit of compilation needs: from a situation to the units that apps are given.

What a switch has regardless of networks is here, of ways through the fabric in `controller.fabric_plan`; networks are
planned as a whole (`controller.network_plan`), those on VLANs in `controller.vlan_plan`, overlays in
`controller.overlay_plan`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from apps.units import NetworkUnit, SwitchUnit, TreeUnit
from controller.fabric.model import End, Link, SwitchView
from controller.fabric.trees import tree_number
from controller.fabric.whereabouts import Whereabouts
from controller.fabric_plan import detour_hops, next_hops, tree_branches
from controller.intent.model import IpAddress, Segment, SegmentKey, Switch
from controller.network_plan import ANNOUNCEMENTS, PROBES, UNDERLAY, NetworkPlan, is_one_family
from controller.overlay_plan import overlay_units
from controller.situation import Situation
from controller.vlan_plan import aim_of, vlan_units


def switch_unit(situation: Situation, name: str) -> SwitchUnit:
    """What switch `name` has regardless of its networks."""
    switch = situation.intent.fabric.switches[name]
    view = situation.fabric.switches[name]
    trunks = (
        (number, port.id)
        for interface, port in sorted(situation.index.trunks_by_switch.get(name, {}).items())
        if (number := view.number(interface)) is not None
    )
    tunnels = tuple(
        (encapsulation, number)
        for encapsulation, interface in sorted(switch.tunnels.items())
        if (number := view.number(interface)) is not None
    )
    return SwitchUnit(
        switch=name,
        links=tuple(sorted(_numbers(view, situation.fabric.links))),
        barred=tuple(sorted(_numbers(view, situation.barred))),
        trunks=tuple(trunks),
        tunnels=tunnels,
        peers=_peers(situation, switch),
        next_hops=tuple(next_hops(situation, name)),
        detours=tuple(detour_hops(situation, name)),
        announcements=ANNOUNCEMENTS if view.has_meters else None,
        probes=PROBES if view.has_meters else None,
        underlay=UNDERLAY if view.has_meters else None,
        unheard=tuple(sorted(_unheard(situation, view))),
    )


def tree_unit(situation: Situation, name: str) -> TreeUnit:
    """Along which links switch `name` floods."""
    return TreeUnit(name, tree_branches(situation, name), situation.floods.entry)


def aim(situation: Situation, network: str) -> None:
    """Note where a VLAN network and its addresses are to be, before units are looked up."""
    both = [keys for keys in (situation.keys, situation.second_keys) if _is_vlan(keys.get(network))]
    plans = [plan for keys in both if (plan := _plan(replace(situation, keys=keys), network))]
    trees = frozenset(tree_number(plan.segment) for plan in plans)
    situation.whereabouts.span(network, trees, frozenset(plans[0].members) if plans else frozenset())
    if plans and plans[0].segment == situation.keys.get(network):
        situation.whereabouts.aim(network, plans[0].segment, *aim_of(plans[0]))
    else:
        situation.whereabouts.forget(network)


def network_units(situation: Situation, network: str) -> dict[str, NetworkUnit]:
    """The network on each switch that it concerns and that was seen; empty while it has no key."""
    plan = _plan(situation, network)
    if plan is None:
        return {}
    return vlan_units(plan) if plan.segment.segment is Segment.VLAN else overlay_units(plan)


def _is_vlan(key: SegmentKey | None) -> bool:
    return key is not None and key.segment is Segment.VLAN


def _plan(situation: Situation, network: str) -> NetworkPlan | None:
    segment = situation.keys.get(network)
    if segment is None or network not in situation.intent.networks:
        return None
    return NetworkPlan(situation, network, segment)


def second_units(situation: Situation, network: str) -> dict[str, NetworkUnit]:
    """What the network has beside, while it moves from one key to another: all but the entry of its own ports."""
    keys = situation.second_keys
    moved = network_units(replace(situation, keys=keys, whereabouts=Whereabouts()), network) if network in keys else {}
    return {name: replace(unit, enters=False) for name, unit in moved.items()}


def _numbers(view: SwitchView, links: frozenset[Link]) -> Iterator[int]:
    """Its interfaces that are ends of these links."""
    for end in _ends_by_switch(links).get(view.name, ()):
        if (number := view.number(end.interface)) is not None:
            yield number


@lru_cache(maxsize=4)
def _ends_by_switch(links: frozenset[Link]) -> dict[str, list[End]]:
    """Once for all switches, as there are thousands of links."""
    found: dict[str, list[End]] = {}
    for link in links:
        for end in (link.a, link.b):
            found.setdefault(end.switch, []).append(end)
    return found


def _unheard(situation: Situation, view: SwitchView) -> Iterator[int]:
    for end in situation.unheard:
        if end.switch == view.name and (number := view.number(end.interface)) is not None:
            yield number


def _peers(situation: Situation, switch: Switch) -> tuple[IpAddress, ...]:
    """Endpoints of the other switches, as far as this one can speak to them: of its address family."""
    if switch.endpoint is None:
        return ()
    others = [
        other.endpoint
        for other in situation.intent.fabric.switches.values()
        if other.endpoint and other.endpoint != switch.endpoint and is_one_family(switch, other.endpoint)
    ]
    return tuple(sorted(others, key=int))
