"""What a soak does, one operation at a time, each drawn at random among those that are possible now.

An `Operation` looks at the site and proposes a `Step`, or None when there is nothing for it to do. Everything random is
drawn in the proposal, from what is asked for and what is there, never from what was measured: with one seed all runs
do the same.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from random import Random
from typing import TypeAlias

from soak_site import Site


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do, ready to be done."""

    text: str
    """For the record: `move blue1 to hv2:hv2-p3`."""
    act: Callable[[], None]


HEALING = 0.3
"""How likely the next step brings back what is away, if anything is."""

Proposal: TypeAlias = Callable[[Site, Random], Step | None]


@dataclass(frozen=True, slots=True)
class Operation:
    """One kind of step."""

    name: str
    weight: int
    propose: Proposal
    needs_daemon: bool = False
    """Whether it makes sense only while the daemon runs."""
    heals: bool = False
    """Whether it brings back a daemon or switch that is away."""


def draw(operations: Collection[Operation], site: Site, random: Random) -> tuple[str, Step]:
    """One step that is possible now, and the name of its operation."""
    is_time_to_heal = not site.world.is_whole and random.random() < HEALING
    candidates = [one for one in operations if one.heals] if is_time_to_heal else list(operations)
    while True:
        chosen = random.choices(candidates, [one.weight for one in candidates])[0]
        if step := _propose(chosen, site, random):
            return chosen.name, step


def draw_of_each(operations: Collection[Operation], site: Site, random: Random) -> Iterator[tuple[str, Step]]:
    """Steps until there was one of every operation, in random order, as far as they are possible."""
    left = list(operations)
    random.shuffle(left)
    while left:
        possible = ((one.name, step) for one in left if (step := _propose(one, site, random)))
        found = next(possible, None) if site.world.is_whole or random.random() > HEALING else None
        name, step = found or draw(operations, site, random)
        left = [one for one in left if one.name != name]
        yield name, step


def _propose(operation: Operation, site: Site, random: Random) -> Step | None:
    if operation.needs_daemon and not site.world.daemon_runs:
        return None
    return operation.propose(site, random)
