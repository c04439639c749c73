"""All connections with hosts' databases: who they are, and which of them are taken on.

A peer that connects begins as a stranger. Who it is follows from its certificate; without TLS, from what it says in
`external_ids` of its row in table Open_vSwitch. One that the daemon connected to (`controller.ovsdb.dialling`) is
awaited: it has to be who was meant, by its certificate; without TLS it may say nothing, but nobody else's name.

If a host of that name is in the configuration, and no other connection speaks for it (`controller.southbound.claims`),
it is taken on (`controller.ovsdb.host`). One that came with a certificate and is not in the configuration may be
admitted, and waits until it is. One that was away when it left the configuration is taken on to be left
(`controller.fabric.departures`). Otherwise it is refused, and nothing was written to it, whoever connected. The number
of strangers is bounded: when there are too many, the oldest goes.

The time that is spent on what they say is bounded, too (`controller.ovsdb.share`): for each host by its name, once that
is certain or its connection is taken on, and for all strangers together. A host pays as well for what follows from it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial

from controller.fabric.departures import REMEMBERED, Departures, Given
from controller.ovsdb.allowance import Allowance, Allowances
from controller.ovsdb.connection import Connection
from controller.ovsdb.dialling import Dialling
from controller.ovsdb.handler import HostHandler
from controller.ovsdb.host import Host
from controller.ovsdb.plan import HostPlan
from controller.ovsdb.replica import HOST
from controller.ovsdb.session import Alive, Answered, Changed, Closed, Event
from controller.southbound.bounded_log import BoundedLog
from controller.southbound.claims import Claims
from controller.southbound.listen import Listen, Tls, open_server, tls_context
from controller.southbound.statistics import Statistics

log = logging.getLogger(__name__)

TICK = 0.5
"""Seconds between two looks at the time-outs of all sessions."""
MAX_STRANGERS = 256
"""Or two for each host that is expected, if that is more: all may come at once."""
ADMIT_WITHIN = 10.0
"""Seconds in which a host that may join is in the configuration."""
CLOSE_WITHIN = 0.5
"""Seconds in which peers may say goodbye when the daemon ends."""


class Hosts:
    """All connections, and the hosts behind them."""

    def __init__(
        self,
        handler: HostHandler,
        openflow: Sequence[Listen],
        statistics: Statistics,
        departures: Departures,
        admits: Callable[[str], bool] = lambda host: False,
    ) -> None:
        """`openflow` is where switches connect, `statistics` where to count, `departures` where to note hosts.

        `admits` tells whether a host that is not in the configuration will be.
        """
        self._handler = handler
        self.admits = admits
        self._admitted: dict[Connection, float] = {}
        """Strangers that wait until they are in the configuration, and since when."""
        self.statistics = statistics
        self.joined: dict[str, Host] = {}
        """Hosts that were taken on, by name; some may be leaving."""
        self._openflow = tuple(openflow)
        self._plans: Mapping[str, HostPlan] = {}
        self._departures = departures
        self._strangers: dict[Connection, None] = {}
        self._awaited: dict[Connection, None] = {}
        self._identified: dict[Connection, str] = {}
        self._claims: Claims[str, Connection] = Claims(self._take_on)
        self._complaints = BoundedLog(log)
        self.allowances = Allowances(self._is_known)
        self._servers: list[asyncio.Server] = []
        self._endpoints: list[Listen] = []
        self._dialling = Dialling(partial(Connection, self), self.joined.__contains__, statistics)
        self._ticking: asyncio.Task[None] | None = None

    async def open(self, endpoints: Sequence[Listen], tls: Tls | None = None) -> None:
        """Let hosts connect, and connect to others, with `tls` where that is asked for.

        Raises ListenError when an endpoint cannot be listened on, or the certificate cannot be used.
        """
        for endpoint in endpoints:
            context = tls_context(endpoint.tls) if endpoint.tls else None
            self._servers.append(await open_server(endpoint, partial(Connection, self, context)))
            self._endpoints.append(endpoint)
        self._dialling.open(tls)
        self._ticking = asyncio.create_task(self._tick())

    async def close(self) -> None:
        """End all connections, within a second. Hosts keep what they have."""
        if self._ticking:
            self._ticking.cancel()
        self._dialling.close()
        for server in self._servers:
            server.close()
        connections = self._connections()
        for connection in connections:
            connection.close("ended", "the daemon ends")
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_WITHIN):
                for connection in connections:
                    await connection.gone.wait()
        for connection in connections:
            connection.abort()
        for endpoint in self._endpoints:
            if endpoint.path:
                endpoint.path.unlink(missing_ok=True)

    def expect(self, plans: Mapping[str, HostPlan]) -> None:
        """Have exactly these hosts, by name, each with what its plan says; others are left, now or when they come."""
        self._plans = dict(plans)
        departed = self._departures.expect({name: _given(plan) for name, plan in plans.items()}, time.time())
        for name in departed:
            if name not in self.joined:
                text = "host is away: what was made on it is taken back if it comes back within %d days"
                log.warning(text, REMEMBERED / 86400, extra={"switch": name})
        self.allowances.prune()
        self._dial()
        for connection in [*self._awaited, *self._identified]:
            name = connection.dialled.name if connection.dialled else self._identified[connection]
            host = self.joined.get(name)
            if name in plans and connection.dialled and connection.dialled.address != plans[name].connect:
                connection.close("moved", "the configuration does not have it at this address any more")
            elif host is None or host.connection is not connection:
                if not self._is_known(name):
                    connection.close("unknown host", "it is no longer in the configuration")
            elif name in plans:
                host.change(plans[name])
            else:
                host.leave()
        waiting, self._admitted = list(self._admitted), {}
        for connection in waiting:
            self._identify(connection)

    def install(self, name: str, interfaces: frozenset[str]) -> None:
        """The ports at exactly these interfaces of a host are in force, by its switch's word."""
        if name in self.joined:
            self.joined[name].install(interfaces)

    def uninstall(self, name: str, interface: str) -> None:
        """No port is at this interface of a host any more."""
        if name in self.joined:
            self.joined[name].uninstall(interface)

    # What connections report (`controller.ovsdb.connection.Owner`)

    def opened(self, connection: Connection) -> None:
        """There is a peer."""
        self.statistics.host_connections += 1
        if connection.dialled:
            self._awaited[connection] = None
            return
        self._strangers[connection] = None
        most = max(MAX_STRANGERS, 2 * len(self._plans))
        if len(self._strangers) > most:
            next(iter(self._strangers)).close("crowded", f"more than {most} peers have not said who they are")

    def received(self, connection: Connection, event: Event) -> None:
        """A session has something to say."""
        name = self._identified.get(connection)
        if name is None:
            if connection.is_ready and connection not in self._admitted:
                self._identify(connection)
            return
        if isinstance(event, Alive):
            self._claims.answered(name, connection)
        host = self.joined.get(name)
        if host is None or host.connection is not connection:
            return
        if isinstance(event, Answered):
            host.answered(event.error)
        elif isinstance(event, Changed):
            host.look_soon()

    def allowance(self, connection: Connection) -> Allowance:
        """What the time that its messages take is spent from.

        Whoever merely says that it is a host spends nothing of that host's.
        """
        return self.allowances.of(connection.sure_name)

    def slowed(self, connection: Connection) -> None:
        """It has to wait until it is heard again. So it is alive."""
        self.statistics.hosts_slowed += 1
        self._claims.answered(connection.sure_name, connection)

    def closed(self, connection: Connection, why: Closed) -> None:
        """A connection is over."""
        self.statistics.hosts_closed[why.kind] += 1
        self._strangers.pop(connection, None)
        self._admitted.pop(connection, None)
        self._awaited.pop(connection, None)
        name = self._identified.pop(connection, "")
        host = self.joined.get(name)
        if host is not None and host.connection is connection:
            del self.joined[name]
            host.end()
            if why.kind == "left":
                self._departures.forget({name})
                self._dial()
            if why.kind != "ended":
                self._handler.lost(name, why.reason if why.kind == "left" else f"{why.reason}; it keeps what it has")
        elif why.kind != "ended" and not connection.dialled:
            text = "host's connection refused or ended: %s"
            self._complaints.warning(_now(), text, why.reason, peer=connection.peer, switch=name)
        if name:
            self._claims.released(name, connection)

    def _identify(self, connection: Connection) -> None:
        name = connection.certified
        if name is None:
            try:
                name = connection.session.replica.root.external_ids.get(HOST, "")
            except ValueError as error:
                connection.close("malformed", str(error))
                return
        where = "its certificate" if connection.is_secure else f"external_ids:{HOST}"
        if connection.dialled and not connection.is_secure:
            name = name or connection.dialled.name
        if not name:
            connection.close("unknown host", f"it does not say in {where} which host it is")
        elif connection.dialled and name != connection.dialled.name:
            connection.close("unknown host", f"it says in {where} that it is {name[:63]!r}")
        elif name not in self._plans and connection.is_secure and not connection.dialled and self.admits(name):
            self._admitted[connection] = _now()
        elif not self._is_known(name):
            connection.close("unknown host", f"no host {name[:63]!r} is in the configuration")
        else:
            self._strangers.pop(connection, None)
            self._awaited.pop(connection, None)
            self._identified[connection] = name
            self._claims.claim(name, connection, _now())

    def _take_on(self, connection: Connection) -> None:
        name = self._identified[connection]
        plan, departed = self._plans.get(name), self._departures.departed().get(name)
        if plan:
            self._departures.take_on(name, _given(plan))
        elif departed:
            plan = HostPlan(name, departed.bridge, 0)
        else:
            connection.close("unknown host", "it is no longer in the configuration")
            return
        self.statistics.host_sessions += 1
        connection.spoke_for = name
        host = Host(plan, connection, self._openflow, self._handler, self.statistics, self._complaints)
        self.joined[name] = host
        self._handler.connected(name, connection.peer, is_dialled=connection.dialled is not None)
        if departed and name not in self._plans:
            host.leave()
        else:
            host.look_soon()

    def _is_known(self, name: str) -> bool:
        """Whether that is a host of the configuration, or one to be left when it comes."""
        return name in self._plans or name in self._departures.departed()

    def _dial(self) -> None:
        """Connect to the hosts that listen, and to such that are to be left."""
        addresses = {name: given.connect for name, given in self._departures.departed().items()}
        addresses |= {name: plan.connect for name, plan in self._plans.items()}
        self._dialling.expect({name: address for name, address in addresses.items() if address})

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK)
            for connection in self._connections():
                connection.tick(_now())
            self._claims.tick(_now())
            for connection, since in list(self._admitted.items()):
                if _now() > since + ADMIT_WITHIN:
                    connection.close("unknown host", "it could not be admitted; see the log")
            if self._departures.prune(time.time()):
                self._dial()

    def _connections(self) -> list[Connection]:
        return [*self._strangers, *self._awaited, *self._identified]


def _given(plan: HostPlan) -> Given:
    return Given(plan.bridge, plan.connect, plan.keep)


def _now() -> float:
    return asyncio.get_running_loop().time()
