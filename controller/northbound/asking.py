"""What all commands that ask a daemon share: options, and how they end.

Exit status: 0; 1 when the daemon answered with an error; 2 for wrong usage, or when no daemon answers.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from controller.northbound.api_endpoints import SOCKET
from controller.northbound.client import NoAnswer, Refused, Server, server_at

Tenant: TypeAlias = Annotated[str | None, typer.Option(metavar="NAME", help="Only of this tenant.")]
Switch: TypeAlias = Annotated[str | None, typer.Option(metavar="NAME", help="Only of this switch.")]
Network: TypeAlias = Annotated[str | None, typer.Option(metavar="TENANT/NAME", help="Only of this network.")]
At: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--server",
        metavar="ENDPOINT",
        envvar="TENANTRY_SERVER",
        help="Where the daemon is asked: unix:PATH, tcp:HOST:PORT or ssl:HOST:PORT; by default, the socket in its "
        "state directory.",
    ),
]
Token: TypeAlias = Annotated[
    Path | None,
    typer.Option(metavar="FILE", envvar="TENANTRY_TOKEN", help="File with the token for a tcp: or ssl: endpoint."),
]
Authority: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--ca", metavar="FILE", envvar="TENANTRY_CA", help="Authority that the certificate of an ssl: endpoint is from."
    ),
]


@contextmanager
def asking(at: str | None, state: Path, token: Path | None, authority: Path | None) -> Iterator[Server]:
    """The daemon to ask; what goes wrong meanwhile ends the command."""
    try:
        yield server_at(at or f"unix:{state / SOCKET}", token, authority)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--server") from None
    except NoAnswer as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(2) from None
    except Refused as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from None


def chosen(tenant: str | None, switch: str | None, network: str | None) -> dict[str, str]:
    """What the answer is narrowed by, as parameters of a question."""
    given = {"tenant": tenant, "switch": switch, "network": network}
    return {name: value for name, value in given.items() if value is not None}
