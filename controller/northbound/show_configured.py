"""`tenantry show networks FILE...`: what files come to, without a daemon."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import typer

from controller.intent.allocation import AllocationProblem, KeyLedger, allocate
from controller.intent.model import Intent
from controller.intent.mtu import endpoint_versions, guest_mtu
from controller.ledger_files import read_ledger
from controller.northbound.columns import Cell, print_columns
from controller.northbound.configured import configured
from controller.state_file import StateError


@dataclass(frozen=True, slots=True)
class Row:
    """One network as shown; `segment` and `key` are None when no key is left for it."""

    network: str
    segment: str | None
    key: int | None
    ports: int
    guest_mtu: int | None
    """In bytes; None without a segment."""


def show_configured_networks(files: Sequence[Path], state: Path | None, as_json: bool) -> None:
    """Show each network's segment, key, number of ports, and the MTU its guests may use.

    Keys are those in the state directory; without one, those that a daemon with an empty one would give.
    """
    rows, problems = _rows(configured(files, state, 1), _ledger(state))
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
    cells = [
        [
            Cell("-" if value is None else str(value))
            for value in (row.network, row.segment or "none", row.key, row.ports, row.guest_mtu)
        ]
        for row in rows
    ]
    print_columns(("Network", "Segment", "Key", "Ports", "Guest MTU"), cells, (False, False, True, True, True))
    typer.echo(f"Keys of {state}." if state else "Keys that a daemon with an empty state directory would give.")
