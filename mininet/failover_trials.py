"""Cuts the wires on a train's way, one after the other, mends each, and says what the train lost.

The way is looked up by watching which wires the train's frames cross, before each cut. A cut is over when frames flow
in both directions again and whoever heals the fabric has done all that is to be done.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cuts import Cut, cut, mend
from failover_sides import Side
from lab import Lab
from namespaces import CommandError
from packet_train import Journey, PacketTrain
from prober import Prober
from shapes import GUESTS
from station import Station

IN_FLIGHT = 10
"""Frames that may be under way when something happens."""
_WINDOW, _LATE, _LITTLE = 100, 200, 0.005
"""Frames flow when of so many, sent so many frames ago as they are noted late, a few at most were lost (in seconds)."""
_WATCH = 0.05
_BETWEEN = 0.3
"""Seconds of watching the wires, and between two looks that have to show the same."""
_PATIENCE = 90.0
JOURNEYS: Mapping[str, Journey] = {"ab": Journey("a", GUESTS["b"], {"b"}), "ba": Journey("b", GUESTS["a"], {"a"})}


@dataclass(frozen=True, slots=True)
class Trial:
    """One wire cut and mended: frames of the train, by number, and messages that changed a switch."""

    how: Cut
    cut: range
    mended: range
    told_at_cut: int
    told_at_mend: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one trial cost."""

    how: Cut
    lost_at_cut: tuple[float, ...]
    """Milliseconds in each direction."""
    lost_at_mend: tuple[float, ...]
    surplus: int
    """Frames that came twice or where they should not."""
    told_at_cut: int
    told_at_mend: int


def run_trials(lab: Lab, side: Side, times: Mapping[Cut, int]) -> list[Outcome]:
    """Cut so often in each way."""
    with Prober(station for name, station in lab.stations.items() if name in GUESTS) as prober:
        with PacketTrain(prober, JOURNEYS) as train:
            driver = _Driver(lab, side, train)
            driver.await_flow(train.sent)
            trials = [driver.trial(how) for how, number in times.items() for _ in range(number)]
        return [outcome(train, trial) for trial in trials]


def outcome(train: PacketTrain, trial: Trial) -> Outcome:
    """What a train that has ended says of a trial."""
    return Outcome(
        trial.how,
        tuple(1000 * train.lost_seconds(journey, trial.cut) for journey in JOURNEYS),
        tuple(1000 * train.lost_seconds(journey, trial.mended) for journey in JOURNEYS),
        train.surplus(trial.cut) + train.surplus(trial.mended),
        trial.told_at_cut,
        trial.told_at_mend,
    )


def least_cut(way: frozenset[str], cuts: Mapping[str, int]) -> str:
    """The wire on the way that was cut least often so far."""
    return min(way, key=lambda name: (cuts.get(name, 0), name))


class _Driver:
    """Does one trial after the other under a train."""

    def __init__(self, lab: Lab, side: Side, train: PacketTrain) -> None:
        self._lab = lab
        self._side = side
        self._train = train
        self._wires = {str(wire.a): wire for wire in lab.model.wires}
        self._cuts: dict[Cut, Counter[str]] = {how: Counter() for how in Cut}

    def trial(self, how: Cut) -> Trial:
        """Cut a wire on the way, and mend it."""
        cuts = self._cuts[how]
        name = least_cut(self._steady_way(), cuts)
        wire, end = self._wires[name], (self._wires[name].a, self._wires[name].b)[cuts[name] % 2]
        cuts[name] += 1
        start = self._now()
        self._side.begin()
        cut(self._lab, wire, how, end)
        self.await_flow(self._train.sent)
        told_at_cut = self._side.settle(is_cut=True)
        middle = self._now()
        self._side.begin()
        mend(self._lab, wire, how, end)
        told_at_mend = self._side.settle(is_cut=False)
        self.await_flow(self._train.sent)
        self._steady_way()
        return Trial(how, range(start, middle), range(middle, self._now()), told_at_cut, told_at_mend)

    def await_flow(self, first: int) -> None:
        """Wait until frames sent after the first arrive in both directions."""

        def is_flowing() -> bool:
            stop = self._train.sent - _LATE
            frames = range(stop - _WINDOW, stop)
            return frames.start >= first and all(self._train.lost_seconds(one, frames) <= _LITTLE for one in JOURNEYS)

        _await(is_flowing, "the train does not get through")

    def _now(self) -> int:
        return self._train.sent - IN_FLIGHT

    def _steady_way(self) -> frozenset[str]:
        """Wait until the train takes the same way twice; the wires that it crosses, each by its first end."""
        ways = [frozenset[str]()]

        def is_steady() -> bool:
            ways.append(self._way())
            return bool(ways[-1]) and ways[-2] == ways[-1]

        _await(is_steady, "the train takes no steady way")
        return ways[-1]

    def _way(self) -> frozenset[str]:
        wires = {str(end): name for name, wire in self._wires.items() for end in (wire.a, wire.b)}
        ends = [end for wire in self._wires.values() for end in (wire.a, wire.b)]
        places = (Station(str(end), "", (), end.interface, self._lab.net[end.node].namespace) for end in ends)
        with Prober(places) as watching:
            seen = {one.station for one in watching.sightings(quiet=_WATCH, timeout=_WATCH)}
        return frozenset(wires[place] for place in seen)


def _await(is_done: Callable[[], bool], trouble: str) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not is_done():
        if time.monotonic() > deadline:
            raise CommandError(trouble)
        time.sleep(_BETWEEN)
