"""`tenantry drift`: what switches hold beyond or short of what they should; with `--repair`, that is mended, too.

To look is a question like others (`tenantry show drift`). To repair changes switches, so it is for who may send the
daemon a signal: it then audits all of them as it does by itself about once a minute, and leaves a report in its state
directory.

Exit status: 0 when all switches are as they should be, 1 when one was not or could not be compared, 2 for wrong usage
or when there is no daemon that answers.
"""

from __future__ import annotations

import signal
import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from controller.audit_report import AuditReport, from_text
from controller.holder import Holder, NoHolder, holder_of
from controller.northbound.asking import At, Authority, Token, asking
from controller.northbound.client import ask_all
from controller.northbound.run import DEFAULT_STATE
from controller.northbound.show import print_json
from controller.northbound.show_tables import Subject, print_table
from controller.state_directory import read_audit
from controller.state_file import StateError

ANSWER_WITHIN = 90.0
"""Seconds; the daemon takes less even when a switch does not come to rest."""
LOOK_EVERY = 0.05
EQUAL = "as it should be"


class NoAnswer(Exception):
    """The daemon did not say what it found; the message says why."""


def drift(
    repair: Annotated[bool, typer.Option("--repair", help="Repair what differs, now.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    state: Annotated[Path, typer.Option(metavar="DIR", help="State directory of the daemon.")] = DEFAULT_STATE,
    server: At = None,
    token: Token = None,
    authority: Authority = None,
) -> None:
    """Compare all switches with what they should hold, now, and say what differs.

    The running daemon does it. By itself it repairs what differs about once a minute; with --repair it does so now, and
    says what it repaired. It is asked for that by a signal: as its user or as root, on the same machine.

    Exit status: 0 when all switches are as they should be, 1 when one was not or could not be compared.

    Example: tenantry drift --repair
    """
    if repair:
        if server:
            raise typer.BadParameter("is for the daemon on this machine, by its --state", param_hint="--repair")
        _repair(state, as_json)
    with asking(server, state, token, authority) as daemon:
        rows = list(ask_all(daemon, "/api/v1/drift", {}))
    if as_json:
        print_json(rows)
    else:
        print_table(Subject.DRIFT, rows)
    raise typer.Exit(0 if all(row["state"] == EQUAL for row in rows) else 1)


def _repair(state: Path, as_json: bool) -> NoReturn:
    try:
        with holder_of(state) as holder:
            report = _ask(holder, state)
    except (NoAnswer, NoHolder, StateError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    if as_json:
        print_json([asdict(one) for one in report.switches])
    else:
        for line in report.lines():
            typer.echo(line)
    raise typer.Exit(0 if report.is_equal else 1)


def _ask(holder: Holder, state: Path) -> AuditReport:
    asked = time.monotonic()
    holder.send(signal.SIGUSR1)
    while time.monotonic() < asked + ANSWER_WITHIN:
        # In this order, or an answer just before the end would be missed.
        is_running, text = holder.is_running(), read_audit(state)
        report = from_text(text) if text else None
        if report and report.pid == holder.pid and report.began >= asked:
            return report
        if not is_running:
            raise NoAnswer(f"the daemon (process {holder.pid}) ended before it answered")
        time.sleep(LOOK_EVERY)
    raise NoAnswer(f"the daemon (process {holder.pid}) did not answer within {ANSWER_WITHIN:.0f} s; see its log")
