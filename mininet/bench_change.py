"""What one more network with two ports costs, beside 100, 1,000 and 10,000 others on the same two switches.

    hv1 ===== hv2      a real Open vSwitch each; every network has a port on both, over VXLAN

The daemon runs in this process. *A change* begins when the difference to the intent in force is known, and ends when
both switches have passed the barrier behind it. *A file* begins when the file with the new network is renamed into its
place, so the daemon has yet to notice it (it looks twice a second, and waits until files have stopped changing), to
read all files, and to find the difference.

The networks that are there already share four interfaces on each switch, as networks of trunk ports, because Open
vSwitch needs minutes to make 10,000 interfaces. The switches hold the flows of all of them. New networks have an
interface of their own on each switch, which is there before.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import bench_change_ovn
import ovn_site
from bench_report import Figure, note
from controller.daemon import Daemon, Options
from controller.intent.edit import difference
from controller.intent.model import Intent, Network, Port, Segment
from controller.southbound.listen import Listen
from controller.state_directory import StateDirectory
from lab import Lab, load_topology
from namespaces import CommandError

NAME = "change"
SIZES = (100, 1000, 10_000)
CHANGES, WARM_UP, FILES = 200, 10, 5
P50, P99, GROWTH = 5.0, 20.0, 1.3
"""The aims: milliseconds, milliseconds, and how many times as long beside the most networks as the fewest."""
SWITCHES = ("hv1", "hv2")
PER_TRUNK = 2500
_PATIENCE = 60.0

FABRIC = """\
fabric:
  switches:
    hv1: {dpid: "0000000000000001", endpoint: 198.51.100.1}
    hv2: {dpid: "0000000000000002", endpoint: 198.51.100.2}
lab:
  underlay: bridge
  hypervisors:
    hv1: {address: 198.51.100.1/24}
    hv2: {address: 198.51.100.2/24}
"""


def run() -> Iterator[Figure]:
    """Measure; about four minutes, and some more with OVN."""
    medians: dict[int, float] = {}
    for size in SIZES:
        note(f"{size:,} networks")
        with tempfile.TemporaryDirectory(prefix="tenantry-bench-") as name:
            samples = _measure(Path(name), size)
        medians[size] = _median(samples.changes)
        beside = f"beside {size:,} networks"
        yield Figure(NAME, f"one more {beside}, p50", medians[size], "ms", P50)
        yield Figure(NAME, f"one more {beside}, p99", _p99(samples.changes), "ms", P99)
        yield Figure(NAME, f"finding the difference {beside}, p50", _median(samples.compared), "ms")
        yield Figure(NAME, f"file with one more {beside}, p50", _median(samples.files), "ms")
    case = f"one more beside {SIZES[-1]:,} networks, and beside {SIZES[0]:,}, p50 (aim: ratio {GROWTH} at most)"
    yield Figure(NAME, case, medians[SIZES[-1]], "ms", medians[SIZES[0]])
    if not ovn_site.is_installed():
        note("OVN is not compared with: packages ovn-central and ovn-host are not there")
        return
    for size in bench_change_ovn.SIZES:
        note(f"OVN: {size:,} networks")
        theirs = _median(bench_change_ovn.measure(size))
        yield Figure(NAME, f"one more beside {size:,} networks, and OVN's, p50", medians[size], "ms", theirs)


@dataclass(frozen=True, slots=True)
class Samples:
    """Milliseconds each took."""

    changes: list[float]
    compared: list[float]
    files: list[float]


def installation(size: int) -> str:
    """The tenant of `size` networks that are there already, in YAML."""
    lines = ["tenants:", "  base:", "    networks:"]
    lines += [f"      n{number}: {{segment: vxlan}}" for number in range(size)]
    lines += ["    ports:"]
    for first in range(0, size, PER_TRUNK):
        trunk = ", ".join(f"{tag}: n{at}" for tag, at in enumerate(range(first, min(first + PER_TRUNK, size)), 2))
        for switch, octet in zip(SWITCHES, (1, 2), strict=True):
            name = f"trunk{first // PER_TRUNK}"
            place = f'switch: {switch}, interface: {name}, mac: "02:01:00:00:00:{octet:02x}"'
            lines.append(f"      {name}-{switch}: {{trunk: {{{trunk}}}, {place}}}")
    return "\n".join(lines) + "\n"


def one_more(intent: Intent, number: int) -> Intent:
    """The intent with one more network with two ports."""
    network = Network("more", f"x{number}", Segment.VXLAN)
    ports = [
        Port("more", f"x{number}-{at}", network.id, switch=at, interface=f"x{number}", mac=_mac(number, at))
        for at in SWITCHES
    ]
    return replace(
        intent,
        networks={**intent.networks, network.id: network},
        ports={**intent.ports, **{port.id: port for port in ports}},
    )


def more_files(numbers: range) -> str:
    """The tenant of the new networks, in YAML."""
    lines = ["tenants:", "  more:", "    networks:"]
    lines += [f"      x{number}: {{segment: vxlan}}" for number in numbers]
    lines += ["    ports:"]
    lines += [
        f'      x{number}-{at}: {{network: x{number}, switch: {at}, interface: x{number}, mac: "{_mac(number, at)}"}}'
        for number in numbers
        for at in SWITCHES
    ]
    return "\n".join(lines) + "\n"


def _mac(number: int, switch: str) -> str:
    return f"02:02:00:{number >> 8:02x}:{number & 255:02x}:{SWITCHES.index(switch):02x}"


def _measure(directory: Path, size: int) -> Samples:
    files, socket = directory / "conf", directory / "openflow.sock"
    files.mkdir()
    (files / "fabric.yaml").write_text(FABRIC)
    (files / "installation.yaml").write_text(installation(size))
    with Lab(*load_topology([files / "fabric.yaml"]), socket=socket) as lab:
        for switch in SWITCHES:
            _plug(lab, switch, size)
        with StateDirectory(directory / "state") as state:
            return asyncio.run(_drive(lab, Daemon(Options([files], [Listen(path=socket)]), state), files))


def _plug(lab: Lab, switch: str, size: int) -> None:
    """Give a switch the interfaces of all ports; ends of patches are the cheapest that Open vSwitch has."""
    node = lab.net[switch]
    names = [f"trunk{number}" for number in range((size - 1) // PER_TRUNK + 1)]
    names += [f"x{number}" for number in range(WARM_UP + CHANGES + FILES)]
    words = []
    for name in names:
        words += ["--", "add-port", node.bridge, name]
        words += ["--", "set", "interface", name, "type=patch", f"options:peer=-{name}"]
    node.vsctl(*words)


async def _drive(lab: Lab, daemon: Daemon, files: Path) -> Samples:
    async with _running(lab, daemon):
        changes, compared = [], []
        for number in range(WARM_UP + CHANGES):
            after = one_more(daemon.core.situation.intent, number)
            started = time.perf_counter()
            edit = difference(daemon.core.situation.intent, after)
            known = time.perf_counter()
            daemon.take(edit)
            await _settled(daemon)
            if number >= WARM_UP:
                changes.append((time.perf_counter() - known) * 1000)
                compared.append((known - started) * 1000)
        _check(lab)
        return Samples(changes, compared, [await _file(daemon, files, at) for at in range(FILES)])


@asynccontextmanager
async def _running(lab: Lab, daemon: Daemon) -> AsyncIterator[None]:
    running = asyncio.create_task(daemon.run())
    try:
        deadline = time.monotonic() + _PATIENCE
        while len(daemon.core.connected_switches()) < len(SWITCHES) and not running.done():
            if time.monotonic() > deadline:
                raise CommandError("the switches did not connect")
            await asyncio.sleep(0.1)
        await _settled(daemon)
        yield
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def _settled(daemon: Daemon) -> None:
    if not await daemon.settled(_PATIENCE):
        raise CommandError("the switches did not confirm")


async def _file(daemon: Daemon, files: Path, number: int) -> float:
    """Milliseconds from a file's new name to both barriers."""
    last = WARM_UP + CHANGES + number
    beside = files / "more.new"
    beside.write_text(more_files(range(last + 1)))
    started = time.perf_counter()
    beside.rename(files / "more.yaml")
    while f"more/x{last}" not in daemon.core.situation.intent.networks:
        if time.perf_counter() - started > _PATIENCE:
            raise CommandError("the daemon did not take up the file")
        await asyncio.sleep(0.001)
    await _settled(daemon)
    return (time.perf_counter() - started) * 1000


def _check(lab: Lab) -> None:
    """The last new network is on both switches."""
    for switch in SWITCHES:
        node = lab.net[switch]
        mac = _mac(WARM_UP + CHANGES - 1, switch)
        if mac not in node.ofctl("dump-flows", node.bridge, f"table=3,dl_src={mac}"):
            raise CommandError(f"{switch} does not have the last network that was added")


def _p99(samples: list[float]) -> float:
    return round(statistics.quantiles(samples, n=100, method="inclusive")[98], 2)


def _median(samples: list[float]) -> float:
    return round(statistics.median(samples), 2)
