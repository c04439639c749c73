"""Text in columns: as wide as need be, or folded to a terminal's width so that nothing is left out.

10,000 lines take a tenth of a second. (Rich's tables would take ten, as they measure each word.)
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import typer

GAP = "  "
LEAST = 8
"""No column is made narrower for the sake of others."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Text, and in which colour it is shown on a terminal; "" for none."""

    text: str
    colour: str = ""


def terminal_width() -> int | None:
    """Columns of the terminal, or as COLUMNS says; None where lines may be as long as they like."""
    if os.environ.get("COLUMNS") or sys.stdout.isatty():
        return shutil.get_terminal_size().columns
    return None


def print_columns(headings: Sequence[str], rows: Sequence[Sequence[Cell]], numbers: Sequence[bool]) -> None:
    """Print rows; columns with numbers are flush right, and never folded."""
    lines = column_lines(headings, rows, numbers, terminal_width())
    # All at once: to write line by line takes longer than all else.
    typer.echo("\n".join(lines))


def column_lines(
    headings: Sequence[str], rows: Sequence[Sequence[Cell]], numbers: Sequence[bool], width: int | None
) -> Iterator[str]:
    """The lines of a table that is at most `width` columns wide, as far as that is possible."""
    natural = [
        max(len(heading), max((len(row[place].text) for row in rows), default=0))
        for place, heading in enumerate(headings)
    ]
    widths = natural if width is None else _narrowed(natural, headings, numbers, width)
    yield _line([Cell(heading, "bold") for heading in headings], widths, numbers)
    for row in rows:
        if all(len(cell.text) <= most for cell, most in zip(row, widths, strict=True)):
            yield _line(row, widths, numbers)
        else:
            yield from _folded(row, widths, numbers)


def _narrowed(natural: Sequence[int], headings: Sequence[str], numbers: Sequence[bool], width: int) -> list[int]:
    widths = list(natural)
    for _ in range(sum(natural)):
        if sum(widths) + len(GAP) * (len(widths) - 1) <= width:
            break
        able = [
            (size, place)
            for place, size in enumerate(widths)
            if not numbers[place] and size > max(LEAST, len(headings[place]))
        ]
        if not able:
            break
        widths[max(able)[1]] -= 1
    return widths


def _folded(row: Sequence[Cell], widths: Sequence[int], numbers: Sequence[bool]) -> Iterator[str]:
    pieces = [_wrapped(cell.text, width) for cell, width in zip(row, widths, strict=True)]
    for line in range(max(map(len, pieces))):
        cells = [
            Cell(piece[line] if line < len(piece) else "", cell.colour) for piece, cell in zip(pieces, row, strict=True)
        ]
        yield _line(cells, widths, numbers)


def _wrapped(text: str, width: int) -> list[str]:
    """The text in lines; a word that is too long for one begins on a line of its own."""
    lines = [""]
    for word in text.split(" "):
        if lines[-1] and len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += f" {word}"
            continue
        if lines[-1]:
            lines.append("")
        while len(word) > width:
            lines[-1:] = [word[:width], ""]
            word = word[width:]
        lines[-1] = word
    return lines


def _line(cells: Sequence[Cell], widths: Sequence[int], numbers: Sequence[bool]) -> str:
    last = len(cells) - 1
    shown = [
        _styled(cell, width if place < last or is_number else 0, is_number)
        for place, (cell, width, is_number) in enumerate(zip(cells, widths, numbers, strict=True))
    ]
    return GAP.join(shown).rstrip()


def _styled(cell: Cell, width: int, is_number: bool) -> str:
    padding, text = " " * (width - len(cell.text)), cell.text
    if cell.colour and text:
        text = typer.style(text, bold=True) if cell.colour == "bold" else typer.style(text, fg=cell.colour)
    return padding + text if is_number else text + padding
