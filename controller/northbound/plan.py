"""`tenantry plan FILE...`: what would change if these files were loaded now. Nothing changes.

The running daemon computes it from the files' contents, which are sent to it. Without one it is computed here, from the
files in force before and a state directory, with the keys and the memory in it.

Exit status: 0 when nothing would change, 3 when something would; 1 when the files are not valid or the daemon answers
with an error; 2 for wrong usage, when no daemon answers, or when the state cannot be read.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from controller.core import Core
from controller.intent.files import files_of, read_text
from controller.intent.model import Intent
from controller.intent.problems import Problems
from controller.ledger_files import read_ledger
from controller.northbound.asking import At, Authority, Token, asking
from controller.northbound.check import Files
from controller.northbound.client import send
from controller.northbound.configured import configured
from controller.northbound.plan_text import plan_lines
from controller.northbound.run import DEFAULT_STATE
from controller.placing import as_remembered
from controller.state_directory import read_memory
from controller.state_file import StateError

CHANGES = 3
"""Exit status when something would change."""
PLANNED_WITHIN = 300.0
"""Seconds."""


def plan(
    files: Files,
    with_flows: Annotated[bool, typer.Option("--flows", help="Print the flows, groups and meters themselves.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    without_daemon: Annotated[
        bool, typer.Option("--without-daemon", help="Ask no daemon: read its state directory, and --before.")
    ] = False,
    before: Annotated[
        list[Path],
        typer.Option(
            metavar="FILE",
            help="Without a daemon: a file or directory that is in force before; may be repeated. By default, nothing.",
        ),
    ] = [],  # noqa: B006  (Typer copies it)
    state: Annotated[Path, typer.Option(metavar="DIR", help="State directory of the daemon.")] = DEFAULT_STATE,
    server: At = None,
    token: Token = None,
    authority: Authority = None,
) -> None:
    """Show what would change if these files were loaded now: things, and flows on each switch. Nothing changes.

    Exit status: 0 when nothing would change, 3 when something would, 1 when the files are not valid, 2 for wrong usage.

    Example: tenantry plan /etc/tenantry

    Example: tenantry plan new/ --without-daemon --before /etc/tenantry --state /var/lib/tenantry --flows
    """
    if before and not without_daemon:
        raise typer.BadParameter("goes with --without-daemon", param_hint="--before")
    if without_daemon:
        intent = configured(files, state, 1)
        answer = _planned_here(intent, configured(before, state, 1) if before else Intent(), state, with_flows)
    else:
        configured(files, None, 1)
        content = {"files": [{"name": name, "text": text} for name, text in _texts(files)]}
        with asking(server, state, token, authority) as daemon:
            parameters = {"flows": "true"} if with_flows else {}
            answer = send(daemon, "/api/v1/plan", parameters, content, PLANNED_WITHIN)
    for problem in answer["problems"]:
        typer.echo(problem, err=True)
    if as_json:
        typer.echo(json.dumps(answer, indent=2, ensure_ascii=False))
    else:
        for line in plan_lines(answer):
            typer.echo(line)
    raise typer.Exit(CHANGES if answer["changes"] else 0)


def _texts(files: Sequence[Path]) -> list[tuple[str, str]]:
    problems = Problems()
    return [(str(file), read[1]) for file in files_of(files, problems) if (read := read_text(file, problems))]


def _planned_here(intent: Intent, before: Intent, state: Path, with_flows: bool) -> Any:  # noqa: ANN401  (it is JSON)
    # Not before: others start in half the time without it.
    from controller.api.plan_rows import plan_answer
    from controller.plan import plan_of

    try:
        ledger, warning = read_ledger(state)
        remembered = read_memory(state)
    except StateError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(2) from None
    if warning:
        typer.echo(f"warning: {warning}", err=True)
    core = Core()
    if remembered:
        core.plugs.restore(remembered[0].plugs)
        core.endpoints.update(remembered[0].endpoints)
        before = as_remembered(before, remembered[0])
    core.adopt(before, {})
    if remembered:
        core.restore(remembered[0], 0.0)
    return plan_answer(plan_of(core, before, ledger, intent, time.time()), with_flows).model_dump(mode="json")
