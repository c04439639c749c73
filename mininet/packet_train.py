"""A train of frames, one of each journey every millisecond, to tell exactly which were lost, doubled or astray.

    with PacketTrain(prober, {"vlan": Journey("blue1", "02:00:00:00:00:02", {"blue2"})}) as train:
        daemon.kill()
        train.pass_frames(500)
    assert train.faults() == {}

Tests that need no such pace have `tests.end_to_end.train`, which waits for what arrives between two frames.
"""

from __future__ import annotations

import threading
import time
from array import array
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self

from frames import frame
from namespaces import CommandError
from prober import Prober

BEAT = 0.001
"""Seconds between two frames of a journey."""


@dataclass(frozen=True, slots=True)
class Journey:
    """Frames from a station to an address, and the stations where each has to arrive, once."""

    sender: str
    destination: str
    receivers: Collection[str]
    source: str = ""
    """MAC; the station's own when left out."""
    vlans: Sequence[int] = ()


class PacketTrain:
    """Sends from entering to leaving. Journeys have names of up to 5 characters."""

    def __init__(self, prober: Prober, journeys: Mapping[str, Journey]) -> None:
        """The prober is the train's alone until the train has ended."""
        self.sent = 0
        self._prober = prober
        self._journeys = dict(journeys)
        self._arrived: Counter[tuple[str, int, str]] = Counter()
        """(journey, number of the frame, station) -> how often."""
        self._times = array("d")
        """When each frame was sent, in seconds of `time.monotonic`."""
        self._silent: set[tuple[str, int]] = set()
        """(journey, number of the frame) of what nobody sent."""
        self._ending = threading.Event()
        self._threads = [threading.Thread(target=run, daemon=True) for run in (self._send, self._receive)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        self.pass_frames(100)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.set()
        for thread in self._threads:
            thread.join()
        self._note(quiet=1.0)

    def pass_frames(self, number: int) -> None:
        """Return when so many more frames of each journey have been sent."""
        goal = self.sent + number
        while self.sent < goal:
            if not self._threads[0].is_alive():
                raise CommandError(f"the train ended after {self.sent} frames")
            time.sleep(10 * BEAT)

    def send_from(self, station: str | None, *journeys: str) -> None:
        """Have another station send the frames of these journeys, or nobody; they look as before."""
        for name in journeys:
            self._journeys[name] = replace(self._journeys[name], sender=station or "")
        # One may just have been on its way to a socket.
        self.pass_frames(2)

    def faults(self) -> dict[str, str]:
        """What was wrong, by journey; empty if every frame arrived once at all of its receivers and nowhere else."""
        found: dict[str, str] = {}
        for name, journey in self._journeys.items():
            lost = {at: self._lost(name, at) for at in sorted(journey.receivers)}
            said = [f"{at} lost {len(numbers)}: {_runs(numbers)}" for at, numbers in lost.items() if numbers]
            seen = {key: times for key, times in self._arrived.items() if key[0] == name}
            doubled = Counter(station for (_, _, station), times in seen.items() if times > 1)
            astray = Counter(station for _, _, station in seen if station not in journey.receivers)
            said += [f"{station} got {number} twice" for station, number in doubled.items()]
            said += [f"{number} went astray to {station}" for station, number in astray.items()]
            if said:
                found[name] = "; ".join(said)
        return found

    def has_arrived(self, journey: str, number: int, station: str) -> bool:
        """Whether a station has got this frame of a journey by now."""
        return (journey, number, station) in self._arrived

    def arrived(self, journey: str, station: str) -> list[int]:
        """Numbers of the journey's frames that a station got, each as often as it came."""
        seen = (
            (number, times) for (name, number, at), times in self._arrived.items() if (name, at) == (journey, station)
        )
        return sorted(number for number, times in seen for _ in range(times))

    def lost(self, journey: str) -> int:
        """How many frames of a journey did not reach all of its receivers."""
        return len({number for at in self._journeys[journey].receivers for number in self._lost(journey, at)})

    def lost_seconds(self, journey: str, frames: range) -> float:
        """For how long a journey lost these frames: each gap counts from its first frame to the next that arrived."""
        total, since = 0.0, None
        for number in frames:
            is_lost = any((journey, number, at) not in self._arrived for at in self._journeys[journey].receivers)
            if is_lost and since is None:
                since = self._times[number]
            elif not is_lost and since is not None:
                total, since = total + self._times[number] - since, None
        return total if since is None else total + self._times[frames[-1]] + BEAT - since

    def surplus(self, frames: range) -> int:
        """How often one of these frames arrived where it already had, or where it should not at all."""
        found = 0
        for name, journey in self._journeys.items():
            for station in {one.sender for one in self._journeys.values()} | set(journey.receivers):
                due = station in journey.receivers
                found += sum(max(self._arrived.get((name, number, station), 0) - due, 0) for number in frames)
        return found

    def _lost(self, journey: str, station: str) -> list[int]:
        return [
            number
            for number in range(self.sent)
            if (journey, number, station) not in self._arrived and (journey, number) not in self._silent
        ]

    def _send(self) -> None:
        made = {
            name: frame(name, src=one.source or self._prober.mac(one.sender), dst=one.destination, vlans=one.vlans)
            for name, one in self._journeys.items()
        }
        due = time.monotonic()
        while not self._ending.is_set():
            now = time.monotonic()
            for name, journey in self._journeys.items():
                if not journey.sender:
                    self._silent.add((name, self.sent))
                    continue
                data, token = made[name], f"{name}.{self.sent}".encode().ljust(12, b"\0")
                at = 18 + 4 * len(journey.vlans)
                self._prober.send_raw(journey.sender, data[:at] + token + data[at + 12 :])
            self._times.append(now)
            self.sent += 1
            due = max(due + BEAT, time.monotonic() - BEAT)
            time.sleep(max(due - time.monotonic(), 0.0))

    def _receive(self) -> None:
        while not self._ending.is_set():
            self._note(quiet=0.02)

    def _note(self, quiet: float) -> None:
        for one in self._prober.sightings(quiet=quiet, timeout=5 * quiet):
            name, _, number = one.token.partition(".")
            if name in self._journeys:
                self._arrived[name, int(number), one.station] += 1


def _runs(numbers: list[int]) -> str:
    """Consecutive numbers as ranges, the first few."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number - 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(f"{first}-{last}" for first, last in runs[:8]) + (", ..." if len(runs) > 8 else "")
