"""`tenantry run`: the daemon, until SIGTERM or Ctrl-C.

Exit status: 0 after an orderly end, 1 when it could not start, 2 for wrong usage.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from controller.large_blocks import give_back_when_freed
from controller.northbound.api_endpoints import api_endpoints
from controller.northbound.check import Files
from controller.northbound.logs import set_up_logs
from controller.southbound.listen import Listen, ListenError, Tls, parse_listen
from controller.state_directory import StateDirectory
from controller.state_file import StateError

log = logging.getLogger(__name__)

DEFAULT_LISTEN = "tcp:127.0.0.1:6653"
DEFAULT_STATE = Path("/var/lib/tenantry")


class LogLevel(StrEnum):
    """What is logged: this and everything more important."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


def run(
    files: Files,
    listen: Annotated[
        list[str],
        typer.Option(
            metavar="ENDPOINT",
            help="Where switches connect: tcp:HOST:PORT, ssl:HOST:PORT or unix:PATH; may be repeated.",
        ),
    ] = [DEFAULT_LISTEN],  # noqa: B006  (Typer copies it)
    ovsdb: Annotated[
        list[str],
        typer.Option(
            metavar="ENDPOINT",
            help="Where hosts connect with their databases (ovs-vsctl set-manager): tcp:HOST:PORT, ssl:HOST:PORT or "
            "unix:PATH; may be repeated.",
        ),
    ] = [],  # noqa: B006
    state: Annotated[
        Path, typer.Option(metavar="DIR", help="Where segment keys and secrets are kept.")
    ] = DEFAULT_STATE,
    tls_cert: Annotated[Path | None, typer.Option(metavar="FILE", help="Certificate for all that is ssl:.")] = None,
    tls_key: Annotated[Path | None, typer.Option(metavar="FILE", help="Private key of that certificate.")] = None,
    tls_ca: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Authority that switches' and hosts' certificates must be from."),
    ] = None,
    api: Annotated[
        list[str],
        typer.Option(
            metavar="ENDPOINT",
            help="Where questions are answered over HTTP, besides api.sock in the state directory: tcp:HOST:PORT on "
            "loopback, ssl:HOST:PORT or unix:PATH; may be repeated.",
        ),
    ] = [],  # noqa: B006
    api_token: Annotated[
        Path | None, typer.Option(metavar="FILE", help="File with the token that who asks over TCP has to show.")
    ] = None,
    log_level: Annotated[LogLevel, typer.Option(help="Log this and what is more important.")] = LogLevel.INFO,
) -> None:
    """Run the daemon.

    It takes up changed files by itself, and at once on SIGHUP; files with errors change nothing. SIGUSR1 compares all
    switches with what they should hold, now. SIGTERM and Ctrl-C end it and leave all flows in place.

    Example: tenantry run /etc/tenantry --listen tcp:127.0.0.1:6653 --state /var/lib/tenantry
    """
    # Not before: other commands start in half the time without it.
    from controller.daemon import Daemon, InvalidConfiguration, Options

    set_up_logs(log_level.value)
    give_back_when_freed()
    tls = _tls(tls_cert, tls_key, tls_ca)
    endpoints = [_endpoint(text, tls, "--listen") for text in listen]
    databases = [_endpoint(text, tls, "--ovsdb") for text in ovsdb]
    questions = api_endpoints(api, api_token, tls, state)
    # Whoever sees the lock may ask for an audit; before and after the daemon listens to that, it would be deadly.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
    try:
        with StateDirectory(state) as directory:
            asyncio.run(Daemon(Options(files, endpoints, questions, databases, tls), directory).run())
    except InvalidConfiguration:
        log.error("not started: the configuration is not valid")
        raise typer.Exit(1) from None
    except (StateError, ListenError) as error:
        log.error("not started: %s", error)
        raise typer.Exit(1) from None


def _tls(certificate: Path | None, key: Path | None, authority: Path | None) -> Tls | None:
    if certificate and key and authority:
        return Tls(certificate, key, authority)
    if certificate or key or authority:
        raise typer.BadParameter("go together: give all three, or none", param_hint="--tls-cert, --tls-key, --tls-ca")
    return None


def _endpoint(text: str, tls: Tls | None, option: str) -> Listen:
    try:
        return parse_listen(text, tls)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from None
