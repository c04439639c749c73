"""A whole installation for tests: a lab of real switches, and the daemon as a process of its own that runs them.

    @pytest.fixture(scope="module")
    def ring(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
        with running(TOPOLOGIES / "two-tenants-vlan.yaml", tmp_path_factory.mktemp("ring")) as installation:
            yield installation

On entering, everybody reaches whom they should and all links are found, so a test can begin with what it is about.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from controller.intent.lab_model import UPLINK
from demo_daemon import DaemonProcess
from fabric_bridge import FabricBridge
from hypervisor import Hypervisor
from lab import Lab, load_topology
from packet_sockets import widen
from prober import Prober
from reach import Reachability, wait_until_right
from tests.end_to_end.eventually import PATIENCE, eventually
from tests.end_to_end.held import SYSTEM_OVS, groups, our_flows, wire_to

TOPOLOGIES = Path(__file__).parents[2] / "topologies"


class Installation:
    """A lab and its daemon; `files` is the directory of configuration files that the daemon was given."""

    def __init__(self, topology: Path, directory: Path, meeting: Path | None = None) -> None:
        """Describe it, with all of its files in `directory`; hypervisors connect at `meeting`, or to the daemon."""
        self.name = topology.stem
        self.files = directory / "files"
        self.files.mkdir()
        self.topology = Path(shutil.copy(topology, self.files / "topology.yaml"))
        self.daemon = DaemonProcess(directory, [self.files])
        intent, model = load_topology([topology])
        self.lab = Lab(intent, model, port=self.daemon.port, socket=meeting or self.daemon.socket)
        self.daemon.mark = self.lab.mark

    def prober(self) -> Prober:
        """A prober at all stations."""
        return Prober(self.lab.stations.values())

    def reach(self) -> Reachability:
        """Wait until everybody reaches whom they should; what was seen."""
        return wait_until_right(self.lab.stations, PATIENCE)

    def flows(self, switch: str) -> list[str]:
        """All flows of a switch without their counters, sorted."""
        node = self.lab.switches[switch]
        lines = node.ofctl("--no-stats", "dump-flows", node.bridge).splitlines()
        return sorted(line.strip() for line in lines if "cookie=" in line)

    def cookies(self, switch: str) -> set[int]:
        """Cookies of our flows on a switch."""
        with wire_to(self.lab.switches[switch]) as wire:
            return {cookie for _, cookie in our_flows(wire)}

    def all_cookies(self) -> dict[str, set[int]]:
        """Cookies of our flows on every switch."""
        return {name: self.cookies(name) for name in self.lab.switches}

    def settle(self) -> None:
        """Wait until the switches hold the same flows and groups at two looks in a row."""
        before: list[list[tuple[set[int], bytes]]] = []

        def look(switch: FabricBridge | Hypervisor) -> tuple[set[int], bytes]:
            with wire_to(switch) as wire:
                return {cookie for _, cookie in our_flows(wire)}, groups(wire)

        def is_quiet() -> bool:
            before.append([look(switch) for switch in self.lab.switches.values()])
            return len(before) > 1 and before[-1] == before[-2]

        eventually(is_quiet, "flows that no longer change")

    def widen(self) -> None:
        """Give userspace switches room for frames that come while they do not get their turn; see `packet_sockets`.

        A trunk's guest has one, too.
        """
        for switch in self.lab.switches.values():
            if isinstance(switch, Hypervisor):
                switch.widen()
        for guest in self.lab.guests.values():
            guest.widen()
        if self.lab.model.bridges:
            widen(int((SYSTEM_OVS / "ovs-vswitchd.pid").read_text()))

    def start(self) -> None:
        """Start the daemon again after its end, and wait until it serves all switches."""
        logged = len(self.log())
        self.daemon.start()
        eventually(lambda: "ready on" in self.log()[logged:], "a daemon that listens")
        self.lab.reconnect()
        eventually(
            lambda: self.log()[logged:].count("in force") >= len(self.lab.switches), "the sessions of all switches"
        )

    def edit(self, change: Callable[[Any], None]) -> None:
        """Let `change` change the parsed configuration, and wait until the daemon has taken it up.

        The lab stays as it was built: its part is left out of what the daemon reads.
        """
        document = yaml.safe_load(self.topology.read_text())
        document.pop("lab", None)
        change(document)
        self.write(yaml.safe_dump(document))

    def write(self, text: str) -> None:
        """Replace the configuration, and wait until the daemon has taken it up or refused it."""
        handled = self._reloads()
        fresh = self.topology.with_suffix(".new")
        fresh.write_text(text)
        fresh.replace(self.topology)
        self.daemon.reload()
        eventually(lambda: self._reloads() > handled, "a reload")

    def _reloads(self) -> int:
        return self.log().count('message="reloaded"') + self.log().count('message="not reloaded')

    def log(self) -> str:
        """The daemon's log so far."""
        return self.daemon.log.read_text(errors="replace")

    def wait_for_log(self, text: str, times: int = 1) -> None:
        """Wait until `text` was logged so often, counted from the daemon's first start."""
        eventually(lambda: self.log().count(text) >= times, f"{text!r} in the log, {times} times")


@contextmanager
def running(topology: Path, directory: Path, meeting: Path | None = None) -> Iterator[Installation]:
    """An installation with everything up and found."""
    installation = Installation(topology, directory, meeting)
    with installation.daemon, installation.lab:
        links = [wire for wire in installation.lab.model.wires if wire.a.interface != UPLINK]
        installation.wait_for_log("link up", len(links))
        installation.settle()
        # Not earlier: a frame under way while paths change may be lost.
        found = installation.reach()
        assert found.is_right, (sorted(found.missing), sorted(found.leaks), installation.daemon.log_tail())
        installation.settle()
        try:
            yield installation
        finally:
            # In good order before the lab goes, which would kill it.
            installation.daemon.stop()
