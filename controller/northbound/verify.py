"""`tenantry verify`: proof that networks are kept apart, from what switches really hold, or from what they should.

No daemon needs to run, and one that runs is not asked: keys and what was learned are read from its state directory.

Exit status: 0 when it is proved, 1 when a frame gets where it should not, 2 for wrong usage, when something could not
be read, or when a switch does something that is not modelled.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from controller.core import Core
from controller.dataplane.flow import Program
from controller.fabric.model import SwitchView
from controller.intent.allocation import allocate
from controller.intent.model import Intent
from controller.intent.moves import Moves, Unsettled
from controller.ledger_files import read_ledger
from controller.northbound.check import Files
from controller.northbound.configured import configured
from controller.northbound.run import DEFAULT_STATE
from controller.placing import as_remembered
from controller.southbound.look import Looked, LookError, look
from controller.state_directory import read_memory
from controller.state_file import StateError
from controller.verification import verify as examine
from controller.verify.rules import Holding, holding_of, holding_of_held


@dataclass(frozen=True, slots=True)
class Known:
    """What files and state directory say."""

    core: Core
    unsettled: Unsettled


def verify(
    files: Files,
    switches: Annotated[
        list[str],
        typer.Option(
            "--switch",
            metavar="ADDRESS",
            help="Examine what the switch at unix:PATH or tcp:HOST:PORT holds; may be repeated.",
        ),
    ] = [],  # noqa: B006  (Typer copies it)
    state: Annotated[
        Path, typer.Option(metavar="DIR", help="State directory of the daemon; it is only read.")
    ] = DEFAULT_STATE,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Prove that no frame gets from one network into another, or show one that does.

    Without --switch, the flows are examined that a daemon would give to the switches that it knows. Which switch is at
    an address is known by its dpid.

    Example: tenantry verify /etc/tenantry --switch unix:/run/openvswitch/br-int.mgmt
    """
    intent = configured(files, state, 2)
    try:
        known = _known(intent, state)
        holdings, views = _held(known.core, [look(address) for address in switches])
    except (StateError, LookError) as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(2) from None
    if not switches:
        views = dict(known.core.fabric.switches)
        holdings = {name: holding_of(known.core.compiler.program(name)) for name in sorted(views)}
    if not holdings:
        typer.echo("error: no switch is known yet: start a daemon, or name switches by --switch", err=True)
        raise typer.Exit(2)
    verdict, borders = examine(known.core.situation, holdings, views, time.monotonic, known.unsettled)
    if as_json:
        typer.echo(json.dumps(verdict.plain(borders), indent=2))
    else:
        for line in verdict.lines(borders):
            typer.echo(line)
    raise typer.Exit(0 if verdict.is_proved else 1 if verdict.is_leaking else 2)


def _known(intent: Intent, state: Path) -> Known:
    """What a daemon would start with. Raises StateError."""
    ledger, warning = read_ledger(state)
    if warning:
        typer.echo(f"warning: {warning}", err=True)
    _, keys, _ = allocate(intent, ledger, time.time())
    moves = Moves(ledger.held, ledger.unsettled)
    # Networks that the daemon has not heard of yet are where it would put them.
    entered = {name: moves.entered.get(name, key) if name in ledger.held else key for name, key in keys.items()}
    found = read_memory(state)
    if found is not None:
        intent = as_remembered(intent, found[0])
    core = Core()
    core.adopt(intent, entered, {name: key for name, key in moves.second.items() if name in entered})
    if found is not None:
        core.restore(found[0], 0.0)
    core.changes()
    return Known(core, ledger.unsettled)


def _held(core: Core, looked: list[Looked]) -> tuple[dict[str, Holding], dict[str, SwitchView]]:
    """What the switches that were looked at hold, and their interfaces. Raises LookError for a stranger."""
    holdings: dict[str, Holding] = {}
    views: dict[str, SwitchView] = {}
    for one in looked:
        name = core.switch_of(one.dpid)
        if name is None:
            raise LookError(f"the switch with dpid {one.dpid:016x} is not in the configuration")
        interfaces = {interface.name: interface for interface in one.interfaces}
        views[name] = SwitchView(name, one.dpid, interfaces)
        wanted = core.compiler.program(name) if name in core.fabric.switches else Program()
        holdings[name] = holding_of_held(one.flows, one.groups, wanted)
    return holdings, views
