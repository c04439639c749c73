"""A guest that sends as fast as it can to addresses that nobody has: others go on, and no link is taken for dead."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from packet_train import Journey, PacketTrain
from prober import Prober
from tests.end_to_end.running import TOPOLOGIES, Installation, running

pytestmark = pytest.mark.ovs

FLOODER = "red3"
"""Behind a port that learns, so that its frames are copied to the daemon, too."""
SECONDS = 6
WANTED = 50_000
"""Frames a second, if the machine can."""
SEND = """
import socket, sys, time
wanted, seconds = float(sys.argv[2]), float(sys.argv[3])
out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
out.bind((sys.argv[1], 0))
began, sent = time.monotonic(), 0
while (spent := time.monotonic() - began) < seconds:
    for _ in range(int(wanted * spent) - sent):
        # Another destination and another source each time.
        name = (sent % 4000).to_bytes(4, "big")
        frame = b"\\x02\\xde" + name + b"\\x02\\xbe" + name + b"\\x08\\x00" + bytes(46)
        try:
            out.send(frame)
        except OSError:
            pass
        sent += 1
        if time.monotonic() - began > seconds:
            break
print(int(sent / seconds))
"""


@pytest.fixture(scope="module")
def ring(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with running(TOPOLOGIES / "two-tenants-vlan.yaml", tmp_path_factory.mktemp("ring")) as installation:
        yield installation


@contextmanager
def flood(ring: Installation) -> Iterator[subprocess.Popen[str]]:
    """The guest sends for `SECONDS`; leaving waits for its end."""
    station = ring.lab.stations[FLOODER]
    command = [sys.executable, "-c", SEND, station.interface, str(WANTED), str(SECONDS)]
    process = ring.lab.net[FLOODER].popen(command, text=True)
    try:
        yield process
        process.wait(4 * SECONDS)
    finally:
        process.kill()
        process.wait()


def test_others_are_served_and_links_stay_while_a_guest_floods(ring: Installation) -> None:
    downs, lost_sessions = ring.log().count("link down"), ring.log().count("lost:")
    # Nobody listens to what is flooded, or the listener would be what is overloaded.
    with Prober([ring.lab.stations["blue1"], ring.lab.stations["blue3"]]) as prober:
        plan = {
            "there": Journey("blue1", prober.mac("blue3"), {"blue3"}),
            "back": Journey("blue3", prober.mac("blue1"), {"blue1"}),
        }
        with PacketTrain(prober, plan) as train:
            with flood(ring) as process:
                began = train.sent
                time.sleep(SECONDS / 2)
                quiet = range(began, train.sent)
                # A link that goes is noticed meanwhile, and one that comes is found.
                ring.lab.set_link("s1", "s1-eth11", "down")
                ring.wait_for_log("link down", downs + 1)
                ups = ring.log().count("link up")
                ring.lab.set_link("s1", "s1-eth11", "up")
                ring.wait_for_log("link up", ups + 1)
            rate = int(process.stdout.read()) if process.stdout else 0
        for name, problem in train.faults().items():
            assert "twice" not in problem, (name, problem)
            assert "astray" not in problem, (name, problem)
        lost = {name: len(set(quiet) - set(train.arrived(name, *plan[name].receivers))) for name in plan}
        print(f"{rate:,} frames a second; lost of {len(quiet):,} while no link changes: {lost}")
        assert rate > WANTED / 10
        # The other way shares the links' room with the flood, which nobody limits.
        assert lost["there"] < len(quiet) / 10, "another tenant's network gets through"
    assert ring.log().count("link down") == downs + 1, "no link is taken for dead"
    assert ring.log().count("lost:") == lost_sessions
    assert ring.reach().is_right
