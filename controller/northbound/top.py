"""`tenantry top`: how much passes at ports, on networks, for tenants or over links, as it goes on.

On a terminal it is a table that is drawn again every second until Ctrl-C; otherwise, and with `--once`, it is printed
once. What an answer has and the screen has no room for is left out.

Exit status: see `controller.northbound.asking`; 0 after Ctrl-C.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer

from controller.northbound.asking import At, Authority, Network, Switch, Tenant, Token, asking, chosen
from controller.northbound.client import Server, ask
from controller.northbound.columns import Cell, column_lines, terminal_width
from controller.northbound.run import DEFAULT_STATE
from controller.northbound.show_tables import plain

Answer: TypeAlias = Mapping[str, Any]

DRAW_EVERY = 1.0
"""Seconds."""
AROUND = 3
"""Lines of a screen that no port is in: above, between, and one that a terminal needs."""


class Subject(StrEnum):
    """Whose rates are shown."""

    PORTS = "ports"
    NETWORKS = "networks"
    TENANTS = "tenants"
    LINKS = "links"


HEADINGS = {
    Subject.PORTS: ("Port", "Network", "At"),
    Subject.NETWORKS: ("Network",),
    Subject.TENANTS: ("Tenant",),
    Subject.LINKS: ("Link",),
}
_RATES = {
    "In pps": "packets_in",
    "In bps": "bits_in",
    "Out pps": "packets_out",
    "Out bps": "bits_out",
    "Drops": "drops",
}
_LINK_RATES = {
    "Speed": "speed",
    "Load": "load",
    "-> pps": "packets_a_to_b",
    "-> bps": "bits_a_to_b",
    "<- pps": "packets_b_to_a",
    "<- bps": "bits_b_to_a",
    "Drops": "drops",
}
RATES = {**dict.fromkeys(Subject, _RATES), Subject.LINKS: _LINK_RATES}
"""Columns of numbers, and of which fields they are."""


def top(
    subject: Annotated[
        Subject, typer.Argument(metavar="SUBJECT", help=f"One of: {', '.join(Subject)}.")
    ] = Subject.PORTS,
    tenant: Tenant = None,
    switch: Switch = None,
    network: Network = None,
    once: Annotated[bool, typer.Option("--once", help="Print it once, and end.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, once.")] = False,
    state: Annotated[Path, typer.Option(metavar="DIR", help="State directory of the daemon.")] = DEFAULT_STATE,
    server: At = None,
    token: Token = None,
    authority: Authority = None,
) -> None:
    """Show how much passes at each port, on each network, for each tenant or over each link, until Ctrl-C.

    The most comes first. Packets (pps) and bits (bps) of a second: in is what comes in from guests, out what goes out
    to them. Of a link -> is towards the end that is named second, and the load is how much of its speed the busier
    direction takes. The first answer takes a second.

    Example: tenantry top networks --tenant blue

    Example: tenantry top links --switch leaf1

    Example: tenantry top --once --json
    """
    path, parameters = "/api/v1/rates", {"limit": "1000", **chosen(tenant, switch, network)}
    if subject is Subject.LINKS:
        path = "/api/v1/rates/links"
        for name in parameters.keys() & {"tenant", "network"}:
            raise typer.BadParameter("does not go with links", param_hint=f"--{name}")
    else:
        parameters["of"] = subject.value
    with asking(server, state, token, authority) as daemon:
        if as_json:
            typer.echo(json.dumps(ask(daemon, path, parameters), indent=2, ensure_ascii=False))
        elif once or not sys.stdout.isatty():
            typer.echo("\n".join(_lines(subject, ask(daemon, path, parameters), None, terminal_width())))
        else:
            _draw(subject, daemon, path, parameters)


def _draw(subject: Subject, daemon: Server, path: str, parameters: Mapping[str, str]) -> None:
    # Not before: it takes as long to import as all else.
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    console = Console()
    try:
        with Live(console=console, screen=True, auto_refresh=False) as live:
            while True:
                answer = ask(daemon, path, parameters)
                lines = _lines(subject, answer, console.height, console.width)
                live.update(Text.from_ansi("\n".join(lines), no_wrap=True, overflow="crop"), refresh=True)
                time.sleep(DRAW_EVERY)
    except KeyboardInterrupt:
        raise typer.Exit(0) from None


def _lines(subject: Subject, answer: Answer, height: int | None, width: int | None) -> Sequence[str]:
    """The table, with at most so many lines in all, and below it what is left out."""
    items, behind = answer["items"], answer["behind"]
    if height is not None:
        items = items[: max(1, height - AROUND - bool(behind))]
    headings = (*HEADINGS[subject], *RATES[subject])
    numbers = RATES[subject].values()
    rows = [
        [*(Cell(plain(text)) for text in _names(subject, item)), *(Cell(_number(name, item[name])) for name in numbers)]
        for item in items
    ]
    names = len(HEADINGS[subject])
    lines = list(column_lines(headings, rows, [place >= names for place in range(len(headings))], width))
    # Long names are folded, so there may be more lines than items.
    lines = lines if height is None else lines[: max(2, height - AROUND + 1 - bool(behind))]
    if answer["known"] > len(items):
        lines.append(f"{answer['known'] - len(items):,} more")
    if behind:
        lines.append(f"No answer in time from {', '.join(map(plain, behind))}.")
    return lines


def _names(subject: Subject, item: Answer) -> tuple[str, ...]:
    if subject is not Subject.PORTS:
        return (item["id" if subject is Subject.LINKS else "name"],)
    return item["name"], item["network"] or "trunk", f"{item['switch']}:{item['interface']}"


def _number(name: str, value: float | None) -> str:
    if value is None:
        return "-"
    if name == "load":
        return f"{100 * value:.3g}%"
    return short(1000 * value if name == "speed" else value)


def short(number: float) -> str:
    """A number in three or four digits: 0, 7.5, 999, 1.23k, 45.6M."""
    if number < 1000:
        return f"{number:.3g}" if number < 100 else f"{number:.0f}"
    for unit in "kMGTP":
        number /= 1000
        # 999.6 would be written as 1000.
        if number < 999.5:
            return f"{number:#.3g}".rstrip(".") + unit
    return f"{number:.0f}P"
