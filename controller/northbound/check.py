"""`tenantry check`: is this document valid, and if not, where?

Problems go to the standard output, one a line, where an editor or a pipeline reads them; the last line sums up.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from controller.intent.loader import Loaded, load

Files = Annotated[list[Path], typer.Argument(metavar="FILE", help="YAML files, or directories of them.")]


def check(files: Files) -> None:
    """Check YAML files and report everything that is wrong with them.

    Exit status: 0 when valid, 1 when there are errors, 2 for wrong usage.

    Example: tenantry check fabric.yaml tenants/
    """
    loaded = load(files)
    print_problems(loaded)
    print(_summary(loaded))
    if loaded.errors:
        raise typer.Exit(1)


def print_problems(loaded: Loaded, to_stderr: bool = False) -> None:
    """Print errors and warnings, one a line; warnings are marked."""
    for error in loaded.errors:
        typer.echo(str(error), err=to_stderr)
    for warning in loaded.warnings:
        typer.echo(f"warning: {warning}", err=to_stderr)


def _summary(loaded: Loaded) -> str:
    warnings = f", {counted(len(loaded.warnings), 'warning')}" if loaded.warnings else ""
    if loaded.intent is None:
        return f"Not valid: {counted(len(loaded.errors), 'error')}{warnings}."
    intent = loaded.intent
    counts = (
        counted(len(intent.fabric.switches), "switch", "switches"),
        counted(len(intent.tenants), "tenant"),
        counted(len(intent.networks), "network"),
        counted(len(intent.ports), "port"),
    )
    return f"Valid: {', '.join(counts)}{warnings}."


def counted(number: int, one: str, many: str = "") -> str:
    """`1 port`, `2 ports`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
