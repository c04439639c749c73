"""An answer to "why can't A reach B?" for people: the verdict first, then what each table of each switch did."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import typer

from controller.northbound.columns import terminal_width
from controller.northbound.show_tables import plain

Item: TypeAlias = Mapping[str, Any]

COLOURS = {"delivered": "green", "blocked": "red", "flooded": "yellow", "unknown": "yellow"}
FIRST_TABLE = "classify"
_INDENT = 15


def print_answer(answer: Item) -> None:
    """Print it."""
    typer.echo("\n".join(answer_lines(answer, terminal_width())))


def answer_lines(answer: Item, width: int | None) -> Iterator[str]:
    """The lines, at most `width` columns wide."""
    yield from _verdict("", answer, width)
    for cause in answer["causes"][1:]:
        yield from _folded(f"also: {cause}", width, 6)
    for hop, steps in zip(answer["hops"], steps_by_hop(answer["steps"]), strict=True):
        yield ""
        yield from _folded(_heading(hop), width, 4)
        for step in steps:
            yield from _folded(f"  {step['table']:{_INDENT - 2}}{step['reason']}", width, _INDENT)
            if step["flow"]:
                yield from _folded(f"{'':{_INDENT}}{step['flow']}", width, _INDENT)
    yield ""
    if answer["back"]:
        yield from _verdict("back: ", answer["back"], width)
    for note in answer["notes"]:
        yield from _folded(f"note: {note}", width, 6)


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
    if hop["out"]:
        parts.append(f"out {hop['out']}")
    return f"{hop['switch']}: {', '.join(parts)}"


def _verdict(before: str, way: Item, width: int | None) -> Iterator[str]:
    first, *more = _folded(before + way["text"], width, len(before) + 2)
    verdict = way["verdict"]
    coloured = typer.style(verdict, fg=COLOURS[verdict])
    yield first.replace(verdict, coloured, 1)
    yield from more


def _folded(text: str, width: int | None, indent: int) -> Iterator[str]:
    """The text in lines, broken behind blanks and commas; all but the first are indented."""
    line = ""
    for piece in re.split(r"(?<=[ ,])(?=[^ ])", plain(text)):
        if width and line.strip() and len(line) + len(piece.rstrip()) > width:
            yield line.rstrip()
            line = " " * indent
        line += piece
    yield line.rstrip()
