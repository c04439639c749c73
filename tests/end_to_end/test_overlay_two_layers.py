"""Overlay networks on a fabric whose VLAN network is their underlay, both run by the same daemon (leaf-spine.yaml).

A further tenant stands on top: trunk ports with networks of three kinds on two hypervisors, and a guest whose address
is learned and which moves from one hypervisor to another.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from controller.gate import LISTENING
from frames import BROADCAST
from lab import Lab
from namespaces import inside
from reach import measure
from tests.end_to_end.eventually import eventually
from tests.end_to_end.overlay_watch import Deliveries, watching
from tests.end_to_end.running import TOPOLOGIES, Installation, running
from wire_watch import watch

pytestmark = pytest.mark.ovs

UNDERLAY_VLAN = 10
MOVER, MOVERS_MAC = "g3", "02:00:00:00:00:03"
FIRST, SECOND = "g1.11", "g2.21"
"""Stations of the overlay network `green/a`, in which the mover is too."""
GREEN = yaml.safe_load("""
networks:
  a: {segment: vxlan, key: 90001}
  b: {segment: geneve, key: 90002}
  c: {segment: vlan, key: 301}
ports:
  t1: {switch: hv1, interface: tap5, mac: "02:00:00:00:00:01", trunk: {11: a, 12: b, 13: c}}
  t2: {switch: hv2, interface: tap5, mac: "02:00:00:00:00:02", trunk: {21: a, 22: b, 23: c}}
  a3: {network: a, switch: hv3, interface: tap5}
  spare: {network: a, switch: hv4, interface: tap5}
""")
GUESTS = yaml.safe_load("""
g1: {port: green/t1, vlans: {11: {address: 10.1.0.1/24}, 12: {address: 10.2.0.1/24}, 13: {address: 10.3.0.1/24}}}
g2: {port: green/t2, vlans: {21: {address: 10.1.0.2/24}, 22: {address: 10.2.0.2/24}, 23: {address: 10.3.0.2/24}}}
g3: {port: green/a3, address: 10.1.0.3/24, mac: "02:00:00:00:00:03"}
""")
DURATION = re.compile(r"duration=([\d.]+)s")


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    document = yaml.safe_load((TOPOLOGIES / "leaf-spine.yaml").read_text())
    document["tenants"]["green"] = GREEN
    document["lab"]["guests"] |= GUESTS
    directory = tmp_path_factory.mktemp("layers")
    file = directory / "layers.yaml"
    file.write_text(yaml.safe_dump(document))
    with running(file, directory) as installation:
        yield installation


def exchange(lab: Lab) -> Deliveries:
    """Who gets what of frames to a given, a learned, no known, and every address."""
    with watching(lab) as watched:
        for token, sender, dst in (
            ("given", SECOND, "02:00:00:00:00:01"),
            ("learned", FIRST, MOVERS_MAC),
            ("unknown", FIRST, "02:00:00:00:00:77"),
            ("everyone", MOVER, BROADCAST),
            ("geneve", "g1.12", BROADCAST),
            ("vlan", "g2.23", BROADCAST),
        ):
            watched.prober.send(sender, token, dst=dst)
        return watched.collect()[0]


EXCHANGED = {
    "given": {FIRST: 1},
    "learned": {MOVER: 1},
    "unknown": {SECOND: 1, MOVER: 1},
    "everyone": {FIRST: 1, SECOND: 1},
    "geneve": {"g2.22": 1},
    "vlan": {"g1.13": 1},
}


def destinations(lab: Lab, dst: str) -> set[str]:
    """Endpoints to which the first station's frames for an address are sent."""
    with watching(lab) as watched:
        watched.prober.send(FIRST, "where", dst=dst)
        return {str(envelope.destination) for envelope in watched.collect()[1].get("where", [])}


def test_trunks_carry_three_kinds_of_network_each_to_its_own_members(installation: Installation) -> None:
    assert exchange(installation.lab) == EXCHANGED


@pytest.mark.parametrize(
    ("first", "second", "tunnel", "key"), [("g1.11", "g2.21", "VXLAN", 90001), ("g1.12", "g2.22", "Geneve", 90002)]
)
def test_overlay_travels_inside_the_vlan_of_the_layer_below(
    installation: Installation, first: str, second: str, tunnel: str, key: int
) -> None:
    stations = installation.lab.stations
    seen = watch(installation.lab, stations[first], stations[second])
    assert {(passage.tunnel, passage.key) for passage in seen} == {(tunnel, key)}
    between = [passage.vlan for passage in seen if re.search(r"leaf\d-eth1[12]$", passage.wire)]
    assert between == [UNDERLAY_VLAN] * 2, "once on each of the two links that lead from leaf to leaf"


def test_learned_guest_moves_to_another_hypervisor(installation: Installation) -> None:
    lab = installation.lab
    assert destinations(lab, MOVERS_MAC) == {"198.51.100.3"}
    lab.move(MOVER, "hv4", "tap5")
    eventually(lambda: lab.ping(MOVER, "10.1.0.1"), "the guest at its new place")
    eventually(lambda: destinations(lab, MOVERS_MAC) == {"198.51.100.4"}, "its address behind the other endpoint")
    assert exchange(lab) == EXCHANGED
    lab.move(MOVER, "hv3", "tap5")
    eventually(lambda: lab.ping(MOVER, "10.1.0.1"), "the guest back at its old place")
    eventually(lambda: destinations(lab, MOVERS_MAC) == {"198.51.100.3"}, "its address as before")


class Train:
    """Pings from one guest to another, up to a hundred a second, from its making to `lost`; `record` is its file."""

    def __init__(self, lab: Lab, sender: str, address: str, record: Path) -> None:
        self._record = record
        with record.open("w") as out:
            self._ping = subprocess.Popen(
                inside(lab.guests[sender].namespace, ["ping", "-n", "-i", "0.01", address]),
                stdout=out,
                env={**os.environ, **lab.mark},
            )

    def answered(self) -> list[int]:
        """Numbers of the pings that were answered so far."""
        return [int(number) for number in re.findall(r"icmp_seq=(\d+) ", self._record.read_text())]

    def lost(self) -> set[int]:
        """End it; which were not answered although a later one was."""
        self._ping.send_signal(signal.SIGINT)
        self._ping.wait()
        found = self.answered()
        return set(range(1, max(found))) - set(found)


def flows_younger_than(installation: Installation, seconds: float) -> list[str]:
    """Flows that were put on any switch since then."""
    found = []
    for node in installation.lab.switches.values():
        for line in node.ofctl("dump-flows", node.bridge).splitlines():
            age = DURATION.search(line)
            if age and float(age[1]) < seconds:
                found.append(line)
    return found


def test_killed_daemon_is_not_missed_and_a_new_one_changes_nothing(installation: Installation, tmp_path: Path) -> None:
    lab, daemon = installation.lab, installation.daemon
    installation.settle()
    held = installation.all_cookies()
    pings = {"bluedb1": "10.0.0.2", "reddb1": "10.0.0.3", "blueweb1": "10.0.0.2"}
    trains = [Train(lab, sender, address, tmp_path / sender) for sender, address in pings.items()]
    killed = time.monotonic()
    daemon.kill()
    assert exchange(lab) == EXCHANGED
    found = measure(lab.stations)
    assert found.is_right, (sorted(found.missing), sorted(found.leaks))
    connected = installation.log().count("connected with")
    daemon.start()
    installation.wait_for_log("connected with", connected + len(held))
    assert installation.reach().is_right
    # A change that must not come cannot be waited for; by then the daemon would have begun.
    time.sleep(LISTENING + 1)
    installation.settle()
    assert installation.all_cookies() == held
    eventually(lambda: all(len(train.answered()) > 500 for train in trains), "as many pings as are a proof")
    assert [train.lost() for train in trains] == [set(), set(), set()]
    assert flows_younger_than(installation, time.monotonic() - killed) == []
    assert exchange(lab) == EXCHANGED
