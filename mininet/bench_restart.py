"""What a restart of the daemon costs one real switch with 100,000 flows, and two guests that talk meanwhile.

The daemon is killed as by a crash and started again on its state. Its statistics say what it sent to change the switch,
its log how long after the session the switch was in sync; a train of a frame each millisecond says what was lost.
"""

from __future__ import annotations

import re
import statistics
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from bench_report import Figure, note
from bench_sync import await_in_sync, await_listening
from beyond_4093 import tag_of
from demo_daemon import DaemonProcess
from full_switch import HERE, NETWORKS, FullSwitch, mac, topology
from namespaces import CommandError
from prober import Prober

NAME = "restart"
ROUNDS = 3
MOST_SECONDS = 1
BEAT = 0.001
_AROUND = 1.0
"""Seconds that the train runs before and after."""
_SENT = re.compile(r"sent \((?:flows added|deletions|groups and meters set)\) (\d+)")


def run() -> Iterator[Figure]:
    """Measure; about a minute."""
    yield from measure(NETWORKS)


def measure(networks: int) -> Iterator[Figure]:
    """The figures for so many networks."""
    with tempfile.TemporaryDirectory(prefix="tenantry-bench-") as name:
        document = Path(name, "topology.yaml")
        document.write_text(topology(networks))
        with FullSwitch(Path(name, "ovs"), networks) as switch:
            daemon = DaemonProcess(Path(name, "ovs"), [document])
            daemon.mark = switch.mark
            with daemon:
                await_listening(daemon)
                switch.connect(daemon.socket)
                await_in_sync(daemon)
                time.sleep(_AROUND)  # What was learned of the switch is saved within a second.
                case = f"{switch.flows():,} flows, daemon killed and started"
                seconds, sent, lost = [], 0, 0
                for number in range(ROUNDS):
                    note(f"{case}: round {number + 1} of {ROUNDS}")
                    took, changes, frames = _restart(daemon, switch)
                    seconds.append(took)
                    sent, lost = sent + changes, lost + frames
        yield Figure(NAME, f"{case}, from session to in sync", round(statistics.median(seconds), 3), "s", MOST_SECONDS)
        yield Figure(NAME, f"{case}: messages that change the switch, in {ROUNDS} restarts", sent, "messages")
        yield Figure(NAME, f"{case}: frames lost of a 1 ms train, in {ROUNDS} restarts", lost, "frames")


def _restart(daemon: DaemonProcess, switch: FullSwitch) -> tuple[float, int, int]:
    """(seconds from session to in sync, messages that change the switch, frames lost) of one restart."""
    flows = switch.flows()
    with Prober(switch.stations().values()) as prober, _Train(prober) as train:
        time.sleep(_AROUND)
        daemon.kill()
        daemon.log.unlink()
        daemon.socket.unlink()
        daemon.start()
        seconds = await_in_sync(daemon)
        time.sleep(_AROUND)
    if switch.flows() != flows:
        raise CommandError(f"the switch has {switch.flows()} flows instead of {flows}")
    daemon.stop()
    sent = sum(int(number) for number in _SENT.findall(daemon.log.read_text()))
    daemon.start()
    return seconds, sent, train.lost


class _Train:
    """Frames from one guest to the other on the first network, one each beat, in a thread of its own."""

    def __init__(self, prober: Prober) -> None:
        self._prober = prober
        self._sent = 0
        self._arrived: Counter[str] = Counter()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.set()
        self._thread.join()
        self._take(quiet=0.5)

    @property
    def lost(self) -> int:
        """Frames that were sent and did not arrive."""
        if not self._sent:
            raise CommandError("the train did not leave")
        return self._sent - len(self._arrived)

    def _run(self) -> None:
        source, destination, vlan = mac(HERE, "a0"), mac(HERE, "b0"), tag_of(1)
        due = time.monotonic()
        while not self._ending.is_set():
            self._prober.send("a", f"{self._sent:012d}", src=source, dst=destination, vlans=(vlan,))
            self._sent += 1
            due = max(due + BEAT, time.monotonic() - BEAT)
            self._take(quiet=max(0.0, due - time.monotonic()))

    def _take(self, quiet: float) -> None:
        seen = self._prober.sightings(quiet=quiet, timeout=max(quiet, BEAT))
        self._arrived.update(one.token for one in seen if one.station == "b")
