"""How long discovery takes on a large fabric, and what it costs when nothing happens.

    500 fakes with 20 interfaces each (`many_links`), in a process of their own  <- TCP ->  the daemon's process

What the daemon has a switch send out of an interface arrives at the switch at the other end, which sends it up again.
*At rest* begins when the switches were told nothing for some seconds. From the first session until the end each link
that the daemon says is down is a false loss, as no wire is ever cut.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from bench_report import Figure, note
from bench_sync import await_listening
from demo_daemon import ROOT, DaemonProcess
from lab_ledger import Ledger, sweep
from link_log import LinkLog
from many_links import ManyLinks
from namespaces import CommandError

NAME = "discovery"
LARGE = ManyLinks(switches=500, degree=20)
REST, QUICK = 120.0, 30.0
"""Seconds at rest that are measured."""
MOST_PERCENT = 15
"""The aim: of one core, at rest."""
_QUIET = 5.0
"""Seconds in which nothing was told, after which the daemon is at rest."""
_PATIENCE = 300.0
_PAUSE = 0.2
_TICKS = os.sysconf("SC_CLK_TCK")


def run(seconds: float = REST) -> Iterator[Figure]:
    """Measure, `seconds` of it at rest."""
    yield from measure(LARGE, seconds)


def measure(fabric: ManyLinks, rest: float, quiet: float = _QUIET) -> Iterator[Figure]:
    """The figures of one fabric."""
    size = f"{fabric.switches} switches with {fabric.switches * fabric.degree:,} interfaces"
    sweep()
    with _installed(fabric) as daemon, _Fakes(fabric, daemon) as fakes:
        note(f"{size}: waiting for {fabric.links:,} links")
        seen = LinkLog(daemon.log)
        _await(lambda: seen.count("link up") >= fabric.links, daemon, fakes)
        yield Figure(NAME, f"{size}, from the first session to the full graph", seen.full_graph(fabric.links), "s")
        note("waiting for rest")
        busy = fakes.await_rest(daemon, quiet)
        yield Figure(NAME, f"{size}, from then until the last switch was told the last", round(busy, 1), "s")
        note(f"at rest for {rest:.0f} s")
        spent, heard, started = cpu_seconds(daemon), fakes.said["heard"], time.monotonic()
        time.sleep(rest)
        took = time.monotonic() - started
        percent = 100 * (cpu_seconds(daemon) - spent) / took
        case = f"{size}, at rest"
        yield Figure(NAME, f"{case}: CPU of the daemon, in percent of one core", round(percent, 1), "%", MOST_PERCENT)
        heard = fakes.said["heard"] - heard
        yield Figure(NAME, f"{case}: announcements heard", round(heard / took), "1/s")
        yield Figure(NAME, f"{case} for {rest:.0f} s, and before: false link losses", seen.count("link down"), "links")


class _Fakes:
    """The process with the switches."""

    def __init__(self, fabric: ManyLinks, daemon: DaemonProcess) -> None:
        script = Path(__file__).with_name("many_links.py")
        command = [sys.executable, str(script), *map(str, (daemon.port, fabric.switches, fabric.degree))]
        env = {**os.environ, **daemon.mark, "PYTHONPATH": str(ROOT)}
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self.said: Mapping[str, int] = {"told": 0, "heard": 0, "closed": 0}
        """What they were told and heard so far, at most a second old."""
        self._told_at = time.monotonic()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.stdin:
            self._process.stdin.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._thread.join()

    def check(self) -> None:
        """Raises CommandError when they are not all there."""
        if self._process.poll() is not None or self.said["closed"]:
            raise CommandError(f"the process of fakes ended, or sessions did: {self.said}")

    def await_rest(self, daemon: DaemonProcess, quiet: float) -> float:
        """Wait until nothing was told for so many seconds; how long it was told something from now on."""
        started = time.monotonic()
        _await(lambda: time.monotonic() - max(self._told_at, started) > quiet, daemon, self)
        return max(self._told_at - started, 0.0)

    def _read(self) -> None:
        for line in self._process.stdout or ():
            said = json.loads(line)
            if said["told"] != self.said["told"]:
                self._told_at = time.monotonic()
            self.said = said


def cpu_seconds(daemon: DaemonProcess) -> float:
    """What all threads of the process have computed so far (proc(5))."""
    text = Path(f"/proc/{daemon.process.pid if daemon.process else 0}/stat").read_text()
    user, system = text.rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / _TICKS


@contextmanager
def _installed(fabric: ManyLinks) -> Iterator[DaemonProcess]:
    ledger = Ledger()
    try:
        with tempfile.TemporaryDirectory(prefix="tenantry-bench-") as name:
            topology = Path(name, "topology.yaml")
            topology.write_text(fabric.text())
            daemon = DaemonProcess(Path(name), [topology])
            daemon.mark = ledger.mark
            with daemon:
                await_listening(daemon)
                yield daemon
    finally:
        ledger.close()


def _await(is_done: Callable[[], bool], daemon: DaemonProcess, fakes: _Fakes) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not is_done():
        fakes.check()
        if not daemon.is_running() or time.monotonic() > deadline:
            raise CommandError(f"discovery is not done; the daemon said last:\n{daemon.log_tail()}")
        time.sleep(_PAUSE)
