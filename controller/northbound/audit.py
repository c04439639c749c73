"""`tenantry audit`: ask the running daemon to compare all switches with what they should hold, and say what it found.

Exit status: 0 when all switches are as they should be, 1 when one was not or could not be compared, 2 for wrong usage
or when there is no daemon that answers.
"""

from __future__ import annotations

import signal
import time
from pathlib import Path
from typing import Annotated

import typer

from controller.audit_report import AuditReport, from_text
from controller.holder import Holder, NoHolder, holder_of
from controller.northbound.run import DEFAULT_STATE
from controller.state_directory import read_audit
from controller.state_file import StateError

ANSWER_WITHIN = 90.0
"""Seconds; the daemon takes less even when a switch does not come to rest."""
LOOK_EVERY = 0.05


class NoAnswer(Exception):
    """The daemon did not say what it found; the message says why."""


def audit(
    state: Annotated[Path, typer.Option(metavar="DIR", help="State directory of the daemon.")] = DEFAULT_STATE,
) -> None:
    """Compare all switches with what they should hold, now, and say what differed.

    The running daemon does it, and repairs what differs. Run it as the daemon's user or as root.

    Example: tenantry audit --state /var/lib/tenantry
    """
    try:
        with holder_of(state) as holder:
            report = _ask(holder, state)
    except (NoAnswer, NoHolder, StateError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
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
