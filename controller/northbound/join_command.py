"""`tenantry join-command`: the line that makes a host join.

The line goes to the standard output, ready to be pasted; what is to be there before, as comments for a shell.
"""

from __future__ import annotations

import shlex
from typing import Annotated

import typer

from controller.intent.admitted import may_join
from controller.intent.model import SocketAddress
from controller.northbound.check import Files
from controller.northbound.configured import configured
from controller.ovsdb.replica import HOST

HERE = "/etc/openvswitch"
"""Where Debian, Ubuntu and Fedora keep a host's certificates."""
OPEN = "# whoever reaches this port can change all of the host's Open vSwitch: better use ssl:"


def join_command(
    host: Annotated[
        str, typer.Argument(metavar="HOST", help="The switch that is the host's, or a name that fabric.admit admits.")
    ],
    files: Files,
    ovsdb: Annotated[
        str | None,
        typer.Option(
            metavar="ENDPOINT",
            help="An --ovsdb endpoint of the daemon, by the address at which the host reaches it: ssl:HOST:PORT, "
            "tcp:HOST:PORT, or unix:PATH on the same machine. Not for a host that the daemon connects to.",
        ),
    ] = None,
) -> None:
    """Print the line to paste on a host so that it joins.

    The host connects to the daemon, or listens for it if it has connect in the configuration.

    With ssl: the host is known by its certificate, whose common name is the switch's name, as
    `ovs-pki req+sign HOST switch` makes it; otherwise by what the line writes into its database.

    Exit status: 0; 1 when the files have errors or there is no such host; 2 for wrong usage.

    Example: tenantry join-command hv1 /etc/tenantry --ovsdb ssl:192.0.2.10:6640
    """
    if ovsdb is not None:
        _check_endpoint(ovsdb)
    fabric = configured(files, None, 1).fabric
    hosts = {name: switch.host for name, switch in fabric.switches.items() if switch.host}
    is_certified = ovsdb is not None and ovsdb.startswith("ssl:")
    is_admitted = is_certified and host not in fabric.switches and may_join(fabric.admit, host)
    if host not in hosts and not is_admitted:
        known = f"hosts are: {', '.join(sorted(hosts))}" if hosts else "no switch has host: {}"
        typer.echo(f"{host} is no host; {known}", err=True)
        raise typer.Exit(1)
    address = hosts[host].connect if host in hosts else None
    if address is None and ovsdb is None:
        raise typer.BadParameter(f"is needed, as {host} connects to the daemon", param_hint="--ovsdb")
    if address and ovsdb:
        raise typer.BadParameter(f"is not for {host}, which the daemon connects to at {address}", param_hint="--ovsdb")
    for line in join_lines(host, passive(address) if address else ovsdb or ""):
        typer.echo(line)


def _check_endpoint(text: str) -> None:
    kind, _, rest = text.partition(":")
    if kind not in ("ssl", "tcp", "unix") or not rest or "'" in rest or any(sign.isspace() for sign in rest):
        raise typer.BadParameter("write ssl:HOST:PORT, tcp:HOST:PORT or unix:PATH", param_hint="--ovsdb")


def passive(address: SocketAddress) -> str:
    """How a database is told to listen there: `pssl:PORT:ADDRESS`, `ptcp:PORT:ADDRESS` or `punix:PATH` (ovsdb(7))."""
    if address.kind == "unix":
        return f"punix:{address.host}"
    return f"p{address.kind}:{address.port}:{f'[{address.host}]' if ':' in address.host else address.host}"


def join_lines(host: str, manager: str) -> list[str]:
    """The line, and before it comments about what it needs."""
    target = shlex.quote(manager)
    if "ssl" not in manager.partition(":")[0]:
        line = f"ovs-vsctl set Open_vSwitch . external_ids:{HOST}={host} -- set-manager {target}"
        return [OPEN, line] if manager.startswith("ptcp:") else [line]
    files = [f"{HERE}/{host}-privkey.pem", f"{HERE}/{host}-cert.pem", f"{HERE}/cacert.pem"]
    return [
        f"# {host}-privkey.pem and {host}-cert.pem are made by: ovs-pki req+sign {host} switch",
        "# cacert.pem is the authority of the daemon's certificate",
        f"ovs-vsctl set-ssl {' '.join(files)} \\",
        f"    -- set-manager {target}",
    ]
