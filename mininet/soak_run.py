"""One run of a soak: operations, what is expected after each, and the figures in the end."""

from __future__ import annotations

import random
import statistics
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from namespaces import CommandError
from soak_crashes import CRASHES
from soak_edits import EDITS
from soak_moves import MOVES
from soak_operations import Step, draw, draw_of_each
from soak_oracle import Reach, reach, steadfast
from soak_settle import PATIENCE, Wrong, settle_at_least, settle_exactly
from soak_site import Site, SoakError
from soak_watcher import Astray

OPERATIONS = (*EDITS, *MOVES, *CRASHES)
SETTLED = 0.85
"""Share of operations after which everything has to settle; the others meet the next one half done."""
SLOW = 2.0
"""Seconds of settling that are worth a note."""
_PROGRESS = 100


class SoakFailure(Exception):
    """Something was not as it should be; the message is the whole story."""


@dataclass(slots=True)
class Figures:
    """What a run did and saw."""

    operations: Counter[str] = field(default_factory=Counter)
    settled: list[tuple[float, str]] = field(default_factory=list)
    """Seconds that settling took, and after which operation."""
    astray: Counter[str] = field(default_factory=Counter)
    sent: int = 0
    arrived: int = 0
    seconds: float = 0.0

    def __str__(self) -> str:
        number = sum(self.operations.values())
        kinds = ", ".join(f"{name} {times}" for name, times in sorted(self.operations.items()))
        times = sorted(self.settled) or [(0.0, "nothing")]
        astray = ("crossed tenants", "crossed networks", "reflected", "doubled")
        return "\n".join(
            [
                f"{number:,} operations in {self.seconds:.0f} s, {number / max(self.seconds, 0.001):.1f} a second",
                f"  {kinds}",
                f"settled {len(self.settled):,} times, median {statistics.median(one[0] for one in times):.2f} s, "
                f"longest {times[-1][0]:.1f} s after: {times[-1][1]}",
                f"{self.sent:,} frames sent, {self.arrived:,} arrived; "
                + ", ".join(f"{name}: {self.astray[name]}" for name in astray),
            ]
        )


class Soak:
    """One run, with all of its files in `directory`."""

    def __init__(self, directory: Path, seed: int, *, allow_circles: bool = False) -> None:
        self.figures = Figures()
        self.site = Site(directory, seed)
        self._random = random.Random(seed)
        self._record = directory / "operations.log"
        self._allow_circles = allow_circles
        self._last = "beginning"
        self._seen = 0
        """How many of the frames that went astray have been written down."""
        self._before: Reach = {}
        """What was so when everything had settled last."""
        self._undisturbed = True
        """Whether nothing happened since, but that the daemon ended."""

    def run(self, operations: int) -> None:
        """Do so many operations; raises SoakFailure."""
        self.run_steps(draw(OPERATIONS, self.site, self._random) for _ in range(operations))

    def run_each(self) -> None:
        """Do an operation of every kind; raises SoakFailure."""
        self.run_steps(draw_of_each(OPERATIONS, self.site, self._random))

    def run_steps(self, steps: Iterable[tuple[str, Step]]) -> None:
        """Do these steps, each with the name of its operation; raises SoakFailure."""
        with self.site.standing():
            begun = time.monotonic()
            try:
                self._settle()
                for name, step in steps:
                    self._do(name, step)
                self._restore()
            except (SoakError, CommandError) as error:
                raise SoakFailure(self._story(str(error))) from error
            finally:
                self.figures.seconds = time.monotonic() - begun
                self.figures.sent, self.figures.arrived = self.site.watcher.sent, self.site.watcher.arrived
                self.figures.astray = Counter(one.kind for one in self.site.watcher.astray)

    def _do(self, name: str, step: Step) -> None:
        self.figures.operations[name] += 1
        number = sum(self.figures.operations.values())
        self._last = f"{number}: {step.text}"
        self._write(self._last)
        if number % _PROGRESS == 0:
            print(f"  {self._last}", flush=True)
        needs_settling = self._random.random() < SETTLED
        was_undisturbed = self._undisturbed
        step.act()
        self._undisturbed = was_undisturbed and name in ("kill daemon", "end daemon")
        if needs_settling:
            self._settle()
        else:
            self._check()

    def _settle(self) -> None:
        site, begun = self.site, time.monotonic()
        wanted = reach(site.wish, site.world)
        if site.world.is_whole:
            self._catch_up()
            wrong = settle_exactly(site.watcher, site.world, wanted, self._check)
        elif self._undisturbed:
            wrong = settle_exactly(site.watcher, site.world, self._before, self._check)
        else:
            wanted = steadfast(site.wish, site.world, self._before)
            wrong = settle_at_least(site.watcher, site.world, wanted, self._check)
        if wrong:
            raise SoakFailure(self._story(_told(wrong)))
        seconds = time.monotonic() - begun
        self.figures.settled.append((seconds, self._last))
        if seconds > SLOW:
            self._write(f"    settled after {seconds:.1f} s")
        if site.world.is_whole:
            site.world.settled(site.wish)
            self._before, self._undisturbed = wanted, True

    def _catch_up(self) -> None:
        """Wait until all switches are in sync: before their gates open reachability may be right by what they held."""
        deadline = time.monotonic() + PATIENCE
        while not self.site.is_caught_up:
            self._check()
            if time.monotonic() > deadline:
                raise SoakError("not all switches are in sync")
            time.sleep(0.02)

    def _restore(self) -> None:
        """Let all that is away come back, so that the last word is about everything."""
        site = self.site
        for name in sorted(site.world.dead):
            site.start_switch(name)
        for name in sorted(site.world.away):
            site.rejoin(name)
        if not site.world.daemon_runs:
            site.start_daemon()
        self._last = "the end"
        self._undisturbed = False
        self._settle()

    def _check(self) -> None:
        """Raise when the daemon is not well, or a frame went astray."""
        self.site.check_daemon()
        fresh = self.site.watcher.astray[self._seen :]
        self._seen += len(fresh)
        for one in fresh[:20]:
            self._write(f"    {one.text}")
        if any(not self._tolerates(one) for one in fresh):
            raise SoakError("\n  ".join(["frames went astray:", *(one.text for one in fresh[:20])]))

    def _tolerates(self, astray: Astray) -> bool:
        return self._allow_circles and astray.kind in ("doubled", "reflected")

    def _write(self, line: str) -> None:
        with self._record.open("a") as record:
            record.write(f"{line}\n")

    def _story(self, what: str) -> str:
        return (
            f"after operation {self._last}\n  {what}\n\n"
            f"the operations before are in {self._record}; the daemon said last:\n{self.site.daemon.log_tail(30)}"
        )


def _told(wrong: list[Wrong]) -> str:
    return "\n  ".join([f"reachability did not settle ({len(wrong)} frames were wrong):", *map(str, wrong[:10])])
