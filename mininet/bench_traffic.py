"""Measures between two guests: TCP throughput and round-trip time.

Where a process runs decides more than what it does: two that share a core by chance take turns, two on different ones
wake each other up. So each side of a wire is given one core, and stays there.
"""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from guest import Guest
from namespaces import CommandError, inside

PINGS = 500
PING_INTERVAL = 0.002
_LISTENING = "Server listening"
_TIME = re.compile(r"time=([\d.]+) ms")


@dataclass(frozen=True, slots=True)
class Side:
    """A guest, and the core on which all runs that is on its side."""

    guest: Guest
    core: int

    def command(self, words: Sequence[str]) -> list[str]:
        """The command as it runs in the guest."""
        return ["taskset", "--cpu-list", str(self.core), *words]


def cores() -> tuple[int, int]:
    """Two cores that this process may use; the same one twice where there is only one."""
    usable = sorted(os.sched_getaffinity(0))
    return usable[0], usable[-1]


def pin(pid: int, core: int) -> None:
    """Keep a running process on one core, with all of its threads."""
    for task in Path(f"/proc/{pid}/task").iterdir():
        os.sched_setaffinity(int(task.name), {core})


def throughput(sender: Side, receiver: Side, address: str, seconds: float, mark: Mapping[str, str]) -> float:
    """Megabits of TCP payload that arrive in a second, sent to the receiver's address."""
    listen = receiver.command(["iperf3", "--server", "--one-off", "--forceflush"])
    server = subprocess.Popen(
        inside(receiver.guest.namespace, listen),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, **mark},
    )
    with server:
        try:
            if not any(_LISTENING in line for line in server.stdout or ()):
                raise CommandError(f"no iperf3 listens in {receiver.guest.name}")
            command = ["iperf3", "--client", address, "--time", str(seconds), "--json"]
            said = sender.guest.run(sender.command(command))
        except BaseException:
            server.terminate()
            raise
    return float(json.loads(said)["end"]["sum_received"]["bits_per_second"]) / 1e6


def round_trip(sender: Side, address: str) -> float:
    """Median round-trip time in microseconds."""
    said = sender.guest.run(sender.command(["ping", "-n", "-c", str(PINGS), "-i", str(PING_INTERVAL), address]))
    return statistics.median(1000 * float(time) for time in _TIME.findall(said))
