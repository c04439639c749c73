"""Asks tunnel endpoints whether they are in reach, by others that share a network with them.

An endpoint that does not answer is asked at once by more: by those that are well, each with a *witness*, another
endpoint that it asks at the same time, to tell whether it is well itself; and by those that seem to be cut off, too, as
they may be so together, and reach each other.

Silence means nothing where it has another cause: a switch that works off a large batch, that has not confirmed its
flows, or that is flooded with forged probes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from functools import cache
from itertools import chain, islice

from controller.core import Core
from controller.fabric.reachability import Goal, Reachability
from controller.fabric.underlay_paths import Path
from controller.intent.model import Segment
from controller.southbound.southbound import Southbound
from controller.underlay_plan import UnderlayPlan
from controller.underlay_post import Sent, UnderlayPost

ASKERS = 3
"""By so many others each endpoint is asked in turn."""
URGENT = 30
"""Endpoints that are asked again and again in one slice, at most."""
MOST_OTHERS, MOST_WITNESSES = 10, 30
"""Bounds on whom is looked for where most are cut off."""


class UnderlayAsking:
    """Asks, and judges answers and silence. Times are seconds of any steady clock."""

    def __init__(self, core: Core, southbound: Southbound, post: UnderlayPost, is_ready: Callable[[str], bool]) -> None:
        """`is_ready` says whether silence of a switch would mean something."""
        self.is_ready = is_ready
        self.reach = Reachability()
        self.plan = UnderlayPlan()
        self._core = core
        self._southbound = southbound
        self._post = post
        self._turns: Counter[Goal] = Counter()
        self._fellow_turns: Counter[Goal] = Counter()
        """Counted by themselves: if there are as many as questions in a slice, it would always be the same one."""
        self._known: set[tuple[str, Goal]] = set()
        """Who had an answer from whom: the flow that sends probes back is there."""
        self._troubled: dict[Segment, dict[str, None]] = {}
        """Switches that may be cut off, by encapsulation."""

    def take(self, plan: UnderlayPlan) -> None:
        """Go on with another plan."""
        self.plan = plan
        self.reach.keep(plan.near.keys())
        self._known = {(by, goal) for by, goal in self._known if plan.is_near(goal, by)}

    def ask(self, goals: Iterable[Goal], suspects: Iterable[Goal], now: float) -> None:
        """Ask these goals, and those that may be out of reach; `suspects` may be cut off, as much is wrong there."""
        urgent = self.reach.urgent(now)
        self._note_troubled(chain(urgent, suspects))
        for goal in goals:
            self._ask(goal, self._askers(goal, ASKERS), now)
            if goal in self.reach.out:
                self._ask(goal, self._fellow(goal), now)
        for goal in urgent[:URGENT]:
            self._ask_urgently(goal, now)

    def hear(self, sent: Sent) -> None:
        """A probe has come back to who asked."""
        goal = Goal(sent.path.destination, sent.path.segment)
        self._known.add((sent.path.source, goal))
        self.reach.answer(goal, sent.path.source, sent.at)

    def judge(self, now: float) -> tuple[frozenset[Goal], frozenset[Goal]]:
        """The goals that are out of reach from now on, and those that are in reach again."""
        return self.reach.judge(now, self._means_something(now))

    def _askers(self, goal: Goal, most: int) -> list[str]:
        """Who can ask, the best ones first."""
        has_session, broken, out = self._core.is_connected(goal.switch), self._core.paths.broken, self.reach.out
        good: list[str] = []
        others: list[str] = []
        for name in self.plan.near.get(goal, ()):
            if self._core.is_connected(name) and (has_session or (name, goal) in self._known):
                path = Path(name, goal.switch, goal.segment)
                is_bad = bool(broken) and (path in broken or path.back in broken)
                (others if is_bad or Goal(name, goal.segment) in out else good).append(name)
                if len(good) >= most or len(others) >= MOST_OTHERS:
                    break
        return good or others

    def _ask(self, goal: Goal, askers: list[str], now: float) -> str | None:
        """Have one of these ask; who it was."""
        askers = [name for name in askers if self.is_ready(name)]
        if not askers or not self.is_ready(goal.switch):
            return None
        self._turns[goal] += 1
        by = askers[self._turns[goal] % len(askers)]
        if not self._post.send(Path(by, goal.switch, goal.segment), now, is_asked=True):
            return None
        self.reach.ask(goal, by, now)
        return by

    def _ask_urgently(self, goal: Goal, now: float) -> None:
        """By two of those who can, by anybody, and by one that may be cut off as well: they may be so together."""
        askers = self._askers(goal, 2 * ASKERS)
        for _ in range(2):
            by = self._ask(goal, askers, now)
            witness = self._witness(by, goal.segment, now) if by else None
            if witness and by:
                self._ask(witness, [by], now)
        self._ask(goal, self._anybody(goal), now)
        self._ask(goal, self._fellow(goal), now)

    def _witness(self, by: str, segment: Segment, now: float) -> Goal | None:
        """Whom else a switch should ask: silence counts when it has an answer from elsewhere."""
        near = islice(self.plan.near.get(Goal(by, segment), ()), MOST_WITNESSES)
        return next((goal for name in near if self.reach.is_well(goal := Goal(name, segment), now)), None)

    def _anybody(self, goal: Goal) -> list[str]:
        """One of all that share a network with an endpoint, another one each time."""
        near = self.plan.near.get(goal, ())
        begin = self._turns[goal]
        names = (near[(begin + step) % len(near)] for step in range(len(near)))
        return [name for name in islice(names, MOST_OTHERS) if self._core.is_connected(name)][:1]

    def _fellow(self, goal: Goal) -> list[str]:
        """One of those that are in trouble, too, another one each time."""
        near = (name for name in self._troubled.get(goal.segment, ()) if self.plan.is_near(goal, name))
        found = list(islice(filter(self._core.is_connected, near), MOST_OTHERS))
        self._fellow_turns[goal] += 1
        return found and [found[self._fellow_turns[goal] % len(found)]]

    def _note_troubled(self, suspects: Iterable[Goal]) -> None:
        self._troubled = {}
        for goal in chain(sorted(self.reach.out), suspects):
            self._troubled.setdefault(goal.segment, {})[goal.switch] = None

    def _means_something(self, now: float) -> Callable[[Goal, str], bool]:
        """Whether a switch would have been answered, and its answer heard, if the underlay is well."""
        # Found out when it is asked for, which is seldom.
        busy, confirmed = cache(lambda: busy_switches(self._core, self._southbound)), cache(self._southbound.confirmed)

        def counts(goal: Goal, by: str) -> bool:
            is_ready = (by, goal) in self._known or goal.switch in confirmed()
            return is_ready and not {by, goal.switch} & busy() and not self._post.is_noisy(by, now)

        return counts


def busy_switches(core: Core, southbound: Southbound) -> frozenset[str]:
    """Switches that work off what they were told, or still do what they were told before."""
    return southbound.busy().union(core.waiting)
