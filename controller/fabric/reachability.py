"""Which tunnel endpoints can be reached, from probes that other switches send there and that are sent back.

An endpoint is a *goal* for each encapsulation. It is out of reach when `ENOUGH` probes in a row were not answered, from
whichever switches. What a switch asks counts only if it had an answer from elsewhere to a probe that it sent at that
time or later; otherwise it may be the one that is cut off, or its session stalls. So when nothing passes anywhere,
nobody is out of reach, and nothing is changed that could make it worse.

It is in reach again when `STREAK` probes in a row were answered; one that keeps going is held out of use for a while
(`controller.fabric.damping`). A goal that nobody can ask any more is not known to be out of reach, so it is not.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import NamedTuple

from controller.fabric.damping import Damping
from controller.fabric.silence import KEPT, Silence
from controller.intent.model import OVERLAYS, Segment

ENOUGH = 8
STREAK = 3
DECIDED_WITHIN = 1.5
"""Seconds of silence after which a goal would be out of reach, if this could be told."""
UNKNOWN_AFTER = 5.0
"""Seconds without a question after which nothing is known of a goal."""


class Goal(NamedTuple):
    """A switch's endpoint, and the encapsulation by which it is to be reached."""

    switch: str
    segment: Segment


class Reachability:
    """All goals. Times are seconds of any steady clock."""

    def __init__(self) -> None:
        self.out: frozenset[Goal] = frozenset()
        """Goals that are not to be used: out of reach, or back and held."""
        self.damping: Damping[Goal] = Damping()
        self._silences: dict[Goal, Silence] = {}
        self._open: set[Goal] = set()
        """Those with open questions."""
        self._silent: set[Goal] = set()
        """Those out of reach."""
        self._last_asked: dict[Goal, float] = {}
        self._well: dict[Goal, float] = {}
        """By switch that asks, and encapsulation: when it sent the latest question that was answered."""
        self._last_well: dict[Segment, float] = {}
        """The same of all switches."""

    def ask(self, goal: Goal, by: str, now: float) -> None:
        """A switch sends a probe to a goal."""
        self._silences.setdefault(goal, Silence()).ask(by, now)
        self._open.add(goal)
        self._last_asked[goal] = now

    def answer(self, goal: Goal, by: str, sent: float) -> None:
        """A probe that a switch sent then has come back to it."""
        asker = Goal(by, goal.segment)
        self._well[asker] = max(self._well.get(asker, sent), sent)
        self._last_well[goal.segment] = max(self._last_well.get(goal.segment, sent), sent)
        if silence := self._silences.get(goal):
            silence.answer(sent)
            if not silence.open:
                self._open.discard(goal)

    def keep(self, goals: Collection[Goal]) -> None:
        """Forget all other goals."""
        for goal in self._silences.keys() - goals:
            self._forget(goal)
        self.out &= self._silences.keys()

    def is_well(self, goal: Goal, now: float) -> bool:
        """Whether nothing says that a goal may be out of reach."""
        silence = self._silences.get(goal)
        return goal not in self._silent and not (silence and silence.begins(now))

    def is_undecided(self, goal: Goal, now: float) -> bool:
        """Whether a goal may turn out to be out of reach in a moment."""
        silence = self._silences.get(goal)
        return silence is not None and silence.begins(now) and now - silence.since < DECIDED_WITHIN

    def elsewhere(self, goal: Goal) -> list[Segment]:
        """By which other encapsulations an endpoint has answered since it is out of reach by this one."""
        since = self._silences[goal].since
        return sorted(
            segment
            for segment in OVERLAYS
            if (other := self._silences.get(Goal(goal.switch, segment)))
            and segment is not goal.segment
            and other.answered > since
        )

    def urgent(self, now: float) -> list[Goal]:
        """Goals that are to be asked at once, again and again: silence begins there, or ends."""
        ending = [goal for goal in self._silent if 0 < self._silences[goal].streak < STREAK]
        open_ones = ((goal, self._silences[goal]) for goal in self._open - self._silent)
        return sorted(ending + [goal for goal, one in open_ones if one.begins(now) and len(one.open) < KEPT])

    def judge(self, now: float, counts: Callable[[Goal, str], bool]) -> tuple[frozenset[Goal], frozenset[Goal]]:
        """Goals that are out of reach from now on, and those that are in reach again.

        `counts` says whether silence towards a goal means anything when this switch asked.
        """
        known = len(self._silences)
        silent = set(self._silent)
        for goal in silent:
            if self._last_asked[goal] < now - UNKNOWN_AFTER:
                self._forget(goal)
            elif self._silences[goal].streak >= STREAK:
                self._silent.discard(goal)
        for goal in self._open - silent:
            silence = self._silences[goal]
            is_telling = self._last_well.get(goal.segment, silence.since - 1) >= silence.since
            if is_telling and silence.begins(now) and silence.count(now, self._count(goal, counts)) >= ENOUGH:
                self._silent.add(goal)
        if silent == self._silent and not self.damping.holds and known == len(self._silences):
            return frozenset(), frozenset()
        before = self.out
        there = frozenset(self._silences.keys() - self._silent)
        self.out = frozenset(self._silences.keys() - self.damping.admit(there, now))
        return self.out - before, before - self.out

    def _count(self, goal: Goal, counts: Callable[[Goal, str], bool]) -> Callable[[float, str], bool]:
        def is_telling(sent: float, by: str) -> bool:
            return self._well.get(Goal(by, goal.segment), sent - 1) >= sent and counts(goal, by)

        return is_telling

    def _forget(self, goal: Goal) -> None:
        self._silent.discard(goal)
        self._open.discard(goal)
        del self._silences[goal], self._last_asked[goal]
