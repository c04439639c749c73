"""What a hundred hosts that join cost, and how long a guest that is plugged in waits.

    hv1, hv2             a real Open vSwitch each, in a namespace
    hv3 ... hv100        a real ovsdb-server each, whose bridge has been there before
                         <- Unix sockets -> the daemon's process

*Joining* is from the first host's connection until all have what they should. A *plug* is from the write into hv1's
database, over a socket that is open, until the row says `tenantry-installed`: the flows are confirmed. The port's
network has a member on hv2, too. OVN does the same with `ovn-installed`, with two chassis and no further hosts.
"""

from __future__ import annotations

import os
import re
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import bench_join_ovn
import ovn_site
from bench_discovery import cpu_seconds
from bench_join_plugs import PEER, PORTS, mac, plug_times
from bench_report import Figure, note
from bench_sync import await_listening
from demo_daemon import DaemonProcess
from lab_ledger import Ledger, sweep
from namespaces import CommandError, new_namespace
from namespaces import run as run_command
from plug_client import PlugClient
from private_ovs import SCHEMA, PrivateOvs

NAME = "join"
HOSTS = 100
P50 = 15.0
"""The aim, in milliseconds."""
INSTALLED = "tenantry-installed"
REST = 10.0
"""Seconds at rest that are measured."""
_REAL = 2
_PATIENCE = 60.0
_PAUSE = 0.01


def run() -> Iterator[Figure]:
    """Measure; a minute, and half of one more with OVN."""
    yield from measure(HOSTS)


def measure(hosts: int) -> Iterator[Figure]:
    """The figures for so many hosts."""
    note(f"starting {hosts} databases")
    with _installed(hosts) as (daemon, clients):
        before, cpu, started = _megabytes(daemon), cpu_seconds(daemon), time.perf_counter()
        for client in clients.values():
            client.connect(f"unix:{daemon.ovsdb}")
        _await_joined(daemon, hosts)
        took = time.perf_counter() - started
        case = f"{hosts} hosts join at once"
        yield Figure(NAME, f"{case}: until all have what they should", round(took, 2), "s")
        yield Figure(NAME, f"{case}: CPU of the daemon", round(cpu_seconds(daemon) - cpu, 2), "s")
        yield Figure(NAME, f"{case}: memory of the daemon that came with them", _megabytes(daemon) - before, "MB")
        cpu = cpu_seconds(daemon)
        time.sleep(REST)
        percent = 100 * (cpu_seconds(daemon) - cpu) / REST
        yield Figure(NAME, f"{hosts} hosts at rest: CPU of the daemon, in percent of a core", round(percent, 1), "%")
        note("plugging")
        clients["hv2"].plug("peer", PEER, mac(0))
        clients["hv2"].await_mark("peer", INSTALLED)
        ours = plug_times(clients["hv1"], INSTALLED)
    yield Figure(NAME, f"plug on one of {hosts} hosts, p50", _median(ours), "ms", P50)
    yield Figure(NAME, f"plug on one of {hosts} hosts, p99", _p99(ours), "ms")
    if not ovn_site.is_installed():
        note("OVN is not compared with: packages ovn-central and ovn-host are not there")
        return
    note("OVN")
    theirs = bench_join_ovn.measure()
    yield Figure(NAME, "plug, and OVN's, p50", _median(ours), "ms", _median(theirs))
    yield Figure(NAME, "plug, and OVN's, p99", _p99(ours), "ms", _p99(theirs))


def topology(hosts: int) -> str:
    """The configuration, in YAML."""
    lines = ["fabric:", "  switches:"]
    for number in range(1, hosts + 1):
        given = f'dpid: "{number:016x}", endpoint: 198.51.100.{number}, host: {{}}'
        lines.append(f"    hv{number}: {{{given}}}")
    lines += ["tenants:", "  blue:", "    networks: {net: {segment: geneve}}", "    ports:"]
    for number, name in enumerate((PEER, *PORTS)):
        lines.append(f'      {name}: {{network: net, iface_id: {name}, mac: "{mac(number)}"}}')
    return "\n".join(lines) + "\n"


@contextmanager
def _installed(hosts: int) -> Iterator[tuple[DaemonProcess, dict[str, PlugClient]]]:
    """The daemon, which listens, and a client of each host's database, by the host's name."""
    sweep()
    ledger = Ledger()
    try:
        with tempfile.TemporaryDirectory(prefix="tenantry-bench-") as name, ExitStack() as stack:
            document = Path(name, "topology.yaml")
            document.write_text(topology(hosts))
            daemon = DaemonProcess(Path(name), [document])
            daemon.mark = ledger.mark
            clients = {}
            for number in range(1, hosts + 1):
                ovs = _host(stack, ledger, number, daemon)
                clients[f"hv{number}"] = stack.enter_context(PlugClient(ovs.directory))
            stack.enter_context(daemon)
            await_listening(daemon)
            yield daemon, clients
    finally:
        ledger.close()


def _host(stack: ExitStack, ledger: Ledger, number: int, daemon: DaemonProcess) -> PrivateOvs:
    directory, said = ledger.directory / f"hv{number}", f"external_ids:tenantry-host=hv{number}"
    if number <= _REAL:
        ovs = PrivateOvs(directory, pid=stack.enter_context(new_namespace()), env=ledger.mark)
        stack.enter_context(ovs)
        (directory / "openflow.sock").symlink_to(daemon.socket)
        target = f"external_ids:tenantry-controller=unix:{directory / 'openflow.sock'}"
        ovs.vsctl("set", "Open_vSwitch", ".", said, target)
        return ovs
    ovs = PrivateOvs(directory, env=ledger.mark)
    directory.mkdir()
    run_command(["ovsdb-tool", "create", str(directory / "conf.db"), SCHEMA], env={**os.environ, **ledger.mark})
    ovs.start_database()
    stack.callback(ovs.stop)
    # What ovs-vswitchd would say.
    dpid = f'datapath_id="{number:016x}"'
    ovs.vsctl("--no-wait", "init", "--", "set", "Open_vSwitch", ".", said, "datapath_types=netdev")
    ovs.vsctl("--no-wait", "add-br", "br-int", "--", "set", "bridge", "br-int", dpid)
    return ovs


def _await_joined(daemon: DaemonProcess, hosts: int) -> None:
    deadline = time.monotonic() + _PATIENCE
    while len(re.findall("joined: ", daemon.log.read_text())) < hosts:
        if not daemon.is_running() or time.monotonic() > deadline:
            raise CommandError(f"not all hosts joined; the daemon said last:\n{daemon.log_tail()}")
        time.sleep(_PAUSE)


def _megabytes(daemon: DaemonProcess) -> int:
    text = Path(f"/proc/{daemon.process.pid if daemon.process else 0}/status").read_text()
    return int(re.findall(r"VmRSS:\s+(\d+)", text)[0]) // 1024


def _p99(samples: list[float]) -> float:
    return round(statistics.quantiles(samples, n=100, method="inclusive")[98], 2)


def _median(samples: list[float]) -> float:
    return round(statistics.median(samples), 2)
