"""The command line: each command is a file of its own, and is registered here."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Annotated

import typer

from controller.northbound.check import check
from controller.northbound.drain import drain, undrain
from controller.northbound.drift import drift
from controller.northbound.export import export
from controller.northbound.graph import graph
from controller.northbound.join_command import join_command
from controller.northbound.plan import plan
from controller.northbound.run import run
from controller.northbound.schema import schema
from controller.northbound.show import show
from controller.northbound.top import top
from controller.northbound.verify import verify
from controller.northbound.watch import watch
from controller.northbound.why import why

app = typer.Typer(
    name="tenantry",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command()(check)
app.command()(drain)
app.command()(drift)
app.command()(export)
app.command()(graph)
app.command()(plan)
app.command()(join_command)
app.command()(run)
app.command()(schema)
app.command()(show)
app.command()(top)
app.command()(undrain)
app.command()(verify)
app.command()(watch)
app.command()(why)


def _print_version(wanted: bool) -> None:
    if wanted:
        try:
            typer.echo(f"tenantry {version('tenantry')}")
        except PackageNotFoundError:
            typer.echo("tenantry (not installed)")
        raise typer.Exit


@app.callback()
def tenantry(
    show_version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Tenant networks for Open vSwitch.

    Example: tenantry check fabric.yaml tenants/
    """


def main() -> None:
    """Entry point of the `tenantry` command."""
    app()
