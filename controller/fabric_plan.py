"""What a switch has of the ways through the fabric: next hops towards goals, detours, and branches of trees.

All of it is looked up for a whole switch at once, with its interfaces' numbers at hand: a fabric of a hundred switches
asks for some ten thousand of them when a link has changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from apps.labels import label_of
from apps.units import DetourHop, NextHop
from controller.fabric.trees import Trees, branches
from controller.situation import Situation


def next_hops(situation: Situation, switch: str) -> Iterator[NextHop]:
    """To all goals, once there were links: a group stays while its switch cannot be reached, as flows use it."""
    if not situation.routes.had_links:
        return
    interfaces, names = _interfaces(situation, switch), situation.index.switch_numbers
    protection = situation.protection
    for goal, hops in situation.routes.told.items():
        number = names.get(goal.switch)
        if goal.switch == switch or number is None:
            continue
        ways: tuple[int, ...] = ()
        aside = None
        if hop := hops.get(switch):
            ends = (hop.exit, *hop.spares) if hop.spares else (hop.exit,)
            ways = tuple([interfaces[end.interface] for end in ends if end.interface in interfaces])
            if goal.switch in protection.armed and (other := protection.laid[goal.switch].around(switch, hop.switch)):
                colour, detour = other
                interface = interfaces.get(detour.exit.interface)
                aside = (colour, interface) if interface is not None else None
        yield NextHop(label_of(number, goal.plane), goal.switch, ways, aside)


def detour_hops(situation: Situation, switch: str) -> Iterator[DetourHop]:
    """Where frames go on from here that were turned aside somewhere."""
    if not situation.routes.had_links:
        return
    interfaces, names = _interfaces(situation, switch), situation.index.switch_numbers
    for destination, detours in situation.protection.laid.items():
        number = names.get(destination)
        for colour, hops in detours.hops.items():
            interface = interfaces.get(hops[switch].exit.interface) if switch in hops else None
            if number is not None and interface is not None:
                yield DetourHop(number, destination, colour, interface)


def tree_branches(situation: Situation, switch: str) -> tuple[tuple[tuple[int, ...], ...], ...]:
    """For each mark and tree the interfaces towards members of networks that flood along it."""
    whereabouts = situation.whereabouts
    if not situation.routes.had_links or not whereabouts.goals():
        return ()
    interfaces = _interfaces(situation, switch)

    def here(trees: Trees) -> Iterator[tuple[int, ...]]:
        for number, tree in enumerate(trees):
            ends = branches(tree, whereabouts.members_of(number)).get(switch, ())
            yield tuple(interfaces[end.interface] for end in ends if end.interface in interfaces)

    return tuple(tuple(here(trees)) for trees in situation.floods.trees)


def _interfaces(situation: Situation, switch: str) -> Mapping[str, int]:
    return {name: one.number for name, one in situation.fabric.switches[switch].interfaces.items()}
