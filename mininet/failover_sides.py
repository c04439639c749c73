"""Who heals a fabric in `./run bench failover`: the daemon, or Open vSwitch's own RSTP on the same bridges.

Both take over a lab, and say when they have done what a cut or a mended wire asks for.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import counting_daemon
from demo_daemon import DaemonProcess
from lab import Lab
from link_log import LinkLog
from namespaces import CommandError
from shapes import Shape

_QUIET = 0.5
"""Seconds without a message after which switches have been told all."""
_MENDED = 3.0
"""Seconds for RSTP to take a mended wire up: more than the two between two of its hellos (IEEE 802.1D-2004, 17.14)."""
_PATIENCE = 120.0
_PAUSE = 0.02


class Side(Protocol):
    """One of both."""

    def begin(self) -> None:
        """A wire is about to be cut or mended."""

    def settle(self, *, is_cut: bool) -> int:
        """Wait until the work for it is done; how many messages that change a switch it took."""


class Tenantry:
    """The daemon, as a process that ends on leaving; its files are in `directory`."""

    def __init__(self, shape: Shape, directory: Path) -> None:
        self._shape = shape
        self.document, self._told = directory / "topology.yaml", directory / "told"
        self.document.write_text(shape.text(1))
        self.daemon = DaemonProcess(directory, [self.document])
        self.daemon.program = counting_daemon.program(self._told)
        self._log = LinkLog(self.daemon.log)
        self._before: dict[bool, int] = {}
        self._told_before = 0

    def __enter__(self) -> Self:
        self.daemon.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.daemon.stop()

    def find_links(self) -> None:
        """Wait for all links, and until nothing is left to be told."""
        self._await(lambda: self._log.count("link up") >= len(self._shape.edges))
        self._await_quiet(4 * _QUIET)

    def carry(self, lab: Lab, networks: int) -> None:
        """Have so many networks, the trunks with all but one on interfaces without a guest."""
        for switch, interface in self._shape.trunks():
            peer = f"options:peer=-{interface}"
            lab.switches[switch].vsctl(
                "add-port", switch, interface, "--", "set", "interface", interface, "type=patch", peer
            )
        reloads = self._log.count("reloaded")
        fresh = self.document.with_suffix(".new")
        fresh.write_text(self._shape.text(networks))
        fresh.replace(self.document)
        self.daemon.reload()
        self._await(lambda: self._log.count("reloaded") > reloads)
        self._await_quiet(4 * _QUIET)

    def begin(self) -> None:
        """Remember what was said and told so far."""
        self._before = {True: self._log.count("link down"), False: self._log.count("link up")}
        self._told_before = counting_daemon.told(self._told)

    def settle(self, *, is_cut: bool) -> int:
        """Wait until the daemon has noticed, and has told the switches all."""
        self._await(lambda: self._log.count("link down" if is_cut else "link up") > self._before[is_cut])
        return self._await_quiet(_QUIET) - self._told_before

    def _await_quiet(self, seconds: float) -> int:
        known, since = -1, time.monotonic()

        def is_quiet() -> bool:
            nonlocal known, since
            if (told := counting_daemon.told(self._told)) != known:
                known, since = told, time.monotonic()
            return time.monotonic() - since >= seconds

        self._await(is_quiet)
        return known

    def _await(self, is_done: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _PATIENCE
        while not (self.daemon.log.exists() and is_done()):
            if not self.daemon.is_running() or time.monotonic() > deadline:
                raise CommandError(f"the daemon does not get on; it said last:\n{self.daemon.log_tail()}")
            time.sleep(_PAUSE)


class Rstp:
    """The bridges alone, with what RSTP has by default; interfaces of guests are edges."""

    def __init__(self, shape: Shape, lab: Lab) -> None:
        """Take over from a daemon that has ended."""
        trunks = dict(shape.trunks())
        for name, switch in lab.switches.items():
            words = ["del-controller", name, "--", "set-fail-mode", name, "standalone"]
            words += ["--", "--if-exists", "del-port", name, trunks[name]] if name in trunks else []
            words += ["--", "set", "bridge", name, "rstp_enable=true"]
            switch.vsctl(*words)
            switch.ofctl("del-flows", name)
            switch.ofctl("add-flow", name, "actions=NORMAL")
        for home in shape.homes:
            lab.switches[f"s{home}"].vsctl("set", "port", f"s{home}-guest", "other_config:rstp-port-admin-edge=true")

    def begin(self) -> None:
        """Nothing to remember."""

    def settle(self, *, is_cut: bool) -> int:
        """Give it its time; nobody tells the switches anything."""
        time.sleep(_QUIET if is_cut else _MENDED)
        return 0
