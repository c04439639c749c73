"""What a restart of the daemon costs one real switch with 100,000 flows, and two guests that talk meanwhile.

The daemon is killed as by a crash and started again on its state. Its statistics say what it sent to change the switch,
its log how long after the session the switch was in sync; a train of a frame each millisecond says what was lost.
"""

from __future__ import annotations

import re
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench_report import Figure, note
from bench_sync import await_in_sync, await_listening
from beyond_4093 import tag_of
from demo_daemon import DaemonProcess
from full_switch import HERE, NETWORKS, FullSwitch, mac, topology
from namespaces import CommandError
from packet_train import Journey, PacketTrain
from prober import Prober

NAME = "restart"
ROUNDS = 3
MOST_SECONDS = 1
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
    journey = Journey("a", mac(HERE, "b0"), {"b"}, source=mac(HERE, "a0"), vlans=(tag_of(1),))
    with Prober(switch.stations().values()) as prober, PacketTrain(prober, {"ab": journey}) as train:
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
    daemon.log.unlink()
    daemon.start()
    await_in_sync(daemon)
    time.sleep(_AROUND)  # For what was learned to be saved.
    return seconds, sent, train.lost("ab")
