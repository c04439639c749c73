"""What a large installation costs the daemon: memory, and the time to compile and push all of it.

The switches are fakes (`fake_switch`) over real sockets in this process; the daemon is a process of its own. Each
network has its ports on different switches, which is the most flows that so many ports can make. What compilation takes
of the time is measured apart from it, in this process, on the same intent.
"""

from __future__ import annotations

import asyncio
import gc
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench_report import Figure, note
from controller.core import Core
from controller.fabric.model import Interface
from controller.intent.loader import load
from controller.intent.model import Segment, SegmentKey
from demo_daemon import DaemonProcess
from fake_switch import FLOW_MOD, FakeSwitch
from installation import Installation
from namespaces import CommandError

NAME = "memory"
MOST_MEGABYTES = 600
MOST_SECONDS = 10
LARGE = Installation(networks=10_000, switches=100, spread=10)
_PATIENCE = 300.0
_PAUSE = 0.1


def run() -> Iterator[Figure]:
    """Measure; two minutes."""
    yield from measure(LARGE)


def measure(installation: Installation) -> Iterator[Figure]:
    """The figures of one installation."""
    size = f"{installation.networks:,} networks of {installation.spread} ports over {installation.switches} switches"
    with tempfile.TemporaryDirectory(prefix="tenantry-bench-") as name:
        topology = Path(name, "topology.yaml")
        topology.write_text(installation.text())
        note(f"{size}: compiling")
        flows, seconds = compile_all(topology, installation)
        yield Figure(NAME, f"{size}: flows", flows, "flows")
        yield Figure(NAME, f"{size}: compiled", round(seconds, 2), "s", MOST_SECONDS)
        note("pushing to fake switches")
        daemon = DaemonProcess(Path(name), [topology])
        with daemon:
            yield Figure(NAME, f"{size}: daemon with the intent alone", _await_ready(daemon), "MB")
            seconds = asyncio.run(_push(daemon, installation, flows))
            yield Figure(NAME, f"{size}: compiled and pushed", round(seconds, 2), "s")
            yield Figure(NAME, f"{size}: daemon in sync with all", _megabytes(daemon, "VmRSS"), "MB", MOST_MEGABYTES)
            yield Figure(NAME, f"{size}: daemon at its largest", _megabytes(daemon, "VmHWM"), "MB")


def compile_all(topology: Path, installation: Installation) -> tuple[int, float]:
    """(flows of all switches, seconds) for everything there is, once all switches are there."""
    intent = load([topology]).intent
    if intent is None:
        raise CommandError(f"{topology} is not valid")
    core = Core()
    core.adopt(intent, {name: SegmentKey(Segment.VXLAN, key) for key, name in enumerate(intent.networks, 4096)})
    for name, interfaces in zip(intent.fabric.switches, installation.interfaces(), strict=True):
        core.switch_ready(name, [Interface(*interface) for interface in interfaces.items()], True, 0.0)
    started, flows = time.monotonic(), 0
    while core.is_dirty:
        flows += sum(len(change.after.contents) for change in core.changes(1))
        gc.freeze()  # As the daemon does.
    return flows, time.monotonic() - started


async def _push(daemon: DaemonProcess, installation: Installation, flows: int) -> float:
    """Seconds from the first connection until the daemon has told all flows, and had its barriers answered."""
    loop, started = asyncio.get_running_loop(), time.monotonic()
    switches = [
        FakeSwitch(installation.dpid(number), interfaces) for number, interfaces in enumerate(installation.interfaces())
    ]
    for switch in switches:
        await loop.create_connection(lambda switch=switch: switch, "127.0.0.1", daemon.port)  # type: ignore[misc]
    while sum(switch.told[FLOW_MOD] for switch in switches) < flows:
        await asyncio.sleep(_PAUSE)
        if any(switch.is_closed for switch in switches) or time.monotonic() - started > _PATIENCE:
            raise CommandError(f"not all flows were told; the daemon said last:\n{daemon.log_tail()}")
    await asyncio.sleep(2 * _PAUSE)
    seconds = max(switch.last_barrier for switch in switches) - started
    for switch in switches:
        switch.transport.close()
    return seconds


def _await_ready(daemon: DaemonProcess) -> float:
    deadline = time.monotonic() + _PATIENCE
    while not daemon.socket.exists():
        if not daemon.is_running() or time.monotonic() > deadline:
            raise CommandError(f"the daemon did not get ready; it said last:\n{daemon.log_tail()}")
        time.sleep(_PAUSE)
    return _megabytes(daemon, "VmRSS")


def _megabytes(daemon: DaemonProcess, field: str) -> float:
    lines = Path(f"/proc/{daemon.process.pid if daemon.process else 0}/status").read_text().splitlines()
    kilobytes = next(int(line.split()[1]) for line in lines if line.startswith(f"{field}:"))
    return round(kilobytes / 1024)
