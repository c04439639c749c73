"""How long it takes until every guest of the leaf-spine topology reaches every other of its networks.

Two ways to come up: as in the demo, where the daemon is started first and the switches are built meanwhile; and the
daemon alone, on switches that stand and wait for it.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench_report import Figure, note
from demo_daemon import ROOT, DaemonProcess
from lab import Lab, load_topology
from namespaces import CommandError
from reach import wait_until_right

NAME = "start"
RUNS = 3
TOPOLOGY = ROOT / "topologies" / "leaf-spine.yaml"
_PATIENCE = 60.0
_PAUSE = 0.01


def run() -> Iterator[Figure]:
    """Measure; about a minute."""
    for case, measure in (("daemon and lab at once", _with_lab), ("daemon on waiting switches", _alone)):
        seconds = []
        for number in range(RUNS):
            note(f"{case}: run {number + 1} of {RUNS}")
            seconds.append(measure())
        yield Figure(NAME, f"leaf-spine, {case}, until all guests are reachable", _rounded(seconds), "s")


def _rounded(seconds: list[float]) -> float:
    return round(statistics.median(seconds), 2)


def _with_lab() -> float:
    with tempfile.TemporaryDirectory(prefix="tenantry-bench-") as name:
        daemon = DaemonProcess(Path(name), [TOPOLOGY])
        lab = Lab(*load_topology([TOPOLOGY]), port=daemon.port, socket=daemon.socket)
        daemon.mark = lab.mark
        with daemon, lab:
            return _until_reachable(daemon, lab)


def _alone() -> float:
    with tempfile.TemporaryDirectory(prefix="tenantry-bench-") as name:
        daemon = DaemonProcess(Path(name), [TOPOLOGY])
        with Lab(*load_topology([TOPOLOGY]), port=daemon.port, socket=daemon.socket) as lab:
            daemon.mark = lab.mark
            with daemon:
                while not daemon.socket.exists() and daemon.is_running():
                    time.sleep(_PAUSE)
                lab.reconnect()
                return _until_reachable(daemon, lab)


def _until_reachable(daemon: DaemonProcess, lab: Lab) -> float:
    found = wait_until_right(lab.stations, _PATIENCE, since=daemon.started_at)
    if found.complete_after is None or not found.is_right:
        raise CommandError(f"not all guests became reachable; the daemon said last:\n{daemon.log_tail()}")
    return found.complete_after
