"""How one program differs from another, for people: what comes, what goes, and what is another at the same place.

A flow's place is its table, priority and match, of which a program has one each; a group's and a meter's is its number.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from controller.dataplane.flow import Flow, Group, Meter, Program

_Place = TypeVar("_Place", bound=Hashable)
_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class Differing(Generic[_Item]):
    """Where two sets of flows, groups or meters differ."""

    added: tuple[_Item, ...] = ()
    removed: tuple[_Item, ...] = ()
    changed: tuple[tuple[_Item, _Item], ...] = ()
    """Before and after."""

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


@dataclass(frozen=True, slots=True)
class ProgramEdit:
    """Where two programs differ."""

    flows: Differing[Flow] = field(default_factory=Differing)
    groups: Differing[Group] = field(default_factory=Differing)
    meters: Differing[Meter] = field(default_factory=Differing)

    def __bool__(self) -> bool:
        return bool(self.flows or self.groups or self.meters)


def program_edit(before: Program, after: Program) -> ProgramEdit:
    """How `after` differs from `before`."""
    lost = (flow for cookie, flow in before.flows.items() if cookie not in after.flows)
    come = (flow for cookie, flow in after.flows.items() if cookie not in before.flows)
    return ProgramEdit(
        _differing(_by_place(lost), _by_place(come)),
        _differing(before.groups, after.groups),
        _differing(before.meters, after.meters),
    )


def _by_place(flows: Iterable[Flow]) -> dict[tuple[object, ...], Flow]:
    return {(flow.table, flow.priority, flow.match): flow for flow in flows}


def _differing(before: Mapping[_Place, _Item], after: Mapping[_Place, _Item]) -> Differing[_Item]:
    return Differing(
        tuple(item for place, item in after.items() if place not in before),
        tuple(item for place, item in before.items() if place not in after),
        tuple((item, after[place]) for place, item in before.items() if place in after and after[place] != item),
    )
