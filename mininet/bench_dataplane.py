"""What the program of a switch costs its traffic: a tenant's two guests, beside plain bridges that do the same.

    guests - hv1 ===== hv2 - guests     a VXLAN network over the underlay, and a VLAN network over one wire

Both programs run in turn on the same two nodes, since two pairs of equal nodes differ more from each other than the
programs do. *Ours* is what the daemon installs. *Plain* is what anybody would set up by hand: `NORMAL` for all that
guests send, above all other flows; a VXLAN tunnel with fixed peer and key; a tag on the wire. The daemon leaves these
flows alone, as they are not its own. Its announcements on the wire go their way, or it would take the link for dead.
"""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from bench_report import Figure, note
from bench_traffic import Side, cores, pin, round_trip, throughput
from controller.intent.model import Segment
from demo_daemon import DaemonProcess
from hypervisor import Hypervisor
from lab import Lab, load_topology
from namespaces import CommandError
from private_ovs import SWITCH
from reach import wait_until_right

NAME = "dataplane"
ROUNDS = 9
SECONDS = 1
NODES = ("hv1", "hv2")
KEYS = {Segment.VXLAN: 70001, Segment.VLAN: 101}
_RECEIVER = "10.0.0.2"
_PLAIN_PRIORITY = 65535
_PLAIN_MATCHES = (
    "in_port=tap-vxlan",
    "in_port=vxlan0",
    "in_port=tap-vlan",
    f"in_port=eth1,dl_vlan={KEYS[Segment.VLAN]}",
)
_UNUSED_VLAN = 102
_PATIENCE = 60.0

_TOPOLOGY = f"""\
fabric:
  underlay_mtu: 9000
  switches:
    hv1: {{dpid: "0000000000000001", endpoint: 198.51.100.1}}
    hv2: {{dpid: "0000000000000002", endpoint: 198.51.100.2}}
tenants:
  blue:
    networks:
      vxlan: {{segment: vxlan, key: {KEYS[Segment.VXLAN]}}}
      vlan: {{segment: vlan, key: {KEYS[Segment.VLAN]}}}
    ports:
      hv1-vxlan: {{network: vxlan, switch: hv1, interface: tap-vxlan, mac: "02:00:00:00:00:01"}}
      hv2-vxlan: {{network: vxlan, switch: hv2, interface: tap-vxlan, mac: "02:00:00:00:00:02"}}
      hv1-vlan: {{network: vlan, switch: hv1, interface: tap-vlan, mac: "02:00:00:00:00:01"}}
      hv2-vlan: {{network: vlan, switch: hv2, interface: tap-vlan, mac: "02:00:00:00:00:02"}}
lab:
  underlay: bridge
  hypervisors:
    hv1: {{address: 198.51.100.1/24}}
    hv2: {{address: 198.51.100.2/24}}
  wires:
    - ["hv1:eth1", "hv2:eth1"]
  guests:
    hv1-vxlan: {{port: blue/hv1-vxlan, address: 10.0.0.1/24}}
    hv2-vxlan: {{port: blue/hv2-vxlan, address: {_RECEIVER}/24}}
    hv1-vlan: {{port: blue/hv1-vlan, address: 10.0.0.1/24}}
    hv2-vlan: {{port: blue/hv2-vlan, address: {_RECEIVER}/24}}
"""


def run() -> Iterator[Figure]:
    """Measure; about three minutes, most of them for changing programs."""
    with tempfile.TemporaryDirectory(prefix="tenantry-bench-") as name:
        topology = Path(name, "topology.yaml")
        topology.write_text(_TOPOLOGY)
        daemon = DaemonProcess(Path(name), [topology])
        with Lab(*load_topology([topology]), port=daemon.port, socket=daemon.socket) as lab:
            daemon.mark = lab.mark
            with daemon:
                _await(lab)
                for node, core in zip(_switches(lab), cores(), strict=True):
                    _separate_ways(node)
                    pin(node.ovs.pid(SWITCH) or 0, core)
                for segment in KEYS:
                    yield from _compare(lab, segment)


def _await(lab: Lab) -> None:
    found = wait_until_right(lab.stations, _PATIENCE)
    if not found.is_right:
        raise CommandError(f"the guests do not reach each other: {sorted(found.missing)}")


def _switches(lab: Lab) -> list[Hypervisor]:
    return [lab.net[name] for name in NODES]


def _separate_ways(node: Hypervisor) -> None:
    """Put tunnel and wire into VLANs of their own; only `NORMAL` heeds that, and would flood in a circle otherwise."""
    tunnel = ("set", "port", "vxlan0", f"tag={_UNUSED_VLAN}", "--", "set", "port", "tap-vxlan", f"tag={_UNUSED_VLAN}")
    vlan = KEYS[Segment.VLAN]
    node.vsctl(*tunnel, "--", "set", "port", "tap-vlan", f"tag={vlan}", "--", "set", "port", "eth1", f"trunks={vlan}")


def _plain(lab: Lab) -> None:
    """Let the bridges be plain."""
    for node, peer in zip(_switches(lab), NODES[::-1], strict=True):
        endpoint = lab.intent.fabric.switches[peer].endpoint
        fixed = (f"options:remote_ip={endpoint}", f"options:key={KEYS[Segment.VXLAN]}")
        node.vsctl("set", "interface", "vxlan0", *fixed)
        for match in _PLAIN_MATCHES:
            node.ofctl("add-flow", node.bridge, f"priority={_PLAIN_PRIORITY},{match},actions=NORMAL")
    _await(lab)


def _ours(lab: Lab) -> None:
    """Let the bridges do what the daemon tells them."""
    for node in _switches(lab):
        node.vsctl("set", "interface", "vxlan0", "options:remote_ip=flow", "options:key=flow")
        for match in _PLAIN_MATCHES:
            node.ofctl("--strict", "del-flows", node.bridge, f"priority={_PLAIN_PRIORITY},{match}")
    _await(lab)


def _compare(lab: Lab, segment: Segment) -> Iterator[Figure]:
    guests = [lab.guests[f"{name}-{segment}"] for name in NODES]
    sender, receiver = (Side(guest, core) for guest, core in zip(guests, cores(), strict=True))
    programs: tuple[Callable[[Lab], None], ...] = (_ours, _plain)
    rates: tuple[list[float], ...] = ([], [])
    trips: tuple[list[float], ...] = ([], [])
    for number in range(ROUNDS):
        note(f"{segment}: round {number + 1} of {ROUNDS}")
        for which in (0, 1) if number % 2 else (1, 0):
            programs[which](lab)
            rates[which].append(throughput(sender, receiver, _RECEIVER, SECONDS, lab.mark))
            trips[which].append(round_trip(sender, _RECEIVER))
    for case, unit, samples in (("TCP throughput", "Mbit/s", rates), ("round-trip time", "us", trips)):
        ours, plain = (round(statistics.median(each), 1) for each in samples)
        yield Figure(NAME, f"{segment} {case}", ours, unit, plain)
