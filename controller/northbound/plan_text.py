"""A plan as text: what changes in the configuration, then how much of it on which switch, then the lines if wanted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import typer

from controller.northbound.check import counted
from controller.northbound.columns import Cell, column_lines, terminal_width

Answer: TypeAlias = Mapping[str, Any]

SIGNS = {"added": ("+", "green"), "removed": ("-", "red"), "changed": ("~", "yellow")}
HEADINGS = {
    "fabric": "Fabric",
    "switch": "Switches",
    "link": "Links",
    "tenant": "Tenants",
    "network": "Networks",
    "port": "Ports",
}
OF_A_SWITCH = ("flows", "groups", "meters")


def plan_lines(answer: Answer) -> Iterator[str]:
    """The lines of a plan."""
    for kind, heading in HEADINGS.items():
        if items := [item for item in answer["items"] if item["kind"] == kind]:
            yield typer.style(heading, bold=True)
            for item in items:
                yield from _item_lines(item, terminal_width())
            yield ""
    if answer["switches"]:
        yield from _switch_table(answer["switches"])
        yield ""
    if answer["lines"]:
        yield from _flow_lines(answer["lines"], answer["lines_left_out"])
        yield ""
    if answer["not_seen"]:
        names = ", ".join(answer["not_seen"])
        yield f"Not counted, as no daemon has seen {'them' if len(answer['not_seen']) > 1 else 'it'} yet: {names}."
    yield _summary(answer)


def _item_lines(item: Answer, width: int | None) -> Iterator[str]:
    """One line if that is wide enough, or else one for each detail."""
    sign, name, details = _sign(item["change"]), str(item["name"]), item["details"]
    line = f"{name}{': ' if name and details else ''}{'; '.join(details)}"
    if width is None or len(line) + len("  ~ ") <= width:
        yield f"  {sign} {line}"
    else:
        yield f"  {sign} {name}:" if name else f"  {sign}"
        yield from (f"      {detail}" for detail in details)


def _switch_table(switches: Sequence[Answer]) -> Iterator[str]:
    """Added, removed and changed, of those of flows, groups and meters that do so somewhere."""
    kinds = [kind for kind in OF_A_SWITCH if any(any(one[kind].values()) for one in switches)]
    headings = ["Switch", *(kind.capitalize() for kind in kinds)]
    rows = [[Cell(one["switch"]), *(Cell(_counts(one[kind])) for kind in kinds)] for one in switches]
    yield from column_lines(headings, rows, [False, *(True for _ in kinds)], terminal_width())


def _counts(counts: Mapping[str, int]) -> str:
    return " ".join(f"{SIGNS[how][0]}{number}" for how, number in counts.items() if number) or "-"


def _flow_lines(lines: Sequence[Answer], left_out: int) -> Iterator[str]:
    switch = None
    for line in lines:
        if line["switch"] != switch:
            switch = line["switch"]
            yield typer.style(switch, bold=True)
        where = line["port"] or line["network"]
        yield f"  {_sign(line['change'])} {line['text']}"
        yield f"      {line['app']}: {line['note']}" + (f" ({where})" if where else "")
    if left_out:
        yield f"  and {left_out:,} more"


def _summary(answer: Answer) -> str:
    if not answer["changes"]:
        return "Nothing would change."
    items = counted(len(answer["items"]), "item") if answer["items"] else "no item"
    if not answer["switches"]:
        return f"Would change: {items}, and no flows."
    flows = {how: sum(one["flows"][how] for one in answer["switches"]) for how in SIGNS}
    told = f"flows {_counts(flows)}" if any(flows.values()) else "no flows, but groups or meters"
    return f"Would change: {items}; {told} on {counted(len(answer['switches']), 'switch', 'switches')}."


def _sign(change: str) -> str:
    sign, colour = SIGNS[change]
    return typer.style(sign, fg=colour)
