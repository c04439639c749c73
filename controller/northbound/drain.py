"""`tenantry drain` and `undrain`: have frames go around a switch or a link, and say when it can be unplugged.

Exit status: 0 when it can be unplugged, or does not drain any more; 1 when frames still use it, or the daemon answered
with an error; 2 for wrong usage, or when no daemon answers.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated, Any, TypeAlias
from urllib.parse import quote

import typer

from controller.northbound.asking import At, Authority, Token, asking
from controller.northbound.client import Refused, Server, ask, ask_all, change
from controller.northbound.run import DEFAULT_STATE

LOOK_EVERY = 0.1
Target: TypeAlias = Annotated[
    str, typer.Argument(metavar="SWITCH[:INTERFACE]", help="A switch, or a link by an interface at one of its ends.")
]
State: TypeAlias = Annotated[Path, typer.Option(metavar="DIR", help="State directory of the daemon.")]
AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def drain(
    target: Target,
    timeout: Annotated[float, typer.Option(metavar="SECONDS", min=0, help="How long to wait for switches.")] = 60.0,
    as_json: AsJson = False,
    state: State = DEFAULT_STATE,
    server: At = None,
    token: Token = None,
    authority: Authority = None,
) -> None:
    """Have frames go around a switch or link, and wait until it can be unplugged.

    The daemon remembers it, also over a restart, until `tenantry undrain`. To stop waiting changes nothing.

    Example: tenantry drain spine1

    Example: tenantry drain leaf1:leaf1-eth2
    """
    with asking(server, state, token, authority) as daemon:
        path = _path(daemon, target)
        change(daemon, "PUT", path)
        if not as_json:
            typer.echo(f"{target} drains")
        item = _waited(daemon, path, timeout)
    if as_json:
        typer.echo(json.dumps(item))
    elif item["state"] == "clear":
        typer.echo("safe to unplug: no frame uses it any more")
    else:
        why = "it is still needed" if item["state"] == "needed" else "not all switches have confirmed yet"
        typer.echo("\n  ".join([f"not safe to unplug: {why}", *item["uses"]]))
    raise typer.Exit(0 if item["state"] == "clear" else 1)


def undrain(
    target: Target,
    as_json: AsJson = False,
    state: State = DEFAULT_STATE,
    server: At = None,
    token: Token = None,
    authority: Authority = None,
) -> None:
    """Use a switch or link again that `tenantry drain` has marked.

    Example: tenantry undrain spine1
    """
    with asking(server, state, token, authority) as daemon:
        path = _path(daemon, target)
        change(daemon, "DELETE", path)
        try:
            still = ask(daemon, path, {})
        except Refused:
            still = None
    if as_json:
        typer.echo(json.dumps(still))
    else:
        typer.echo(f"{target} still drains, as the files say so" if still else f"{target} is used again")


def _path(daemon: Server, target: str) -> str:
    """Where the daemon is told about it. Raises Refused for a link that it does not know."""
    if ":" not in target:
        return f"/api/v1/draining/switches/{quote(target, safe='')}"
    for link in ask_all(daemon, "/api/v1/links", {"switch": target.partition(":")[0]}):
        ends = [f"{link[f'{end}_switch']}:{link[f'{end}_interface']}" for end in "ab"]
        if target in ends:
            return f"/api/v1/draining/links/{'/'.join(quote(end, safe=':') for end in ends)}"
    raise Refused(f"no link is known at {target}; see `tenantry show links`")


def _waited(daemon: Server, path: str, timeout: float) -> dict[str, Any]:
    """How it is when switches have followed, or time is up."""
    ends = time.monotonic() + timeout
    while True:
        item: dict[str, Any] = ask(daemon, path, {})
        if item["state"] != "moving" or time.monotonic() >= ends:
            return item
        time.sleep(LOOK_EVERY)
