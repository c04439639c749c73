"""What is asked for, for commands that ask no daemon: files, and what the API keeps in a state directory."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import typer

from controller.api_part_files import read_api_part
from controller.intent.loader import Loaded, load
from controller.intent.model import Intent
from controller.state_file import StateError


def configured(files: Sequence[Path], state: Path | None, status: int) -> Intent:
    """The intent of both. Where there is none, the errors are printed and the command ends with `status`."""
    loaded = loaded_with(files, state, status)
    print_problems(loaded, to_stderr=True)
    if loaded.intent is None:
        raise typer.Exit(status)
    return loaded.intent


def loaded_with(files: Sequence[Path], state: Path | None, status: int) -> Loaded:
    """What both say. When the state directory cannot be read the command ends with `status`."""
    part = None
    if state is not None:
        try:
            part, warning = read_api_part(state)
        except StateError as error:
            typer.echo(f"error: {error}", err=True)
            raise typer.Exit(status) from None
        if warning:
            typer.echo(f"warning: {warning}", err=True)
    return load(files, part=part)


def print_problems(loaded: Loaded, to_stderr: bool = False) -> None:
    """Print errors and warnings, one a line; warnings are marked."""
    for error in loaded.errors:
        typer.echo(str(error), err=to_stderr)
    for warning in loaded.warnings:
        typer.echo(f"warning: {warning}", err=to_stderr)
