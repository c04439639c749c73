"""The demo: `./run demo [--topology FILE] [--cli]`.

Starts the daemon as its own process, builds the topology, and shows on real switches that tenants with the same
addresses reach their own networks and nothing else, how their frames look on the wires, and that networks go on working
when there are more of them than VLANs. Exit status 0 when all of it was as the intent says, 1 when not.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Collection
from pathlib import Path
from types import FrameType

from mininet.cli import CLI

import demo_show as show
from controller.intent.model import Intent
from demo_daemon import ROOT, DaemonProcess
from demo_growth import NETWORKS, Growth
from demo_wires import show_wires
from lab import Lab, load_topology
from lab_topology import TopologyError
from namespaces import CommandError
from reach import wait_until_right

DEFAULT = ROOT / "topologies" / "leaf-spine.yaml"
PATIENCE = 60.0
"""Seconds until everything must work, each time something was asked for."""


class Demo:
    """One run, step by step; each step tells whether all was as it should be."""

    def __init__(self, topology: Path, directory: Path) -> None:
        """Load the topology; raises TopologyError."""
        self.intent, model = load_topology([topology])
        self.growth = Growth.of(model, directory)
        self.files = directory / "files"
        self.files.mkdir()
        shutil.copy(topology, self.files / "fabric.yaml")
        self.daemon = DaemonProcess(directory, [self.files])
        built, all_guests = load_topology([topology, *([self.growth.file] if self.growth else [])])
        self.lab = Lab(built, all_guests, port=self.daemon.port, socket=self.daemon.socket)
        self.daemon.mark = self.lab.mark
        self.base = tuple(name for name in model.guests) + tuple(model.vteps)

    def run(self, *, stay: bool) -> bool:
        """Take all steps; go on after one that failed, as the others tell more."""
        page = self.daemon.serve_page() if stay else None
        show.step(f"Starting the daemon, and {len(self.lab.model.guests)} guests and {self._switches} switches")
        with self.daemon, self.lab:
            show.fact(f"the daemon's log is {self.daemon.log}; built in {self._elapsed:.1f} s")
            good = self.reachability()
            good = self.wires() and good
            good = self.grow() and good
            if stay:
                show.step("Mininet's prompt; leave it with `exit`")
                show.fact(f"what it looks like now: {page}")
                CLI(self.lab.net)
        return good

    def reachability(self) -> bool:
        """Wait until everybody reaches whom they should, and show the matrix."""
        show.step("Who reaches whom: guests of different tenants have the same IP and MAC addresses")
        stations = {name: station for name, station in self.lab.stations.items() if self._is_base(name)}
        found = wait_until_right(stations, PATIENCE, since=self.daemon.started_at)
        show.matrix(found, stations)
        if found.missing or not self.daemon.is_running():
            show.fact(f"the daemon said last:\n{self.daemon.log_tail()}")
        if found.complete_after is not None:
            show.fact(f"all guests reachable {found.complete_after:.1f} s after the daemon's start")
        return found.is_right

    def wires(self) -> bool:
        """Show how the networks' frames are told apart on the way."""
        show.step("On the wires (tcpdump): the same inner addresses under different VLAN tags and tunnel IDs")
        stations = {name: station for name, station in self.lab.stations.items() if self._is_base(name)}
        return show_wires(self.lab, self.intent, stations)

    def grow(self) -> bool:
        """Add more networks than VLANs exist, and use some."""
        if self.growth is None:
            show.step("More networks than VLANs: left out, as this topology has no two hypervisors")
            return True
        show.step(f"More networks than VLANs: adding a tenant with {NETWORKS:,} networks to the running daemon")
        added = time.monotonic()
        shutil.copy(self.growth.file, self.files / "crowd.yaml")
        self.daemon.reload()
        stations = {name: self.lab.stations[name] for name in self.growth.stations}
        found = wait_until_right(stations, PATIENCE, since=added)
        show.matrix(found, stations)
        if found.complete_after is not None:
            show.fact(f"they work {found.complete_after:.1f} s after they were asked for")
        built: Intent = self.lab.intent
        return show_wires(self.lab, built, stations) and found.is_right

    @property
    def _switches(self) -> int:
        return len(self.lab.model.bridges) + len(self.lab.model.hypervisors)

    @property
    def _elapsed(self) -> float:
        return time.monotonic() - self.daemon.started_at

    def _is_base(self, station: str) -> bool:
        return station.partition(".")[0] in self.base


def main(arguments: Collection[str]) -> int:
    """Run the demo; the exit status."""
    parser = argparse.ArgumentParser(prog="./run demo", description="Tenants with the same addresses on one fabric.")
    parser.add_argument("--topology", type=Path, default=DEFAULT, metavar="FILE", help="what to build")
    parser.add_argument("--cli", action="store_true", help="stay in Mininet's prompt before all is removed")
    options = parser.parse_args(list(arguments))
    signal.signal(signal.SIGTERM, _interrupt)
    begun = time.monotonic()
    directory = Path(tempfile.mkdtemp(prefix="tenantry-demo-"))
    try:
        good = Demo(options.topology, directory).run(stay=options.cli)
    except (TopologyError, CommandError, TimeoutError) as error:
        show.fact(str(error))
        good = False
    except KeyboardInterrupt:
        show.fact("interrupted")
        good = False
    took = f"({time.monotonic() - begun:.0f} s)"
    log = directory / "daemon.log"
    said = f"; what the daemon said is in {log}" if log.exists() else ""
    if good or not said:
        shutil.rmtree(directory)
    if good:
        show.verdict(f"As it should be: all reach their own networks, and nothing else. {took}", good=True)
    else:
        show.verdict(f"NOT as it should be{said}. {took}", good=False)
    return 0 if good else 1


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
