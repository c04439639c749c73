"""When endpoints and pairs of them are probed, evenly spread; called once a slice of `SLICE` seconds.

Each endpoint is asked every `PERIOD`, by a few others in turn. That is enough to notice one that is cut off, and costs
in proportion to endpoints. Ways between pairs, of which there are ten thousands, have a *round* in which each is looked
at once, which takes as long as it takes at `MOST_PAIRS`. In the first round, and about once in `LARGE_EVERY` seconds,
the largest packets are tried as well. Pairs of an endpoint that is new, or in reach again, come first.

Above some hundred endpoints the rates stay what they are, and everything takes longer.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import islice

from controller.announcer import LONGEST_SLICE
from controller.fabric.reachability import Goal
from controller.fabric.underlay_paths import Path
from controller.underlay_plan import UnderlayPlan

SLICE = LONGEST_SLICE
PERIOD = 0.3
"""Seconds between two probes of an endpoint."""
MOST_GOALS = 50
"""Endpoints asked in a slice: a thousand in a second."""
ROUND = 2.0
"""Seconds that a round takes at least."""
MOST_PAIRS = 2
"""Pairs looked at in a slice, each in both directions."""
LARGE_EVERY = 60.0


class UnderlayRounds:
    """Deals out the goals and pairs of a plan, slice by slice."""

    def __init__(self) -> None:
        self.plan = UnderlayPlan()
        self._goals: list[Goal] = []
        self._at = 0
        self._credit = 0.0
        self._round: Iterator[Path] = iter(())
        self._pairs_in_round = 0
        self._pair_credit = 0.0
        self._is_large = True
        self._large_at = float("-inf")
        self._first: deque[Path] = deque()

    def take(self, plan: UnderlayPlan) -> None:
        """Go on with another plan."""
        known = self.plan.near.keys()
        self.plan, self._goals = plan, sorted(plan.near)
        self._pairs_in_round = sum(map(len, plan.near.values())) // 2
        new = [goal for goal in self._goals if goal not in known]
        if 2 * len(new) > len(self._goals):
            self._round, self._large_at = iter(()), float("-inf")
            new = []
        for goal in new:
            self.begin_with(goal)

    def begin_with(self, goal: Goal) -> None:
        """Look at an endpoint's pairs before all others, with the largest packets, too."""
        self._first.extend(Path(goal.switch, other, goal.segment).pair for other in self.plan.near.get(goal, ()))

    def next_goals(self) -> list[Goal]:
        """The goals to ask now."""
        number = len(self._goals)
        self._credit = min(self._credit + number * SLICE / PERIOD, MOST_GOALS)
        taken = min(int(self._credit), number)
        self._credit -= taken
        chosen = [self._goals[(self._at + step) % number] for step in range(taken)]
        self._at = (self._at + taken) % max(number, 1)
        return chosen

    def next_pairs(self, now: float) -> list[tuple[Path, bool]]:
        """The pairs to look at now, and whether with the largest packets, too."""
        pairs = self._pairs_in_round
        self._pair_credit = min(self._pair_credit + pairs * SLICE / ROUND, MOST_PAIRS + 1)
        chosen: list[tuple[Path, bool]] = []
        while self._pair_credit >= 1 and pairs and len(chosen) < MOST_PAIRS:
            self._pair_credit -= 1
            if self._first:
                first = self._first.popleft()
                if self.is_wanted(first):
                    chosen.append((first, True))
                continue
            pair = next(self._round, None)
            if pair is None:
                self._begin_round(now)
                pair = next(self._round, None)
            if pair is None:
                break
            chosen.append((pair, self._is_large))
        return chosen

    def is_wanted(self, path: Path) -> bool:
        """Whether a path is one of the plan's."""
        return self.plan.is_near(Goal(path.source, path.segment), path.destination)

    def _begin_round(self, now: float) -> None:
        self._round = filter(self.is_wanted, self._pairs(self.plan))
        self._is_large = now - self._large_at >= LARGE_EVERY
        if self._is_large:
            self._large_at = now

    def _pairs(self, plan: UnderlayPlan) -> Iterator[Path]:
        longest = max(map(len, plan.near.values()), default=0)
        for place in range(longest):
            for goal in self._goals:
                for other in islice(plan.near.get(goal, ()), place, place + 1):
                    if goal.switch < other:
                        yield Path(goal.switch, other, goal.segment)
