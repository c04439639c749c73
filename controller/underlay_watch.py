"""Watches the underlay: which tunnel endpoints are out of reach, and which ways between them are broken or narrow.

Probes are packets like any other between two endpoints, in the encapsulation that networks use there, with a tunnel ID
that none has (`apps.underlay`). A switch that is *asked* sends the probe back by itself, and who asked hands it to us.
That says who is out of reach, whether or not it has a session (`controller.underlay_asking`). Other probes go one way,
and say which direction is broken, and which sizes pass (`controller.underlay_looking`). When to send which is in
`controller.underlay_rounds`, what follows from answers and from silence in `controller.fabric.reachability` and
`controller.fabric.underlay_paths`.
"""

from __future__ import annotations

from collections.abc import Iterator

from controller.core import Core
from controller.southbound.southbound import Southbound
from controller.underlay_asking import UnderlayAsking
from controller.underlay_looking import UnderlayLooking
from controller.underlay_plan import UnderlayPlan, plan_underlay
from controller.underlay_post import UnderlayPost
from controller.underlay_readiness import UnderlayReadiness
from controller.underlay_report import UnderlayReport
from controller.underlay_rounds import UnderlayRounds


class UnderlayWatch:
    """The daemon's eye on the underlay."""

    def __init__(self, core: Core, secret: bytes, southbound: Southbound) -> None:
        """`secret` authenticates probes."""
        self._core = core
        self._rounds = UnderlayRounds()
        self._post = UnderlayPost(core, secret, southbound)
        self._is_ready = UnderlayReadiness(southbound)
        self._asking = UnderlayAsking(core, southbound, self._post, self._is_ready)
        self._looking = UnderlayLooking(core, southbound, self._post, self._rounds, self._asking)
        self._report = UnderlayReport(core, southbound.statistics)
        self._planning: Iterator[UnderlayPlan | None] = iter(())
        self._layout = -1

    def beat(self, now: float) -> None:
        """Judge what was heard, and send the probes whose turn it is; every `underlay_rounds.SLICE` seconds."""
        self._go_on_planning()
        self._is_ready.look(self._core.connected_switches())
        self._judge(now)
        self._asking.ask(self._rounds.next_goals(), self._looking.worst, now)
        self._looking.look(now)
        self._post.flush()

    def hear(self, switch: str, in_port: int, data: bytes, now: float) -> None:
        """What looks like a probe came out of a tunnel, and was copied to us."""
        sent = self._post.hear(switch, in_port, data, now)
        if sent is None:
            return
        if sent.is_asked:
            self._asking.hear(sent)
        elif not sent.size:
            self._core.paths.hear(sent.path, sent.at)
        elif self._core.paths.hear_large(sent.path, sent.size):
            self._report.wide(sent.path)

    def _judge(self, now: float) -> None:
        lost, back = self._asking.judge(now)
        reach = self._asking.reach
        if lost or back:
            self._core.note_reach(reach.out)
            self._looking.forget_others()
            self._report.reach({goal: reach.elsewhere(goal) for goal in lost}, back)
            for goal in back:
                self._rounds.begin_with(goal)
        self._report.held(reach.damping.holds)
        self._report.paths(*self._looking.judge(now), now)
        self._report.narrow(self._core.paths.found(now), now)

    def _go_on_planning(self) -> None:
        plan = next(self._planning, None)
        if plan is not None:
            self._rounds.take(plan)
            self._asking.take(plan)
            self._core.note_reach(self._asking.reach.out)
            self._looking.forget_others()
        if self._layout != self._core.layout:
            self._layout = self._core.layout
            self._planning = plan_underlay(self._core.situation)
