"""How long it takes to give 100,000 flows of 10,000 networks to one real, empty Open vSwitch.

Ours is the southbound, from the session to the answer to the last barrier, with the program compiled before; beside it
`ovs-ofctl --bundle add-flows` of the same flows into the same switch, in turns. Then a daemon that has loaded the YAML
and compiled nothing, from the session to the same barrier.
"""

from __future__ import annotations

import asyncio
import re
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from bench_report import Figure, note
from controller.core import Core
from controller.dataplane.flow import Program, Reason
from controller.dataplane.text import flow_text
from controller.fabric.model import Interface
from controller.intent.loader import load
from controller.intent.model import Segment, SegmentKey
from controller.southbound.drift import Drift
from controller.southbound.events import Held
from controller.southbound.listen import Listen
from controller.southbound.southbound import Southbound
from demo_daemon import DaemonProcess
from full_switch import BRIDGE, DPID, HERE, NETWORKS, FullSwitch, interfaces, topology
from namespaces import CommandError

NAME = "sync"
ROUNDS = 5
MOST_SECONDS = 3
_PATIENCE = 60.0
_PAUSE = 0.05
_IN_SYNC = re.compile(r"in sync, ([\d.]+) s after")


def run() -> Iterator[Figure]:
    """Measure; about two minutes."""
    yield from measure(NETWORKS)


def measure(networks: int) -> Iterator[Figure]:
    """The figures for so many networks."""
    with tempfile.TemporaryDirectory(prefix="tenantry-bench-") as name:
        directory = Path(name)
        document, flows = directory / "topology.yaml", directory / "flows.txt"
        document.write_text(topology(networks))
        with FullSwitch(directory / "ovs", networks) as switch:
            program = compiled(document, {name: switch.number(name) for name in [*interfaces(networks), "vxlan0"]})
            flows.write_text("".join(f"{flow_text(flow, cookie)}\n" for cookie, flow in program.flows.items()))
            ours, theirs = [], []
            for number in range(ROUNDS):
                note(f"{len(program.flows):,} flows: round {number + 1} of {ROUNDS}")
                ours.append(asyncio.run(_push(switch, program)))
                theirs.append(_add_flows(switch, flows))
            case = f"{len(program.flows):,} flows of {networks:,} networks into an empty switch"
            yield Figure(NAME, case, _median(ours), "s", _median(theirs))
            note("a cold daemon")
            cold = [_cold(directory / str(number), document, switch, len(program.flows)) for number in range(ROUNDS)]
            yield Figure(NAME, f"{case}, compiled in the same time", _median(cold), "s", MOST_SECONDS)


def await_in_sync(daemon: DaemonProcess, times: int = 1) -> float:
    """Wait until the daemon has logged so often that a switch is in sync; the seconds that the last time took."""
    deadline = time.monotonic() + _PATIENCE
    while len(found := _IN_SYNC.findall(daemon.log.read_text() if daemon.log.exists() else "")) < times:
        if not daemon.is_running() or time.monotonic() > deadline:
            raise CommandError(f"the switch is not in sync; the daemon said last:\n{daemon.log_tail()}")
        time.sleep(_PAUSE)
    return float(found[-1])


def await_listening(daemon: DaemonProcess) -> None:
    """Wait until switches can connect to the daemon's socket."""
    deadline = time.monotonic() + _PATIENCE
    while not daemon.socket.exists():
        if not daemon.is_running() or time.monotonic() > deadline:
            raise CommandError(f"the daemon did not get ready; it said last:\n{daemon.log_tail()}")
        time.sleep(_PAUSE)


class _Waiting:
    """The handler of a southbound that has a switch to wait for, and hears nothing else."""

    def __init__(self) -> None:
        self.ready = asyncio.Event()

    def switch_ready(self, name: str, interfaces: tuple[Interface, ...], has_meters: bool, held: Held) -> None:
        self.ready.set()

    def switch_settled(self, name: str) -> None: ...

    def switch_lost(self, name: str, reason: str) -> None: ...

    def interface_changed(self, name: str, interface: Interface, deleted: bool) -> None: ...

    def packet_in(self, name: str, cookie: int, in_port: int, data: bytes) -> None: ...

    def flow_expired(self, name: str, cookie: int) -> None: ...

    def drifted(self, name: str, what: Drift) -> None: ...

    def refused(self, name: str, reason: Reason, text: str) -> None:
        raise CommandError(f"the switch refused {reason}: {text}")

    def taken(self, name: str, network: str) -> None: ...


def compiled(document: Path, numbers: Mapping[str, int]) -> Program:
    """The program of a full switch whose interfaces have these OpenFlow numbers."""
    intent = load([document]).intent
    if intent is None:
        raise CommandError(f"{document} is not valid")
    core = Core()
    core.adopt(intent, {name: SegmentKey(Segment.VXLAN, key) for key, name in enumerate(intent.networks, 4096)})
    core.switch_ready(HERE, [Interface(*interface) for interface in numbers.items()], True, 0.0)
    core.changes()
    return core.compiler.program(HERE)


async def _push(switch: FullSwitch, program: Program) -> float:
    handler = _Waiting()
    southbound = Southbound(handler, {DPID: HERE})
    socket = switch.ovs.directory / "bench.sock"
    await southbound.listen([Listen(path=socket)])
    try:
        southbound.replace(HERE, program)
        await asyncio.to_thread(switch.empty)
        await asyncio.to_thread(switch.connect, socket)
        async with asyncio.timeout(_PATIENCE):
            await handler.ready.wait()
            started = time.monotonic()
            if not await southbound.settled([HERE], _PATIENCE) or southbound.statistics.refusals:
                raise CommandError(f"not all flows were taken: {southbound.statistics}")
            return time.monotonic() - started
    finally:
        await southbound.close()
        with suppress(CommandError):
            await asyncio.to_thread(switch.disconnect)


def _add_flows(switch: FullSwitch, flows: Path) -> float:
    switch.empty()
    started = time.monotonic()
    switch.ovs.ofctl("--bundle", "add-flows", BRIDGE, str(flows))
    return time.monotonic() - started


def _cold(directory: Path, document: Path, switch: FullSwitch, flows: int) -> float:
    directory.mkdir()
    daemon = DaemonProcess(directory, [document])
    daemon.socket = switch.ovs.directory / "openflow.sock"
    daemon.mark = switch.mark
    switch.empty()
    with daemon:
        await_listening(daemon)
        switch.connect(daemon.socket)
        seconds = await_in_sync(daemon)
        if switch.flows() != flows:
            raise CommandError(f"the switch has {switch.flows()} flows instead of {flows}")
        switch.disconnect()
    return seconds


def _median(seconds: list[float]) -> float:
    return round(statistics.median(seconds), 3)
