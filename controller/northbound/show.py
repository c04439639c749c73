"""`tenantry show ...`: what an intent comes to."""

from __future__ import annotations

import json
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from controller.intent.allocation import AllocationProblem, KeyLedger, allocate
from controller.intent.loader import load
from controller.intent.model import Intent
from controller.intent.mtu import endpoint_versions, guest_mtu
from controller.ledger_files import read_ledger
from controller.northbound.check import Files, print_problems
from controller.state_file import StateError

show = typer.Typer(no_args_is_help=True, help="Show what an intent comes to.")


@dataclass(frozen=True, slots=True)
class Row:
    """One network as shown; `segment` and `key` are None when no key is left for it."""

    network: str
    segment: str | None
    key: int | None
    ports: int
    guest_mtu: int | None
    """In bytes; None without a segment."""


@show.command()
def networks(
    files: Files,
    state: Annotated[
        Path | None, typer.Option(metavar="DIR", help="State directory of the daemon; it is only read.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show each network's segment, key, number of ports, and the MTU its guests may use.

    Keys are those in the state directory; without --state, those that a daemon with an empty one would give.

    Example: tenantry show networks fabric.yaml tenants/ --state /var/lib/tenantry
    """
    loaded = load(files)
    print_problems(loaded, to_stderr=True)
    if loaded.intent is None:
        raise typer.Exit(1)
    rows, problems = _rows(loaded.intent, _ledger(state))
    if as_json:
        typer.echo(json.dumps([_as_json(row) for row in rows], indent=2))
    else:
        _print_table(rows, state)
    for problem in problems:
        typer.echo(f"{'error' if problem.fatal else 'warning'}: {problem}", err=True)
    if any(problem.fatal for problem in problems):
        raise typer.Exit(1)


def _ledger(state: Path | None) -> KeyLedger:
    if state is None:
        return KeyLedger()
    try:
        ledger, warning = read_ledger(state)
    except StateError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from None
    if warning:
        typer.echo(f"warning: {warning}", err=True)
    return ledger


def _rows(intent: Intent, ledger: KeyLedger) -> tuple[list[Row], tuple[AllocationProblem, ...]]:
    _, keys, problems = allocate(intent, ledger, time.time())
    ports = Counter(network for port in intent.ports.values() for network in port.networks)
    versions = endpoint_versions(intent)
    rows = []
    for name in sorted(intent.networks):
        given = keys.get(name)
        mtu = guest_mtu(given.segment, intent.fabric.underlay_mtu, versions[name]) if given else None
        rows.append(Row(name, given.segment.value if given else None, given.key if given else None, ports[name], mtu))
    return rows, problems


def _as_json(row: Row) -> dict[str, str | int | None]:
    return {
        "network": row.network,
        "segment": row.segment,
        "key": row.key,
        "ports": row.ports,
        "guest_mtu": row.guest_mtu,
    }


def _print_table(rows: list[Row], state: Path | None) -> None:
    table = Table(box=None, pad_edge=False)
    table.add_column("Network", overflow="fold")
    table.add_column("Segment")
    for heading in ("Key", "Ports", "Guest MTU"):
        table.add_column(heading, justify="right")
    for row in rows:
        cells = (row.segment or "none", row.key, row.ports, row.guest_mtu)
        table.add_row(row.network, *("-" if cell is None else str(cell) for cell in cells))
    Console().print(table)
    typer.echo(f"Keys of {state}." if state else "Keys that a daemon with an empty state directory would give.")
