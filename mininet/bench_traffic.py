"""Measures between two guests: TCP throughput and round-trip time."""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
from collections.abc import Mapping

from guest import Guest
from namespaces import CommandError, inside

PINGS = 500
PING_INTERVAL = 0.002
"""Seconds; shorter ones need no waiting kernel timer, longer ones measure how a machine wakes up."""
_LISTENING = "Server listening"
_TIME = re.compile(r"time=([\d.]+) ms")


def throughput(sender: Guest, receiver: Guest, address: str, seconds: float, mark: Mapping[str, str]) -> float:
    """Megabits of TCP payload that arrive in a second, sent to the receiver's address."""
    server = subprocess.Popen(
        inside(receiver.namespace, ["iperf3", "--server", "--one-off", "--forceflush"]),
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **mark},
    )
    with server:
        try:
            if not any(_LISTENING in line for line in server.stdout or ()):
                raise CommandError(f"no iperf3 listens in {receiver.name}")
            said = sender.run(["iperf3", "--client", address, "--time", str(seconds), "--json"])
        finally:
            server.terminate()
    return float(json.loads(said)["end"]["sum_received"]["bits_per_second"]) / 1e6


def round_trip(sender: Guest, address: str) -> float:
    """Median round-trip time in microseconds."""
    said = sender.run(["ping", "-n", "-c", str(PINGS), "-i", str(PING_INTERVAL), address])
    return statistics.median(1000 * float(time) for time in _TIME.findall(said))
