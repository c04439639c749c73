"""Connecting to hosts whose databases listen for it (`ovs-vsctl set-manager pssl:...`).

For each host there is a task: it connects, waits until that is over, and tries again after waits that grow from
`FIRST_WAIT` to `LONGEST_WAIT` until the host is taken on. While the host has a session already, as it connected by
itself, nothing is done. That a host cannot be reached is said once for each reason, until it was reached.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Callable, Mapping
from functools import partial

from controller.intent.model import SocketAddress
from controller.ovsdb.connection import Connection, Dialled
from controller.southbound.listen import Tls, client_context, why
from controller.southbound.statistics import Statistics

log = logging.getLogger(__name__)

CONNECT_WITHIN = 5.0
"""Seconds."""
FIRST_WAIT, LONGEST_WAIT = 1.0, 8.0
"""Seconds; the longer one is Open vSwitch's own, so a host that comes up is found as soon as one that connects."""
NO_CERTIFICATE = "the daemon has no certificate; start it with --tls-cert, --tls-key and --tls-ca"


class Dialling:
    """All such hosts."""

    def __init__(
        self,
        make: Callable[[ssl.SSLContext | None, Dialled], Connection],
        has_session: Callable[[str], bool],
        statistics: Statistics,
    ) -> None:
        """`make` makes the protocol of a connection; `has_session` says whether a host has one, whoever opened it."""
        self._make = make
        self._has_session = has_session
        self._statistics = statistics
        self._tls: ssl.SSLContext | None = None
        self._is_open = False
        self._wanted: set[Dialled] = set()
        self._tasks: dict[Dialled, asyncio.Task[None]] = {}

    def open(self, tls: Tls | None) -> None:
        """Begin. Raises ListenError when the certificate cannot be used."""
        self._tls = client_context(tls) if tls else None
        self._is_open = True
        self._follow()

    def close(self) -> None:
        """Connect to nobody any more; connections that are there stay."""
        self._is_open = False
        self._follow()

    def expect(self, addresses: Mapping[str, SocketAddress]) -> None:
        """Connect to exactly these hosts, by name, from now on; connections that are there stay."""
        self._wanted = {Dialled(name, address) for name, address in addresses.items()}
        self._follow()

    def _follow(self) -> None:
        wanted = self._wanted if self._is_open else set()
        for dialled in self._tasks.keys() - wanted:
            self._tasks.pop(dialled).cancel()
        for dialled in wanted - self._tasks.keys():
            self._tasks[dialled] = asyncio.create_task(self._keep(dialled))

    async def _keep(self, dialled: Dialled) -> None:
        wait, said = FIRST_WAIT, ""
        while True:
            if self._has_session(dialled.name):
                wait, said = FIRST_WAIT, ""
            else:
                failure = await self._try(dialled)
                if not failure:
                    wait = FIRST_WAIT
                elif failure != said:
                    text = "host cannot be reached at %s: %s; tried again and again"
                    log.warning(text, dialled.address, failure, extra={"switch": dialled.name})
                said = failure
            await asyncio.sleep(wait)
            wait = min(2 * wait, LONGEST_WAIT)

    async def _try(self, dialled: Dialled) -> str:
        """Connect, and wait until that is over; why the host was not taken on, or "" if it was."""
        try:
            async with asyncio.timeout(CONNECT_WITHIN):
                connection = await self._connect(dialled)
        except TimeoutError:
            failure = f"no answer within {CONNECT_WITHIN:.0f} s"
        except OSError as error:
            failure = why(error)
        else:
            await connection.gone.wait()
            # Who is a duplicate came at the same time from the other side, and has a session.
            is_well = bool(connection.spoke_for) or connection.end is None or connection.end.kind == "duplicate"
            failure = "" if is_well or connection.end is None else connection.end.reason
        self._statistics.host_dials["failed" if failure else "taken on"] += 1
        return failure

    async def _connect(self, dialled: Dialled) -> Connection:
        address, loop = dialled.address, asyncio.get_running_loop()
        tls = self._tls if address.kind == "ssl" else None
        if address.kind == "ssl" and tls is None:
            raise OSError(None, NO_CERTIFICATE)
        make = partial(self._make, tls, dialled)
        if address.kind == "unix":
            return (await loop.create_unix_connection(make, address.host))[1]
        return (await loop.create_connection(make, address.host, address.port))[1]
