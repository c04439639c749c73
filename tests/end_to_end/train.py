"""A train of frames that goes on while something happens, to tell exactly what was lost, doubled or astray.

with Train(prober, {"known": ("blue1", "02:00:00:00:00:02")}) as train:
    daemon.kill()
    train.pass_frames(20)
assert train.receipts("known") == {"blue2": train.sent}
"""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from prober import Prober
from tests.end_to_end.eventually import eventually

BEAT = 0.01
"""Seconds between two frames of a journey."""


class Train:
    """Sends one frame of each journey, `name: (sender, destination MAC)`, with every beat."""

    def __init__(self, prober: Prober, journeys: Mapping[str, tuple[str, str]]) -> None:
        """The prober is the train's alone until the train has ended. Names have up to 6 characters."""
        self.sent = 0
        self._prober = prober
        self._journeys = journeys
        self._arrived: dict[str, Counter[str]] = defaultdict(Counter)
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self.pass_frames(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.set()
        self._thread.join()
        self._note(quiet=1.0)

    def pass_frames(self, number: int) -> None:
        """Return when so many more frames of each journey have been sent."""
        goal = self.sent + number
        eventually(lambda: self.sent >= goal, f"{number} more frames sent")

    def receipts(self, journey: str) -> dict[str, int]:
        """How many of the journey's frames each station received."""
        totals: Counter[str] = Counter()
        for token, stations in self._arrived.items():
            if token.startswith(f"{journey}."):
                totals.update(stations.keys())
        return dict(totals)

    def doubled(self) -> dict[str, dict[str, int]]:
        """Frames that a station received more than once."""
        return {token: dict(seen) for token, seen in self._arrived.items() if max(seen.values()) > 1}

    def _run(self) -> None:
        while not self._ending.is_set():
            for journey, (sender, destination) in self._journeys.items():
                self._prober.send(sender, f"{journey}.{self.sent}", dst=destination)
            self.sent += 1
            self._note(quiet=BEAT)

    def _note(self, quiet: float) -> None:
        for one in self._prober.sightings(quiet=quiet, timeout=10 * quiet):
            self._arrived[one.token][one.station] += 1
