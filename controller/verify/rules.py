"""Flows as the examination sees them, indexed so that a class of frames meets only those that it may match.

The index is that of Open vSwitch's classifier (tuple space search, Srinivasan et al., SIGCOMM 1999), over the fields by
which flows of different networks differ: flows are grouped by which of these fields they match under which masks, and a
class that has fixed values of them is looked up in each group by hash.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from controller.dataplane.decoder import HeldFlow, HeldGroup
from controller.dataplane.fields import IN_PORT, METADATA, TUN_ID, VLAN_VID, Field
from controller.dataplane.flow import Actions, Flow, Group, Output, Program, ToGroup
from controller.dataplane.text import flow_text

TELLING = (METADATA, IN_PORT, VLAN_VID, TUN_ID)
"""The fields of the index. Destinations are left out: a class rarely has a fixed one."""
Shape: TypeAlias = tuple[tuple[Field, int], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """One flow that a switch holds. Two are never the same, even if their flows are equal."""

    flow: Flow
    cookie: int = 0
    more_criteria: tuple[str, ...] = ()
    """What it matches beside, that is not modelled: it takes some of the frames that `flow` takes, or none."""
    unknown: tuple[str, ...] = ()
    """What it does beside, that is not modelled: anything may become of the frame."""
    is_end: bool = field(init=False)
    """Whether nothing leaves or goes on by it."""

    def __post_init__(self) -> None:
        flow = self.flow
        is_end = not self.unknown and flow.goto is None
        for action in flow.actions if is_end else ():
            is_end = is_end and not isinstance(action, Output | ToGroup)
        object.__setattr__(self, "is_end", is_end)

    @property
    def text(self) -> str:
        """For people, as ovs-ofctl(8) writes it."""
        text = flow_text(self.flow, self.cookie)
        return f"{text} (and {', '.join((*self.more_criteria, *self.unknown))})" if self._is_odd else text

    @property
    def _is_odd(self) -> bool:
        return bool(self.more_criteria or self.unknown)


@dataclass(frozen=True, slots=True)
class Holding:
    """What one switch holds, as far as frames are concerned."""

    rules: tuple[Rule, ...]
    groups: Mapping[int, Group] = field(default_factory=dict)


def holding_of(program: Program) -> Holding:
    """A program, as a switch will hold it."""
    return Holding(tuple(Rule(flow, cookie) for cookie, flow in program.flows.items()), program.groups)


def holding_of_held(flows: Iterable[HeldFlow], groups: Iterable[HeldGroup], wanted: Program) -> Holding:
    """What a switch said that it holds; flows that it should hold are known by their reasons in what is `wanted`."""
    known = {held.group.id: held for held in groups}
    rules = [Rule(_named(held, wanted), held.cookie, held.more_criteria, _all_unknown(held, known)) for held in flows]
    return Holding(tuple(rules), {number: held.group for number, held in known.items()})


def _named(held: HeldFlow, wanted: Program) -> Flow:
    flow = wanted.flows.get(held.cookie)
    is_same = flow == held.flow and not held.more_criteria and not held.unknown
    return flow if flow is not None and is_same else held.flow


def _all_unknown(held: HeldFlow, groups: Mapping[int, HeldGroup]) -> tuple[str, ...]:
    return (*held.unknown, *_unknown(held.flow.actions, groups, ()))


def _unknown(actions: Actions, groups: Mapping[int, HeldGroup], within: tuple[int, ...]) -> Iterator[str]:
    """What groups do that is not modelled."""
    for action in actions:
        if isinstance(action, ToGroup) and action.group in groups and action.group not in within:
            held = groups[action.group]
            yield from (f"{what} in group {action.group}" for what in held.unknown)
            for bucket in held.group.buckets:
                yield from _unknown(bucket.actions, groups, (*within, action.group))


class RuleIndex:
    """The rules of a switch, or a part of them, by table."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._tables: dict[int, dict[Shape, _Cell]] = {}
        for rule in rules:
            shape, values = _shape(rule.flow)
            cells = self._tables.setdefault(rule.flow.table, {})
            if (cell := cells.get(shape)) is None:
                cell = cells[shape] = _Cell(shape)
            cell.add(values, rule)

    @property
    def tables(self) -> frozenset[int]:
        """Tables with rules."""
        return frozenset(self._tables)

    def candidates(self, table: int, fixed: Mapping[Field, int]) -> Iterator[Rule]:
        """Rules of a table that may take frames with these values; all that do, and few others."""
        for cell in self._tables.get(table, {}).values():
            yield from cell.candidates(fixed)


class _Cell:
    """Rules that match the same telling fields under the same masks."""

    def __init__(self, shape: Shape) -> None:
        self._shape = shape
        self._rules: list[tuple[tuple[int, ...], Rule]] = []
        self._views: dict[tuple[int, ...], dict[tuple[int, ...], list[Rule]]] = {}
        """By which of the fields are known: rules by their values; made when asked for."""

    def add(self, values: tuple[int, ...], rule: Rule) -> None:
        self._rules.append((values, rule))

    def candidates(self, fixed: Mapping[Field, int]) -> Iterable[Rule]:
        known, wanted = [], []
        for at, (telling, mask) in enumerate(self._shape):
            value = fixed.get(telling)
            if value is not None:
                known.append(at)
                wanted.append(value & mask)
        view = self._views.get(tuple(known))
        if view is None:
            view = self._views[tuple(known)] = self._view(known)
        return view.get(tuple(wanted), ())

    def _view(self, known: list[int]) -> dict[tuple[int, ...], list[Rule]]:
        view: dict[tuple[int, ...], list[Rule]] = {}
        for values, rule in self._rules:
            view.setdefault(tuple(values[at] for at in known), []).append(rule)
        return view


def _shape(flow: Flow) -> tuple[Shape, tuple[int, ...]]:
    shape, values = [], []
    for telling, value, mask in flow.match:
        if telling in TELLING:
            shape.append((telling, telling.all_ones if mask is None else mask))
            values.append(value)
    return tuple(shape), tuple(values)
