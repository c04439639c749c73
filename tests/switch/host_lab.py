"""A host for tests: an Open vSwitch of its own in a namespace, and a `Hosts` in this process for its database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address

from controller.fabric.departures import Departures
from controller.fabric.plugs import Report
from controller.intent.model import Segment
from controller.ovsdb.hosts import Hosts
from controller.ovsdb.plan import HostPlan
from controller.southbound.listen import Listen
from controller.southbound.statistics import Statistics
from private_ovs import PrivateOvs

BRIDGE = "br-int"
PLAN = HostPlan("hv1", BRIDGE, 0x11, ip_address("198.51.100.1"), {Segment.VXLAN: "vxlan0", Segment.GRE: "gre0"})
CONTROLLER = "tcp:192.0.2.1:6653"


@dataclass(slots=True)
class Recorder:
    """A handler that writes down what it is told."""

    found: dict[str, Report] = field(default_factory=dict)
    came: list[tuple[str, str]] = field(default_factory=list)
    """Hosts, and where they were connected to; "" for those that connected themselves."""
    gone: list[tuple[str, str]] = field(default_factory=list)

    def connected(self, host: str, peer: str, *, is_dialled: bool) -> None:
        self.came.append((host, peer if is_dialled else ""))

    def joined(self, host: str) -> None:
        """Nothing that a test asks for."""

    def reported(self, host: str, said: Report) -> None:
        self.found[host] = said

    def lost(self, host: str, reason: str) -> None:
        self.gone.append((host, reason))


def no_departures() -> Departures:
    """Nobody that was given anything."""
    return Departures(lambda: None)


@asynccontextmanager
async def taking_on(
    *endpoints: Listen, handler: Recorder | None = None, departures: Departures | None = None
) -> AsyncIterator[Hosts]:
    """A `Hosts` that expects hv1."""
    hosts = Hosts(handler or Recorder(), (), Statistics(), departures or no_departures())
    hosts.expect({PLAN.name: PLAN})
    await hosts.open(endpoints)
    try:
        yield hosts
    finally:
        await hosts.close()


def join(ovs: PrivateOvs, manager: str, *more: str) -> None:
    """The one line of a host that joins without TLS."""
    words = ["external_ids:tenantry-host=hv1", f"external_ids:tenantry-controller={CONTROLLER}", *more]
    ovs.vsctl("set", "Open_vSwitch", ".", *words, "--", "set-manager", manager)


def has(ovs: PrivateOvs, table: str, row: str, column: str) -> str:
    """A column as `ovs-vsctl` prints it."""
    return ovs.vsctl("--if-exists", "get", table, row, column).strip()
