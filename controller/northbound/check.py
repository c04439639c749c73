"""`tenantry check`: is this document valid, and if not, where?

With a state directory, what was changed over the API counts as well, as it does when a daemon starts or reloads.
Problems go to the standard output, one a line, where an editor or a pipeline reads them; the last line sums up.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from controller.intent.loader import Loaded
from controller.northbound.configured import loaded_with, print_problems

Files = Annotated[list[Path], typer.Argument(metavar="FILE", help="YAML files, or directories of them.")]


def check(
    files: Files,
    state: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="State directory of the daemon: together with what it has been told over the API."
        ),
    ] = None,
) -> None:
    """Check YAML files and report everything that is wrong with them.

    Exit status: 0 when valid, 1 when there are errors, 2 for wrong usage, or when the state cannot be read.

    Example: tenantry check fabric.yaml tenants/

    Example: tenantry check /etc/tenantry --state /var/lib/tenantry
    """
    loaded = loaded_with(files, state, 2)
    print_problems(loaded)
    print(_summary(loaded))
    if loaded.errors:
        raise typer.Exit(1)


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
