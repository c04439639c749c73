"""`tenantry show ...`: what a running daemon knows, as tables or JSON; or what files come to.

Exit status: see `controller.northbound.asking`; with files 1 when they have errors.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from controller.northbound.asking import At, Authority, Network, Switch, Tenant, Token, asking, chosen
from controller.northbound.client import ask_all
from controller.northbound.run import DEFAULT_STATE
from controller.northbound.show_configured import show_configured_networks
from controller.northbound.show_tables import Subject, print_table

FILTERS = {
    Subject.TENANTS: (),
    Subject.SWITCHES: ("switch",),
    Subject.LINKS: ("switch",),
    Subject.UNDERLAY: ("switch",),
    Subject.HYPERVISORS: ("switch",),
}
"""What may be narrowed by what; all others by tenant, switch and network."""


def show(
    subject: Annotated[Subject, typer.Argument(metavar="SUBJECT", help=f"One of: {', '.join(Subject)}.")],
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILE", help="With `networks`: show what these files come to; no daemon is asked."),
    ] = None,
    tenant: Tenant = None,
    switch: Switch = None,
    network: Network = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    state: Annotated[Path | None, typer.Option(metavar="DIR", help="State directory of the daemon.")] = None,
    server: At = None,
    token: Token = None,
    authority: Authority = None,
) -> None:
    """Show what the running daemon knows: tenants, networks, ports, switches, hypervisors, links and so on.

    `underlay` is what is wrong on the ways between tunnel endpoints. `hosts` are the addresses of guests, given or
    learned. `flows` are those that switches should hold, each with its reason; `drift` is what switches really hold
    beyond or short of that, read from them now. Run it as the daemon's user or as root.

    Example: tenantry show networks --tenant blue

    Example: tenantry show flows --switch leaf1 --network blue/web

    Example: tenantry show networks fabric.yaml tenants/ --state /var/lib/tenantry
    """
    parameters = chosen(tenant, switch, network)
    for name in parameters:
        if files or name not in FILTERS.get(subject, ("tenant", "switch", "network")):
            raise typer.BadParameter(f"does not go with {'files' if files else subject}", param_hint=f"--{name}")
    if files:
        if subject is not Subject.NETWORKS:
            raise typer.BadParameter("go with networks only", param_hint="FILE")
        show_configured_networks(files, state, as_json)
        return
    with asking(server, state or DEFAULT_STATE, token, authority) as daemon:
        items = ask_all(daemon, f"/api/v1/{subject}", parameters)
        if as_json:
            print_json(items)
        else:
            print_table(subject, items)


def print_json(items: Iterable[Mapping[str, Any]]) -> None:
    """An array with one item a line."""
    lines = [json.dumps(item, ensure_ascii=False) for item in items]
    typer.echo("[\n" + ",\n".join(lines) + "\n]" if lines else "[]")
