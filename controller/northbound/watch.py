"""`tenantry watch`: events as they happen.

It goes on after the daemon was away: with the event after the last one that was seen, or by saying that some were
missed.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated

import typer

from controller.northbound.asking import At, Authority, Network, Switch, Tenant, Token, asking, chosen
from controller.northbound.client import NoAnswer, Server, events
from controller.northbound.run import DEFAULT_STATE
from controller.northbound.show_tables import event_line

RETRY_EVERY = 2.0
"""Seconds."""


def watch(
    tenant: Tenant = None,
    switch: Switch = None,
    network: Network = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print each event as a line of JSON.")] = False,
    state: Annotated[Path, typer.Option(metavar="DIR", help="State directory of the daemon.")] = DEFAULT_STATE,
    server: At = None,
    token: Token = None,
    authority: Authority = None,
) -> None:
    """Print events as they happen, until Ctrl-C: switches, links, addresses, ports, reloads, and all warnings.

    Example: tenantry watch --tenant blue
    """
    with asking(server, state, token, authority) as daemon:
        try:
            _watch(daemon, chosen(tenant, switch, network), as_json)
        except KeyboardInterrupt:
            raise typer.Exit(0) from None


def _watch(daemon: Server, parameters: dict[str, str], as_json: bool) -> None:
    last = ""
    while True:
        try:
            for kind, number, data in events(daemon, parameters, last):
                last = number
                if kind == "gap":
                    typer.echo("some events were missed", err=True)
                else:
                    typer.echo(data if as_json else event_line(json.loads(data)))
        except NoAnswer:
            if not last:
                raise
        typer.echo("the daemon is away", err=True)
        time.sleep(RETRY_EVERY)
