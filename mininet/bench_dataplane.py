"""What the program of a switch costs its traffic: a tenant's two guests, beside plain bridges that do the same.

    hv1 --- hv2     programmed by the daemon: a VXLAN network, and a VLAN network over one wire
    pv1 --- pv2     the same nodes by hand: `NORMAL`, a VXLAN tunnel with fixed peer and key, a tag on the wire

All four stand at once, and each measurement is taken in turn on either side, so that whatever else the machine does
meets both.
"""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench_report import Figure, note
from bench_traffic import Side, cores, pin, round_trip, throughput
from controller.intent.model import Segment
from demo_daemon import DaemonProcess
from lab import Lab, load_topology
from namespaces import CommandError
from private_ovs import SWITCH, PrivateOvs
from reach import wait_until_right

NAME = "dataplane"
ROUNDS = 11
SECONDS = 1
OURS, PLAIN = ("hv1", "hv2"), ("pv1", "pv2")
KEYS = {Segment.VXLAN: 70001, Segment.VLAN: 101}
_UNUSED_VLAN = 102
_PATIENCE = 60.0


def topology(hypervisors: tuple[str, ...]) -> str:
    """Pairs of hypervisors; each pair has a tenant with a VXLAN and a VLAN network."""
    numbers = {name: number for number, name in enumerate(hypervisors, 1)}
    lines = ["fabric:", "  underlay_mtu: 9000", "  switches:"]
    lines += [f'    {name}: {{dpid: "{n:016x}", endpoint: 198.51.100.{n}}}' for name, n in numbers.items()]
    lines += ["tenants:"]
    for at in range(0, len(hypervisors), 2):
        lines += _tenant(f"pair{at // 2}", hypervisors[at : at + 2], at // 2)
    lines += ["lab:", "  underlay: bridge", "  hypervisors:"]
    lines += [f"    {name}: {{address: 198.51.100.{n}/24}}" for name, n in numbers.items()]
    lines += ["  wires:"]
    lines += [f'    - ["{a}:eth1", "{b}:eth1"]' for a, b in zip(hypervisors[::2], hypervisors[1::2], strict=True)]
    lines += ["  guests:"]
    for name, n in numbers.items():
        for segment in KEYS:
            lines.append(
                f"    {name}-{segment}: {{port: pair{(n - 1) // 2}/{name}-{segment}, address: {_address(n)}/24}}"
            )
    return "\n".join([*lines, ""])


def _tenant(tenant: str, pair: tuple[str, ...], number: int) -> Iterator[str]:
    yield from (f"  {tenant}:", "    networks:")
    for segment, key in KEYS.items():
        yield f"      {segment}: {{segment: {segment}, key: {key + number}}}"
    yield "    ports:"
    for host, name in enumerate(pair, 1):
        for segment in KEYS:
            mac = f"02:00:00:00:00:0{host}"
            port = f'network: {segment}, switch: {name}, interface: tap-{segment}, mac: "{mac}"'
            yield f"      {name}-{segment}: {{{port}}}"


def _address(hypervisor: int) -> str:
    return f"10.0.0.{(hypervisor - 1) % 2 + 1}"


def run() -> Iterator[Figure]:
    """Measure; about two minutes."""
    with tempfile.TemporaryDirectory(prefix="tenantry-bench-") as name:
        directory = Path(name)
        ours, everything = directory / "ours.yaml", directory / "everything.yaml"
        ours.write_text(topology(OURS))
        everything.write_text(topology((*OURS, *PLAIN)))
        daemon = DaemonProcess(directory, [ours])
        with Lab(*load_topology([everything]), port=daemon.port, socket=daemon.socket) as lab:
            _make_plain(lab)
            daemon.mark = lab.mark
            with daemon:
                found = wait_until_right(lab.stations, _PATIENCE)
                if not found.is_right:
                    raise CommandError(f"the guests do not reach each other: {sorted(found.missing)}")
                _pin(lab)
                for segment in KEYS:
                    yield from _compare(lab, segment)


def _make_plain(lab: Lab) -> None:
    """Let the second pair's bridges be what anybody would set up by hand."""
    for name, peer in (PLAIN, PLAIN[::-1]):
        switch = lab.switches[name]
        tunnels = lab.intent.fabric.switches[name].tunnels
        endpoint = lab.intent.fabric.switches[peer].endpoint
        switch.vsctl("del-controller", switch.bridge, "--", "set-fail-mode", switch.bridge, "standalone")
        for segment, interface in tunnels.items():
            if segment is not Segment.VXLAN:
                switch.vsctl("del-port", switch.bridge, interface)
        fixed = f"options:remote_ip={endpoint}", f"options:key={KEYS[Segment.VXLAN]}"
        switch.vsctl("set", "interface", tunnels[Segment.VXLAN], *fixed)
        # Each of the two ways is in a VLAN of its own, or a flood would go round by both. The wire carries the tag.
        for interface in (f"tap-{Segment.VXLAN}", tunnels[Segment.VXLAN]):
            switch.vsctl("set", "port", interface, f"tag={_UNUSED_VLAN}")
        switch.vsctl("set", "port", f"tap-{Segment.VLAN}", f"tag={KEYS[Segment.VLAN]}")
        switch.vsctl("set", "port", "eth1", f"trunks={KEYS[Segment.VLAN]}")
        switch.ofctl("del-flows", switch.bridge)
        switch.ofctl("add-flow", switch.bridge, "actions=NORMAL")


def _pin(lab: Lab) -> None:
    for pair in (OURS, PLAIN):
        for name, core in zip(pair, cores(), strict=True):
            ovs: PrivateOvs = lab.net[name].ovs
            if pid := ovs.pid(SWITCH):
                pin(pid, core)


def _compare(lab: Lab, segment: Segment) -> Iterator[Figure]:
    sides = {
        pair: [Side(lab.guests[f"{name}-{segment}"], core) for name, core in zip(pair, cores(), strict=True)]
        for pair in (OURS, PLAIN)
    }
    rates: dict[tuple[str, str], list[float]] = {OURS: [], PLAIN: []}
    trips: dict[tuple[str, str], list[float]] = {OURS: [], PLAIN: []}
    for number in range(ROUNDS):
        note(f"{segment}: round {number + 1} of {ROUNDS}")
        for pair in (OURS, PLAIN) if number % 2 else (PLAIN, OURS):
            sender, receiver = sides[pair]
            rates[pair].append(throughput(sender, receiver, _address(2), SECONDS, lab.mark))
            trips[pair].append(round_trip(sender, _address(2)))
    yield Figure(NAME, f"{segment} TCP throughput", *_medians(rates, "Mbit/s"))
    yield Figure(NAME, f"{segment} round-trip time", *_medians(trips, "us"))


def _medians(samples: dict[tuple[str, str], list[float]], unit: str) -> tuple[float, str, float]:
    return round(statistics.median(samples[OURS]), 1), unit, round(statistics.median(samples[PLAIN]), 1)
