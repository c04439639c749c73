"""An answer to "why can't A reach B?" for people: the verdict first, then what each table of each switch did."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import typer

from controller.northbound.columns import terminal_width
from controller.northbound.show_tables import plain

Item: TypeAlias = Mapping[str, Any]

COLOURS = {"delivered": "green", "blocked": "red", "flooded": "yellow", "unknown": "yellow"}
FIRST_TABLE = "classify"
MOST_NAMED = 4
"""Interfaces by which a frame leaves that does not get there."""
_INDENT = 15


def print_answer(answer: Item, more: Iterable[str] = ()) -> None:
    """Print it, and more lines."""
    width = terminal_width()
    lines = [*answer_lines(answer, width), *(piece for line in more for piece in folded(line, width, 2))]
    typer.echo("\n".join(lines))


def answer_lines(answer: Item, width: int | None) -> Iterator[str]:
    """The lines, at most `width` columns wide."""
    yield from _verdict("", answer, width)
    for cause in answer["causes"][1:]:
        yield from folded(f"also: {cause}", width, 6)
    for hop, steps in zip(answer["hops"], steps_by_hop(answer["steps"]), strict=True):
        yield ""
        yield from folded(_heading(hop), width, 4)
        for step in steps:
            yield from folded(f"  {step['table']:{_INDENT - 2}}{step['reason']}", width, _INDENT)
            if step["flow"]:
                yield from folded(f"{'':{_INDENT}}{step['flow']}", width, _INDENT)
    yield ""
    if answer["back"]:
        yield from _verdict("back: ", answer["back"], width)
    for note in answer["notes"]:
        yield from folded(f"note: {note}", width, 6)


def steps_by_hop(steps: Sequence[Item]) -> list[list[Item]]:
    """Steps by switch on the way, as each begins with the first table."""
    found: list[list[Item]] = []
    for step in steps:
        if step["table"] == FIRST_TABLE:
            found.append([])
        found[-1].append(step)
    return found


def _heading(hop: Item) -> str:
    parts = [f"in {hop['in']}"]
    if hop["tunnel"]:
        parts[0] += f" from {hop['tunnel']['source']}, key {hop['tunnel']['id']}"
    others = list(dict.fromkeys(one["interface"] for one in hop["sends"]))
    if hop["out"]:
        parts.append(f"out {hop['out']}")
    elif others:
        more = ", ..." if len(others) > MOST_NAMED else ""
        parts.append(f"sent to {', '.join(others[:MOST_NAMED])}{more}")
    else:
        parts.append("ends here")
    return f"{hop['switch']}: {', '.join(parts)}"


def _verdict(before: str, way: Item, width: int | None) -> Iterator[str]:
    first, *more = folded(before + way["text"], width, len(before) + 2)
    verdict = way["verdict"]
    coloured = typer.style(verdict, fg=COLOURS[verdict])
    yield first.replace(verdict, coloured, 1)
    yield from more


def folded(text: str, width: int | None, indent: int) -> Iterator[str]:
    """The text in lines, broken behind blanks and commas; all but the first are indented."""
    line = ""
    for piece in re.split(r"(?<=[ ,])(?=[^ ])", plain(text)):
        if width and line.strip() and len(line) + len(piece.rstrip()) > width:
            yield line.rstrip()
            line = " " * indent
        line += piece
    yield line.rstrip()
