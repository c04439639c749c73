"""The form of a plan, and of what is sent to ask for one. `controller.plan` makes plans."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain, islice
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field

from controller.api.rows import Row
from controller.dataplane.encoder import cookie_of
from controller.dataplane.flow import Flow, Group, Meter, Reason
from controller.dataplane.program_edit import Differing, ProgramEdit
from controller.dataplane.text import flow_text, group_text, meter_text
from controller.intent.edit_words import How, Kind
from controller.plan import Plan

MOST_LINES = 20_000
MOST_FILES = 10_000

_Item = TypeVar("_Item", Flow, Group, Meter)


class PlannedFile(BaseModel):
    """A file of the configuration, as the asker has read it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, max_length=4096, description="By which errors name it.")
    text: str = Field(description="Its content.")


class PlannedFiles(BaseModel):
    """All files of a configuration."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    files: list[PlannedFile] = Field(max_length=MOST_FILES)


class ItemChange(Row):
    """Something of the configuration that comes, goes or changes."""

    kind: Kind
    name: str
    """Ids of networks and ports are `tenant/name`; empty for the fabric."""
    change: How
    details: list[str]
    """In a few words each."""


class Counts(Row):
    """How many."""

    added: int
    removed: int
    changed: int
    """At the same table, priority and match, or under the same number."""


class SwitchChange(Row):
    """What a switch is told."""

    switch: str
    flows: Counts
    groups: Counts
    meters: Counts


class Line(Row):
    """A flow, group or meter that comes or goes; one that changes does both."""

    switch: str
    change: How
    text: str
    """As `ovs-ofctl` takes it."""
    app: str
    note: str
    network: str | None
    port: str | None


class PlanAnswer(Row):
    """What would change if these files were loaded now."""

    changes: bool
    """Whether anything would."""
    items: list[ItemChange]
    switches: list[SwitchChange]
    """Those that are told something."""
    not_seen: list[str]
    """Switches that were never seen: what they would be told is not known."""
    problems: list[str]
    """What is to be known about the keys of networks."""
    lines: list[Line] | None
    """Null unless asked for."""
    lines_left_out: int
    """How many there are beyond the 20,000 that are answered at most."""


def plan_answer(plan: Plan, with_lines: bool) -> PlanAnswer:
    """The plan in this form."""
    lines = (line for switch, edit in plan.programs.items() for line in _lines(switch, edit)) if with_lines else None
    return PlanAnswer(
        changes=bool(plan),
        items=[
            ItemChange(kind=one.kind, name=one.name, change=one.how, details=list(one.details)) for one in plan.items
        ],
        switches=[_switch_change(switch, edit) for switch, edit in plan.programs.items()],
        not_seen=list(plan.unseen),
        problems=[f"{'error' if one.fatal else 'warning'}: {one}" for one in plan.problems],
        lines=None if lines is None else list(islice(lines, MOST_LINES)),
        lines_left_out=0 if lines is None else sum(1 for _ in lines),
    )


def _switch_change(switch: str, edit: ProgramEdit) -> SwitchChange:
    return SwitchChange(
        switch=switch, flows=_counts(edit.flows), groups=_counts(edit.groups), meters=_counts(edit.meters)
    )


def _counts(one: Differing[_Item]) -> Counts:
    return Counts(added=len(one.added), removed=len(one.removed), changed=len(one.changed))


def _lines(switch: str, edit: ProgramEdit) -> Iterator[Line]:
    yield from _items(switch, edit.flows, lambda flow: flow_text(flow, cookie_of(flow)))
    yield from _items(switch, edit.groups, group_text)
    yield from _items(switch, edit.meters, meter_text)


def _items(switch: str, edit: Differing[_Item], text: Callable[[_Item], str]) -> Iterator[Line]:
    """What goes and what comes, as far as it can be together."""
    for old, new in edit.changed:
        yield _line(switch, How.REMOVED, text(old), old.reason)
        yield _line(switch, How.ADDED, text(new), new.reason)
    gone = ((How.REMOVED, item) for item in edit.removed)
    for how, item in chain(gone, ((How.ADDED, item) for item in edit.added)):
        yield _line(switch, how, text(item), item.reason)


def _line(switch: str, how: How, text: str, reason: Reason) -> Line:
    return Line(
        switch=switch,
        change=how,
        text=text,
        app=reason.app,
        note=reason.note,
        network=reason.network or None,
        port=reason.port or None,
    )
