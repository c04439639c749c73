"""`tenantry why`: what becomes of a frame from one port to another, and which flow decides at each step.

Exit status: 0 when it gets there, 1 when it does not, 2 for wrong usage, or when no daemon answers; with `--live` 3
when a switch does something else than was computed.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from controller.northbound.asking import At, Authority, Token, asking
from controller.northbound.client import Refused, ask
from controller.northbound.run import DEFAULT_STATE
from controller.northbound.why_frame import frame_to_ask
from controller.northbound.why_live import Live, compare, local_switches
from controller.northbound.why_text import print_answer
from controller.southbound.look import LookError

ARRIVES = ("delivered", "flooded")
DIFFERS = 3


def why(
    sender: Annotated[str, typer.Argument(metavar="FROM", help="Who sends: TENANT/PORT, or a MAC or IP address.")],
    receiver: Annotated[str, typer.Argument(metavar="TO", help="Who is to receive it, likewise.")],
    packet: Annotated[
        str,
        typer.Argument(
            metavar="PACKET",
            help="icmp, arp, tcp/443, udp/53, icmp6, nd, a frame in hex, or a pcap file, of which the first frame "
            "counts that fits.",
        ),
    ] = "icmp",
    tenant: Annotated[str | None, typer.Option(metavar="NAME", help="Whose ports count for addresses.")] = None,
    network: Annotated[
        str | None, typer.Option(metavar="TENANT/NAME", help="On which network, if both are on several.")
    ] = None,
    live: Annotated[
        bool, typer.Option("--live", help="Compare with what Open vSwitch on this machine really does.")
    ] = False,
    switches: Annotated[
        list[str],
        typer.Option(
            "--switch",
            metavar="ADDRESS",
            help="Compare with the switch at unix:PATH or tcp:HOST:PORT; may be repeated.",
        ),
    ] = [],  # noqa: B006  (Typer copies it)
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    state: Annotated[Path, typer.Option(metavar="DIR", help="State directory of the daemon.")] = DEFAULT_STATE,
    server: At = None,
    token: Token = None,
    authority: Authority = None,
) -> None:
    """Say why a frame gets from one port to another, or why it does not, and which flows decide.

    It is computed by the running daemon from the flows that switches should hold; nothing is sent.

    Example: tenantry why blue/web1 blue/web2 tcp/443

    Example: tenantry why 10.0.0.1 10.0.0.2 arp --tenant blue --live
    """
    given = {"from": sender, "to": receiver, "tenant": tenant, "network": network}
    parameters = {name: value for name, value in given.items() if value is not None}
    with asking(server, state, token, authority) as daemon:
        try:
            frame = frame_to_ask(packet, lambda: ask(daemon, "/api/v1/why", parameters))
            answer: dict[str, Any] = ask(daemon, "/api/v1/why", {**parameters, "packet": frame})
        except Refused as error:
            # Not 1, which says that the frame does not arrive.
            typer.echo(f"error: {error}", err=True)
            raise typer.Exit(2) from None
    compared = _compared(answer, [*switches, *(local_switches() if live else ())]) if live or switches else None
    if as_json:
        plain = {**answer, "live": compared.plain()} if compared else answer
        typer.echo(json.dumps(plain, indent=2, ensure_ascii=False))
    else:
        print_answer(answer, compared.lines() if compared else ())
    if compared and compared.differences:
        raise typer.Exit(DIFFERS)
    raise typer.Exit(0 if answer["verdict"] in ARRIVES else 1)


def _compared(answer: dict[str, Any], addresses: list[str]) -> Live:
    try:
        return compare(answer, addresses)
    except LookError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(2) from None
