"""The soak's installation: lab, daemon, what is asked for and what is there, and the hands that change them.

Each change is told to the world before it is made, so that the watcher never takes for astray what was asked for.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

from controller.intent.lab_model import WireEnd
from controller.ledger_files import read_ledger
from demo_daemon import DaemonProcess
from guest import DEVICE
from hypervisor import Hypervisor
from lab import Lab, load_topology
from prober import Prober
from soak_fabric import SLOTS, TENANTS, lab_section
from soak_intent import Net, Port, Wish
from soak_watcher import Watcher
from soak_world import SoakGuest, World
from station import Station

_PATIENCE = 20.0
_NOWHERE = "tcp:127.0.0.1:1"
_READ = re.compile(rb'message="(?:reloaded|not reloaded)')
_READY = re.compile(rb'message="ready on ')
_SESSION = re.compile(rb'switch=(\S+) message="(connected with|in sync)')


class SoakError(Exception):
    """What was expected of the daemon did not happen; the message says what."""


class Site:
    """One fabric under test, with all of its files in `directory`."""

    def __init__(self, directory: Path, seed: int) -> None:
        """Describe it as it is in the beginning; `standing` builds it."""
        self.wish, guests = beginning()
        self.world = World({guest.name: guest for guest in guests})
        self.world.settled(self.wish)
        self.files = directory / "files"
        self.files.mkdir()
        self.document = self.files / "fabric.yaml"
        self.document.write_text(self.wish.text())
        topology = directory / "topology.yaml"
        plugs = {port.guest: (str(port), port.mac) for port in self.wish.ports.values()}
        topology.write_text(yaml.safe_dump({**self.wish.document(), "lab": lab_section(plugs)}))
        self.daemon = DaemonProcess(directory, [self.files])
        intent, model = load_topology([topology])
        self.lab = Lab(intent, model, port=self.daemon.port, socket=self.daemon.socket)
        self.daemon.mark = self.lab.mark
        self.watcher: Watcher
        self._targets: dict[str, str] = {}
        """Where the switches that are away found the daemon."""
        self._seed = seed
        self._behind: set[str] = set()
        """Switches that connected, or are about to, and are not in sync yet."""
        self._checked = 0
        """How many bytes of the log have been looked through for bugs."""

    @contextmanager
    def standing(self) -> Iterator[None]:
        """Hold it built and running, with the watcher at work."""
        with self.daemon, self.lab:
            self._wait_for(_READY, 0)
            nodes = self.lab.guests.values()
            with Prober(Station(node.name, "", (), DEVICE, node.namespace) for node in nodes) as prober:
                self.watcher = Watcher(prober, self.world, self._seed)
                with self.watcher:
                    yield
            self.daemon.stop()

    # The configuration

    def publish(self, *, wait: bool = True) -> None:
        """Write what is asked for to the file, and let a running daemon read it."""
        self.world.note(self.wish)
        self._write(self.wish.text())
        self.world.is_valid = True
        if self.world.daemon_runs:
            self._reload(wait=wait)

    def publish_invalid(self, text: str) -> None:
        """Write a file that the daemon has to refuse."""
        self._write(text)
        self.world.is_valid = False
        self._reload(wait=True)

    def _write(self, text: str) -> None:
        fresh = self.document.with_suffix(".new")
        fresh.write_text(text)
        fresh.replace(self.document)

    def _reload(self, *, wait: bool) -> None:
        since = self._log_size()
        self.daemon.reload()
        if wait:
            self._wait_for(_READ, since)
            self._see_keys()

    def _see_keys(self) -> None:
        """Note which kind of segment each network was given: `auto` leaves that to the daemon."""
        held = read_ledger(self.daemon.state)[0].held
        for net in self.wish.nets:
            if str(net) in held:
                net.held = held[str(net)].segment.value

    # Guests and links

    def plug(self, guest: SoakGuest, slot: WireEnd) -> None:
        """Wire an unplugged guest to a slot."""
        guest.slot = slot
        self.world.touched.add(guest.name)
        self.world.note(self.wish)
        self.lab.plug(guest.name, slot.node, slot.interface)
        self.watcher.reopen(guest.name)

    def unplug(self, guest: SoakGuest) -> None:
        """Take a guest's cable away."""
        if guest.slot:
            self.world.down -= {guest.slot, guest.device}
            self.lab.unplug(guest.name)
            guest.slot = None
            self.world.touched.add(guest.name)

    def set_interface(self, end: WireEnd, state: str) -> None:
        """Set an interface `up` or `down`."""
        (self.world.down.discard if state == "up" else self.world.down.add)(end)
        self.world.touched |= {guest.name for guest in self.world.guests.values() if end in (guest.slot, guest.device)}
        self.lab.set_link(end.node, end.interface, state)

    # Processes

    def kill_daemon(self) -> None:
        """End the daemon as a crash would."""
        self.daemon.kill()
        self.world.daemon_runs = False

    def stop_daemon(self) -> None:
        """End the daemon in good order."""
        if status := self.daemon.stop():
            raise SoakError(f"the daemon ended with status {status}")
        self.world.daemon_runs = False

    def start_daemon(self) -> None:
        """Start the daemon again, on a valid file, and let the running switches connect at once."""
        if not self.world.is_valid:
            self._write(self.wish.text())
            self.world.is_valid = True
        since = self._log_size()
        self.check_daemon()
        self._behind.update(self.world.live)
        self.daemon.start()
        self.world.daemon_runs = True
        self._wait_for(_READY, since)
        self._see_keys()
        self.lab.reconnect(*self.world.live)

    def kill_switch(self, name: str) -> None:
        """End a hypervisor's ovs-vswitchd as a crash would."""
        self.world.dead.add(name)
        self.world.touched.add(name)
        self._hypervisor(name).ovs.kill_switch()

    def start_switch(self, name: str) -> None:
        """Start it again, without flows."""
        self._hypervisor(name).restart_switch()
        self.world.dead.discard(name)
        self.world.foreign.pop(name, None)

    def part(self, name: str) -> None:
        """Let a switch look for the daemon where nobody listens; it goes on with what it holds."""
        switch = self.lab.switches[name]
        self.world.away.add(name)
        self.world.touched.add(name)
        self._targets[name] = switch.vsctl("get-controller", switch.bridge).strip()
        switch.vsctl("set-controller", switch.bridge, _NOWHERE)

    def rejoin(self, name: str) -> None:
        """Let it find the daemon again."""
        switch = self.lab.switches[name]
        self._behind.add(name)
        switch.vsctl("set-controller", switch.bridge, self._targets.pop(name))
        self.world.away.discard(name)

    def ofctl(self, name: str, command: str, *arguments: str) -> str:
        """Run an `ovs-ofctl` command on a switch."""
        switch = self.lab.switches[name]
        return switch.ofctl(command, switch.bridge, *arguments)

    def tamper(self, name: str, command: str, *arguments: str) -> None:
        """Change by hand what a switch holds of the daemon's, and let the daemon look for it."""
        self.world.touched.add(name)
        self.ofctl(name, command, *arguments)
        self.daemon.audit()

    def _hypervisor(self, name: str) -> Hypervisor:
        switch = self.lab.switches[name]
        if not isinstance(switch, Hypervisor):
            raise TypeError(f"{name} has no Open vSwitch of its own")
        return switch

    # The daemon's log

    @property
    def is_caught_up(self) -> bool:
        """Whether all switches that run have been in sync since they connected, as far as the log was checked."""
        return self._behind.isdisjoint(self.world.live)

    def check_daemon(self) -> None:
        """Raise SoakError when the daemon ended by itself, or met a bug of its own."""
        if self.world.daemon_runs and not self.daemon.is_running():
            raise SoakError("the daemon ended by itself")
        whole, newline, _ = self._log_from(self._checked).rpartition(b"\n")
        self._checked += len(whole) + len(newline)
        if b"Traceback" in whole:
            raise SoakError("the daemon's log has a traceback")
        for name, event in _SESSION.findall(whole):
            (self._behind.discard if event == b"in sync" else self._behind.add)(name.decode())

    def _wait_for(self, pattern: re.Pattern[bytes], since: int) -> None:
        deadline = time.monotonic() + _PATIENCE
        while not pattern.search(self._log_from(since)):
            self.check_daemon()
            if time.monotonic() > deadline:
                raise SoakError(f"the daemon did not say {pattern.pattern!r} within {_PATIENCE:.0f} s")
            time.sleep(0.01)

    def _log_size(self) -> int:
        return self.daemon.log.stat().st_size

    def _log_from(self, offset: int) -> bytes:
        with self.daemon.log.open("rb") as log:
            log.seek(offset)
            return log.read()


def beginning() -> tuple[Wish, list[SoakGuest]]:
    """What is asked for in the beginning, and the guests, each plugged in where its port says."""
    wish, guests = Wish(), []
    slots = {name: [slot for slot in SLOTS if slot.node == name] for name in ("s1", "s2", "s3", "hv1", "hv2")}
    for tenant in TENANTS:
        web, db = (Net(tenant, wish.fresh_name("n"), segment) for segment in ("vlan", "auto"))
        overlay = Net(tenant, wish.fresh_name("n"), {"blue": "vxlan", "red": "geneve", "green": "vxlan"}[tenant])
        wish.nets += [web, db, overlay]
        homes: list[tuple[str, dict[int | None, Net]]] = [
            ("s1", {None: web}),
            ("s2", {None: web}),
            ("s3", {None: db}),
            ("hv1", {None: overlay}),
            ("hv2", {None: overlay}),
            ("hv1", {11: web, 12: overlay}),
        ]
        for number, (switch, nets) in enumerate(homes, 1):
            slot, mac = slots[switch].pop(0), f"02:00:00:00:00:{number:02x}"
            guest = SoakGuest(f"{tenant}{number}", tenant, mac, None not in nets, slot)
            guests.append(guest)
            port = Port(wish.fresh_name("p"), guest.name, tenant, slot, nets, mac, given=number % 2 == 1)
            wish.ports[guest.name] = port
    return wish, guests
