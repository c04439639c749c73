"""Who should reach whom, from what is asked for and what is there: plain sets and a search, nothing of the product.

Two places reach each other when they are in one network, both plugged in where their ports say, and on one switch; or
the network is an overlay, whose tunnels need uplinks only; or links that are up lead from switch to switch.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from soak_fabric import HYPERVISORS
from soak_intent import Net, Place, Wish
from soak_world import World

Reach: TypeAlias = Mapping[Place, frozenset[Place]]
"""Whom a frame of each place can reach, itself left out."""


def reach(wish: Wish, world: World) -> Reach:
    """What has to be, once everything has settled. A place that takes part in nothing is there, with nobody."""
    members = _members(wish, world)
    tunnels = [tuple(HYPERVISORS)] if all(map(world.has_tunnels, HYPERVISORS)) else []
    islands = {True: _islands(world, tunnels), False: _islands(world, world.links_up())}
    found: dict[Place, frozenset[Place]] = {}
    for here, (net, switch) in members.items():
        found[here] = frozenset(
            there
            for there, (other, at) in members.items()
            if there != here
            and other is net
            and (at == switch or islands[net.needs_endpoints][at] == islands[net.needs_endpoints][switch])
        )
    for guest in world.guests.values():
        if world.is_plugged(guest) and not any(place.guest == guest.name for place in found):
            found[Place(guest.name, None)] = frozenset()
    return found


def steadfast(wish: Wish, world: World, before: Reach) -> Reach:
    """What was in reach before and has to be at any time: what needs one switch only, and nobody touched."""
    members = {
        place: switch
        for place, (_, switch) in _members(wish, world).items()
        if not {place.guest, switch} & world.touched
    }
    return {
        here: frozenset(there for there in others & before[here] if members.get(there) == members[here])
        for here, others in reach(wish, world).items()
        if here in members and here in before
    }


def _members(wish: Wish, world: World) -> dict[Place, tuple[Net, str]]:
    """Places that take part in their network, each with the switch that it is on."""
    return {
        Place(port.guest, tag): (net, port.slot.node)
        for port in wish.ports.values()
        for tag, net in port.nets.items()
        if world.guests[port.guest].slot == port.slot and world.is_plugged(world.guests[port.guest])
    }


def _islands(world: World, links: Iterable[tuple[str, ...]]) -> dict[str, str]:
    """For each running switch the name of one that stands for all that these links lead to."""
    island = {name: name for name in world.live}
    for a, b in links:
        if {a, b} & world.dead:
            continue
        joined, into = island[a], island[b]
        island = {name: into if at == joined else at for name, at in island.items()}
    return island
