"""Watches the underlay: which tunnel endpoints are out of reach, and which ways between them are broken or narrow.

Probes are packets like any other between two endpoints, in the encapsulation that networks use there, with a tunnel ID
that none has (`apps.underlay`). A switch that is *asked* sends the probe back by itself, and who asked hands it to us.
That says who is out of reach, whether or not it has a session. Other probes go one way, and say which direction is
broken, and which sizes pass. When to send which is in `controller.underlay_rounds`, what follows from answers and from
silence in `controller.fabric.reachability` and `controller.fabric.underlay_paths`.

Silence means nothing where it has another cause: a switch that works off a large batch, that has not confirmed its
flows, or that is flooded with forged probes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import chain, islice

from controller.core import Core
from controller.fabric.reachability import Goal, Reachability
from controller.fabric.underlay_paths import Path
from controller.intent.model import Segment
from controller.southbound.southbound import Southbound
from controller.underlay_plan import UnderlayPlan, plan_underlay
from controller.underlay_post import UnderlayPost
from controller.underlay_report import UnderlayReport
from controller.underlay_rounds import SLICE, UnderlayRounds

ASKERS = 3
"""By so many others each endpoint is asked in turn."""
URGENT = 30
"""Endpoints, and pairs, that are looked at again and again in one slice."""
MOST_OTHERS, MOST_WITNESSES = 10, 30
"""Bounds on whom is looked for where most are cut off."""
FELLOWS = 5
MOST_BROKEN = 1000
"""Paths that are broken; when there are as many, no more are looked for."""
MOST_RETRIED = 2
"""Pairs that are broken are looked at again about once in a second, but at most so many in a slice."""
ALIVE_EVERY = 0.1
"""Seconds between two questions whether sessions are alive."""


class UnderlayWatch:
    """The daemon's eye on the underlay."""

    def __init__(self, core: Core, secret: bytes, southbound: Southbound) -> None:
        """`secret` authenticates probes."""
        self._core = core
        self._southbound = southbound
        self._post = UnderlayPost(core, secret, southbound)
        self._report = UnderlayReport(core, southbound.statistics)
        self._rounds = UnderlayRounds()
        self._reach = Reachability()
        self._planning: Iterator[UnderlayPlan | None] = iter(())
        self._layout = -1
        self._turns: Counter[Goal] = Counter()
        self._known: set[tuple[str, Goal]] = set()
        """Who had an answer from whom: the flow that sends probes back is there."""
        self._troubled: dict[Segment, set[str]] = {}
        """Switches that may be cut off, by encapsulation."""
        self._worst: list[Goal] = []
        """Whose endpoints reach the fewest others."""
        self._retries = 0.0
        self._counted = self._asked_alive = float("-inf")

    def beat(self, now: float) -> None:
        """Judge what was heard, and send the probes whose turn it is; every `underlay_rounds.SLICE` seconds."""
        self._go_on_planning()
        self._judge(now)
        urgent = self._reach.urgent(now)
        self._note_troubled(urgent)
        for goal in self._rounds.next_goals():
            self._ask(goal, self._askers(goal, ASKERS), now)
            if goal in self._reach.out:
                self._ask(goal, self._fellows(goal), now)
        for goal in urgent[:URGENT]:
            self._ask_urgently(goal, now)
        self._look_at_pairs(now)
        self._post.flush()

    def hear(self, switch: str, in_port: int, data: bytes, now: float) -> None:
        """What looks like a probe came out of a tunnel, and was copied to us."""
        sent = self._post.hear(switch, in_port, data, now)
        if sent is None:
            return
        path = sent.path
        if sent.is_asked:
            goal = Goal(path.destination, path.segment)
            self._known.add((path.source, goal))
            self._reach.answer(goal, path.source, sent.at)
        elif not sent.size:
            self._core.paths.hear(path, sent.at)
        elif self._core.paths.hear_large(path, sent.size):
            self._report.wide(path)

    # Endpoints

    def _askers(self, goal: Goal, most: int) -> list[str]:
        """Who can ask, the best ones first."""
        has_session, broken, out = self._core.is_connected(goal.switch), self._core.paths.broken, self._reach.out
        good: list[str] = []
        others: list[str] = []
        for name in self._rounds.plan.near.get(goal, ()):
            if self._core.is_connected(name) and (has_session or (name, goal) in self._known):
                path = Path(name, goal.switch, goal.segment)
                is_bad = bool(broken) and (path in broken or path.back in broken)
                (others if is_bad or Goal(name, goal.segment) in out else good).append(name)
                if len(good) >= most or len(others) >= MOST_OTHERS:
                    break
        return good or others

    def _ask(self, goal: Goal, askers: list[str], now: float) -> str | None:
        """Have one of these ask; who it was."""
        if not askers:
            return None
        self._turns[goal] += 1
        by = askers[self._turns[goal] % len(askers)]
        if not self._post.send(Path(by, goal.switch, goal.segment), now, is_asked=True):
            return None
        self._reach.ask(goal, by, now)
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
        self._ask(goal, self._fellows(goal), now)

    def _witness(self, by: str, segment: Segment, now: float) -> Goal | None:
        """Whom else a switch should ask: silence counts when it has an answer from elsewhere."""
        near = islice(self._rounds.plan.near.get(Goal(by, segment), ()), MOST_WITNESSES)
        return next((goal for name in near if self._reach.is_well(goal := Goal(name, segment), now)), None)

    def _anybody(self, goal: Goal) -> list[str]:
        """One of all that share a network with an endpoint, another one each time."""
        near = self._rounds.plan.near.get(goal, ())
        begin = self._turns[goal]
        names = (near[(begin + step) % len(near)] for step in range(len(near)))
        return [name for name in islice(names, MOST_OTHERS) if self._core.is_connected(name)][:1]

    def _fellows(self, goal: Goal) -> list[str]:
        """Those that are in trouble, too."""
        found = (name for name in self._troubled.get(goal.segment, ()) if self._rounds.plan.is_near(goal, name))
        return list(islice(filter(self._core.is_connected, found), MOST_OTHERS))

    def _note_troubled(self, urgent: Iterable[Goal]) -> None:
        self._troubled = {}
        for goal in chain(self._reach.out, urgent, self._worst):
            self._troubled.setdefault(goal.segment, set()).add(goal.switch)

    def _judge(self, now: float) -> None:
        lost, back = self._reach.judge(now, self._means_something(now))
        if lost or back:
            self._core.note_reach(self._reach.out)
            self._core.paths.keep(self._is_open)
            self._report.reach({goal: self._reach.elsewhere(goal) for goal in lost}, back)
            for goal in back:
                self._rounds.begin_with(goal)
        self._report.held(self._reach.damping.holds)
        for sent in self._post.lost(now):
            if self._is_open(sent.path):
                self._core.paths.miss_large(sent.path, sent.size, now)
        self._report.paths(*self._core.paths.judge(now, self._alive(now)), now)
        self._report.narrow(self._core.paths.found(), now)

    def _means_something(self, now: float) -> Callable[[Goal, str], bool]:
        """Whether a switch would have been answered, and its answer heard, if the underlay is well."""
        # Found out when it is asked for, which is seldom.
        busy, confirmed = cache(self._busy), cache(self._southbound.confirmed)

        def counts(goal: Goal, by: str) -> bool:
            is_ready = (by, goal) in self._known or goal.switch in confirmed()
            return is_ready and not {by, goal.switch} & busy() and not self._post.is_noisy(by, now)

        return counts

    # Pairs

    def _look_at_pairs(self, now: float) -> None:
        paths, largest = self._core.paths, self._core.situation.intent.fabric.underlay_mtu
        if len(paths.broken) < MOST_BROKEN:
            for pair, is_large in self._rounds.next_pairs(now):
                self._look_at(pair, now, largest if is_large else 0)
        urgent = paths.urgent(now)[:URGENT]
        self._retries = min(self._retries + len(paths.broken) * SLICE, MOST_RETRIED)
        retried = paths.next_broken(int(self._retries))
        self._retries -= int(self._retries)
        for pair in chain(urgent, retried):
            self._look_at(pair, now)
        for path, size in paths.search(now)[:URGENT]:
            self._send_one_way(path, now)
            self._send_one_way(path, now, size)
        if urgent and now - self._asked_alive >= ALIVE_EVERY:
            self._asked_alive = now
            self._southbound.ask({name for pair in urgent for name in (pair.source, pair.destination)})
        if now - self._counted >= 1:
            self._counted = now
            ends = Counter(Goal(path.source, path.segment) for path in paths.broken)
            self._worst = [goal for goal, _ in ends.most_common(FELLOWS)]

    def _look_at(self, pair: Path, now: float, size: int = 0) -> None:
        for path in (pair, pair.back):
            if self._is_open(path):
                self._send_one_way(path, now)
                if size and path not in self._core.paths.broken:
                    self._send_one_way(path, now, size)

    def _send_one_way(self, path: Path, now: float, size: int = 0) -> None:
        if self._core.is_connected(path.source) and self._core.is_connected(path.destination):
            is_sent = self._post.send(path, now, size=size)
            if is_sent and not size:
                self._core.paths.send(path, now)

    def _is_open(self, path: Path) -> bool:
        """Whether a path is to be looked at: it is one of the plan's, and not that of an endpoint out of reach."""
        ends = {Goal(path.source, path.segment), Goal(path.destination, path.segment)}
        return self._rounds.is_wanted(path) and not ends & self._reach.out

    def _alive(self, now: float) -> Callable[[Path], float]:
        busy = cache(self._busy)

        def alive(path: Path) -> float:
            names = path.source, path.destination
            for name in names:
                is_undecided = self._reach.is_undecided(Goal(name, path.segment), now)
                if is_undecided or name in busy() or self._post.is_noisy(name, now):
                    return float("-inf")
            silent = [self._southbound.silent_for(name) for name in names]
            return min(now - one if one is not None else float("-inf") for one in silent)

        return alive

    def _busy(self) -> frozenset[str]:
        """Switches that work off what they were told, or still do what they were told before."""
        return self._southbound.busy().union(self._core.waiting)

    def _go_on_planning(self) -> None:
        plan = next(self._planning, None)
        if plan is not None:
            self._rounds.take(plan)
            self._reach.keep(plan.near.keys())
            self._core.paths.keep(self._is_open)
            self._known = {(by, goal) for by, goal in self._known if by in plan.near.get(goal, ())}
        if self._layout != self._core.layout:
            self._layout = self._core.layout
            self._planning = plan_underlay(self._core.situation)
