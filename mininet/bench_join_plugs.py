"""Plugging interfaces with ids in, one after the other, and how long each took until its row says so: ours or OVN's."""

from __future__ import annotations

import time

from plug_client import PlugClient

PLUGS, WARM_UP = 200, 10
PEER = "peer"
"""The id of the other member, on the other host."""
PORTS = tuple(f"x{number}" for number in range(WARM_UP + PLUGS))
"""Ids, and names of the interfaces."""
_PAUSE = 0.05
"""Seconds for everybody to have done with the one before."""


def mac(number: int) -> str:
    """Of the peer (0), and of the ports."""
    return f"02:00:00:00:{number >> 8:02x}:{number & 255:02x}"


def plug_times(client: PlugClient, mark: str) -> list[float]:
    """Milliseconds from the write to the mark, for each plug; each is taken away again."""
    samples = []
    for number, name in enumerate(PORTS, 1):
        started = time.perf_counter()
        client.plug(name, name, mac(number))
        client.await_mark(name, mark)
        samples.append((time.perf_counter() - started) * 1000)
        client.unplug(name)
        time.sleep(_PAUSE)
    return samples[WARM_UP:]
