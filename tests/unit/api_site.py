"""A core with something of everything, and a real server that answers about it from a thread of its own.

s1 === s2, s3 was never seen; blue/web on both, red/db on s2 and outside, and a trunk port of blue on s1.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path

from fastapi import FastAPI

from controller.api.answering import Answering
from controller.api.app import make_app
from controller.api.endpoint import Endpoint
from controller.api.metrics import Metrics
from controller.api.serving import Serving
from controller.api.sources import Sources, Writer
from controller.configuration import Configuration
from controller.consequences import HostSession
from controller.core import Core
from controller.dataplane.flow import OUR_GROUPS, Reason
from controller.event_log import EventKind, EventLog
from controller.fabric import underlay_paths
from controller.fabric.model import End, Interface
from controller.fabric.outside_loops import Attachment, Block, Cause
from controller.fabric.reachability import Goal
from controller.intent.document import FabricDocument
from controller.intent.model import Fabric, Host, Intent, LinkSetting, Network, Port, Segment, SegmentKey, Switch
from controller.intent.write import Outcome, Refusal, Refused, Result, Write
from controller.planning import Planning
from controller.southbound.counters import Counted, InterfaceCounters
from controller.southbound.drift import Drift
from controller.southbound.listen import Listen
from controller.southbound.statistics import Statistics
from controller.timings import Timings

START = 1_700_000_000.0
GUEST = 0x020000000099
SWITCHES = {
    "s1": Switch("s1", 1, ip_address("198.51.100.1"), {Segment.VXLAN: "vxlan0"}, host=Host()),
    "s2": Switch("s2", 2, ip_address("198.51.100.2"), {Segment.VXLAN: "vxlan0"}, draining=True),
    "s3": Switch("s3", 3),
}
NETWORKS = {
    "blue/web": Network("blue", "web", Segment.VLAN),
    "blue/spare": Network("blue", "spare", Segment.VLAN, description="without a key"),
    "red/db": Network("red", "db", Segment.VXLAN),
}
PORTS = {
    port.id: port
    for port in (
        Port(
            "blue",
            "a",
            "blue/web",
            switch="s1",
            interface="tap1",
            mac="02:00:00:00:00:01",
            ip=(ip_address("10.0.0.1"),),
        ),
        Port("blue", "b", "blue/web", switch="s2", interface="tap1"),
        Port("blue", "t", trunk=((5, "blue/web"), (6, "blue/spare")), switch="s1", interface="tap2"),
        Port("red", "a", "red/db", switch="s2", interface="tap2"),
        Port("red", "gone", "red/db", switch="s2", interface="tap9"),
        Port("red", "out", "red/db", endpoint=ip_address("203.0.113.9")),
    )
}
LINKS = {(("s1", "wire9"), ("s3", "wire9")): LinkSetting(cost=10)}
INTENT = Intent(Fabric(SWITCHES, links=LINKS), ("blue", "red"), NETWORKS, PORTS)
KEYS = {"blue/web": SegmentKey(Segment.VLAN, 101), "red/db": SegmentKey(Segment.VXLAN, 70000)}
INTERFACES = (
    Interface("tap1", 1),
    Interface("tap2", 2, up=False),
    Interface("vxlan0", 3),
    Interface("wire1", 4, speed=10_000_000),
)


@dataclass
class Switches:
    """The southbound, as far as it is asked."""

    statistics: Statistics = field(default_factory=Statistics)
    rounds: int = 0
    core: Core | None = None
    """Whose flows are counted."""

    def is_settled(self, switch: str) -> bool:
        return switch == "s1"

    def waiting(self) -> Collection[str]:
        return ()

    def session_age(self, switch: str) -> float:
        return 12.34

    def flows(self, switch: str) -> int:
        return 17

    async def count(self, trunks: Mapping[str, Sequence[int]], timeout: float) -> dict[str, tuple[float, Counted]]:
        """s1 passes more and more, also to s2, which does not answer."""
        assert trunks in ({"s1": [2]}, {})
        self.rounds += 1
        now = 100.0 + self.rounds
        guest = InterfaceCounters(10 * self.rounds, 2000 * self.rounds, 1500 * self.rounds, 10**6 * self.rounds, 0, now)
        trunk = InterfaceCounters(5 * self.rounds, 0, 500 * self.rounds, 0, 7 * self.rounds, now)
        wire = InterfaceCounters(
            30 * self.rounds, 10**5 * self.rounds, 3000 * self.rounds, 125 * 10**6 * self.rounds, 2 * self.rounds, now
        )
        web = self.core.compiler.remembered("s1", "blue/web")[1].contents if self.core else ()
        counts = {"enters": (4 * self.rounds, 400 * self.rounds), "delivered": (self.rounds, 80 * self.rounds)}
        flows = {flow.cookie: counts[flow.reason.note] for flow in web if flow.reason.note in counts}
        return {"s1": (asyncio.get_running_loop().time(), Counted({1: guest, 2: trunk, 4: wire}, flows))}

    async def looked(self, timeout: float) -> dict[str, Drift]:
        enters = Reason("access", "enters", "blue/web", "blue/a")
        changed = Drift({enters: 2, Reason("vlan", "from a link"): 1}, 1, (OUR_GROUPS[9],), (0x8000,), {enters: 1})
        return {"s1": Drift({}, 0, (), ()), "s2": changed}

    def is_off(self, switch: str, network: str) -> bool:
        return (switch, network) == ("s2", "red/db")


class Planner:
    """Makes no plans."""

    async def plan(self, body: bytes, with_lines: bool) -> tuple[int, bytes]:
        return 200, body


def core_of(intent: Intent = INTENT) -> Core:
    """A core that has seen two of the switches, the wire between them, and a guest; and blocks a port.

    The endpoint of s1 is out of reach, and something is wrong with the ways from that of s2.
    """
    core = Core()
    core.adopt(intent, {name: key for name, key in KEYS.items() if name in intent.networks})
    for name in ("s1", "s2"):
        core.switch_ready(name, INTERFACES, True, 0.0)
    core.heard(End("s1", "wire1"), End("s2", "wire1"), 0.0, 0.001)
    core.heard(End("s2", "wire1"), End("s1", "wire1"), 0.0, 0.003)
    core.observed("blue/web", "blue/b", GUEST)
    at = Attachment("red/db", "red/a")
    core.loops.blocked[at] = Block(at, at, Cause.REFLECTED)
    core.note_reach(frozenset((Goal("s1", Segment.VXLAN),)))
    for sent in range(underlay_paths.ENOUGH):
        core.paths.send(underlay_paths.Path("s2", "s1", Segment.VXLAN), float(sent))
    core.paths.judge(10.0, lambda _: 10.0)
    core.paths.narrow[underlay_paths.Path("s2", "s1", Segment.GRE)] = 1400
    core.hosts["s1"] = HostSession("ssl:192.0.2.11:6640", is_dialled=True, has_joined=True)
    core.changes()
    return core


def events_of() -> EventLog:
    """What happened: a switch came, an address was learned, a link went."""
    log = EventLog(START)
    log.add(START + 1, EventKind.SWITCH_CONNECTED, "info", "connected with 4 interfaces", {"switch": "s1"})
    names = {"switch": "s2", "tenant": "blue", "network": "blue/web", "port": "blue/b"}
    log.add(START + 2, EventKind.ADDRESS_LEARNED, "info", "address 02:00:00:00:00:99: learned", names)
    log.add(START + 3, EventKind.LINK_DOWN, "warning", "link down: s1:wire2 -- s2:wire2", {})
    return log


class NoWrites:
    """Nothing can be changed."""

    async def write(self, write: Write) -> Outcome:
        raise Refused(Refusal.CONFLICT, f"nothing is changed here: {write.path}")

    def version(self, path: str) -> int | None:
        return None

    def marks(self) -> Iterable[str]:
        return ()

    def fabric(self) -> FabricDocument:
        return FabricDocument()


class Marks(NoWrites):
    """Only what drains can be changed."""

    def __init__(self) -> None:
        self.paths: set[str] = set()

    async def write(self, write: Write) -> Outcome:
        if write.content is not None:
            self.paths.add(write.path)
        elif write.path in self.paths:
            self.paths.remove(write.path)
        else:
            raise Refused(Refusal.NOT_FOUND, "it is not marked")
        return Outcome(Result.CREATED, ())

    def version(self, path: str) -> int | None:
        return 1 if path in self.paths else None

    def marks(self) -> Iterable[str]:
        return sorted(self.paths)


def sources_of(core: Core, events: EventLog) -> Sources:
    """What answers about them are made of."""
    switches = Switches(core=core)
    metrics = Metrics(core, switches, events, Timings(lambda: 0.0), "1.2.3")
    return Sources(core, switches, events, metrics, Answering(core), NoWrites(), Planner(), "1.2.3", START)


def app_of(core: Core, events: EventLog) -> FastAPI:
    """The app that gives them."""
    return make_app(sources_of(core, events))


@dataclass(frozen=True)
class Site:
    """A server that runs."""

    loop: asyncio.AbstractEventLoop
    core: Core
    events: EventLog
    socket: Path

    def add(self, kind: EventKind, text: str) -> None:
        """Let something happen."""
        self.loop.call_soon_threadsafe(self.events.add, START + 9, kind, "info", text, {})


@contextmanager
def serving(
    directory: Path,
    more: Sequence[Endpoint] = (),
    core: Core | None = None,
    writer: Writer | None = None,
    configuration: Configuration | None = None,
    switches: Switches | None = None,
) -> Iterator[Site]:
    """A server on `api.sock` of a directory, and on more endpoints; with a configuration it makes plans."""
    core, events, loop = core or core_of(), events_of(), asyncio.new_event_loop()
    socket = directory / "api.sock"
    is_open, stop = threading.Event(), asyncio.Event()

    async def run() -> None:
        planner = Planning(core, configuration) if configuration else Planner()
        timings = Timings(loop.time)
        server = Serving(core, switches or Switches(core=core), events, timings, writer or NoWrites(), planner)
        await server.open([Endpoint(Listen(path=socket)), *more])
        working = asyncio.create_task(server.run())
        is_open.set()
        await stop.wait()
        working.cancel()
        server.close()
        await asyncio.sleep(0.05)

    thread = threading.Thread(target=lambda: loop.run_until_complete(run()))
    thread.start()
    try:
        assert is_open.wait(10)
        yield Site(loop, core, events, socket)
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()
