"""What a benchmark reports: one line of JSON for each figure, for programs, and a table of all, for people.

`value` is ours. `peer` is the same figure of what it is compared with, in the same unit: plain Open vSwitch, or the aim
that we set ourselves; null where there is none. `ratio` is value by peer.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure."""

    bench: str
    case: str
    value: float
    unit: str
    peer: float | None = None

    @property
    def ratio(self) -> float | None:
        """How many times the peer's figure; None without one."""
        return round(self.value / self.peer, 3) if self.peer else None

    def line(self) -> str:
        """The figure as one line of JSON."""
        fields = {"bench": self.bench, "case": self.case, "value": self.value, "unit": self.unit}
        return json.dumps({**fields, "peer": self.peer, "ratio": self.ratio})


def emit(figure: Figure) -> None:
    """Print a figure to standard output as soon as it is known."""
    print(figure.line(), flush=True)


def note(text: str) -> None:
    """Tell people what is going on."""
    print(f"bench: {text}", file=sys.stderr, flush=True)


def print_table(figures: Iterable[Figure]) -> None:
    """Print all figures to standard error."""
    table = Table(box=None, pad_edge=False)
    for heading in ("Bench", "Case", "Unit"):
        table.add_column(heading, overflow="fold")
    for heading in ("Value", "Peer", "Ratio"):
        table.add_column(heading, justify="right")
    for figure in figures:
        numbers = (figure.value, figure.peer, figure.ratio)
        cells = ("-" if number is None else f"{number:,.5g}" for number in numbers)
        table.add_row(figure.bench, figure.case, figure.unit, *cells)
    Console(stderr=True, highlight=False).print(table)
