"""Whose tunnel endpoints have to reach each other: those of switches that share a network, by its encapsulation.

Pairs that share none may be kept apart by the underlay, and nobody is told of them. With hundreds of switches there are
ten thousands of pairs, and as many networks, so sets of switches are the bits of integers, and a plan is made a little
at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import blake2b

from controller.fabric.reachability import Goal
from controller.intent.model import Segment
from controller.situation import Situation

AT_ONCE = 100
"""Networks that are looked at in one step."""
MEMBERS_AT_ONCE = 10
"""Switches whose neighbours are listed in one step."""


@dataclass(frozen=True, slots=True)
class UnderlayPlan:
    """Who has to reach whom."""

    near: dict[Goal, tuple[str, ...]] = field(default_factory=dict)
    """For each endpoint and encapsulation the switches that share a network with it.

    They come in an order that is the same as long as the switches are, differs from endpoint to endpoint, and spreads
    evenly: each switch is among the first few of about as many endpoints as any other.
    """
    places: dict[str, int] = field(default_factory=dict)
    masks: dict[Goal, int] = field(default_factory=dict)
    """The same as `near`, for who asks of a single pair: bits, by the places of switches."""

    def is_near(self, goal: Goal, switch: str) -> bool:
        """Whether a switch shares a network with an endpoint."""
        place = self.places.get(switch)
        return place is not None and bool(self.masks.get(goal, 0) >> place & 1)


def plan_underlay(situation: Situation) -> Iterator[UnderlayPlan | None]:
    """Make a plan, in steps of a millisecond or so; the last one yields it, all others None."""
    switches = situation.intent.fabric.switches
    # Neighbours in the order of names often share a rack, and fail together.
    names = sorted((name for name in switches if switches[name].endpoint), key=_scattered)
    place = {name: number for number, name in enumerate(names)}
    masks: dict[Segment, list[int]] = {}
    for number, network in enumerate([*situation.keys, *situation.second_keys], 1):
        for segment in _encapsulations(situation, network):
            ports = situation.index.ports_by_network.get(network, ())
            members = {place[switch] for port, _ in ports for switch, _ in port.places if switch in place}
            mask = sum(1 << member for member in members)
            near = masks.setdefault(segment, [0] * len(names))
            for member in members:
                near[member] |= mask
        if number % AT_ONCE == 0:
            yield None
    versions = [endpoint.version if (endpoint := switches[name].endpoint) else 0 for name in names]
    found: dict[Goal, tuple[str, ...]] = {}
    seen: dict[Goal, int] = {}
    for segment, near in masks.items():
        able = [bool(switches[name].tunnels.get(segment)) for name in names]
        for member, mask in enumerate(near):
            others = [(member + step) % len(names) for step in range(1, len(names))]
            chosen = [
                names[other]
                for other in others
                if mask >> other & 1 and able[other] and versions[other] == versions[member]
            ]
            if chosen and able[member]:
                goal = Goal(names[member], segment)
                found[goal] = tuple(chosen)
                seen[goal] = sum(1 << place[name] for name in chosen)
            if member % MEMBERS_AT_ONCE == 0:
                yield None
    yield UnderlayPlan(found, place, seen)


def networks_between(situation: Situation, one: str, other: str, segment: Segment) -> list[str]:
    """Ids of the networks by which two switches need a path of an encapsulation."""
    ports = situation.index.ports_by_switch
    here, there = (
        {network for port in ports.get(name, {}).values() for network in port.networks} for name in (one, other)
    )
    return sorted(network for network in here & there if segment in _encapsulations(situation, network))


def _encapsulations(situation: Situation, network: str) -> set[Segment]:
    keys = (situation.keys.get(network), situation.second_keys.get(network))
    return {key.segment for key in keys if key and key.is_tunnel}


def _scattered(name: str) -> bytes:
    return blake2b(name.encode(), digest_size=8).digest()
