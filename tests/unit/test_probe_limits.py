"""Too many probes from one interface: it is not heard for a while, and no other is affected."""

from __future__ import annotations

from controller.fabric.model import End
from controller.fabric.probe_limits import MOST, UNHEARD_FOR, WINDOW, ProbeLimits

FLOODING, HONEST = End("s1", "tap1"), End("s1", "tap2")


def test_one_that_floods_is_not_heard_for_a_while() -> None:
    limits = ProbeLimits()
    verdicts = [limits.count(FLOODING, 5.0) for _ in range(2 * MOST)]
    assert verdicts.count(True) == 1, "said once"
    assert verdicts[MOST], "when there is one too many"
    assert not limits.count(HONEST, 5.0)
    assert set(limits.unheard) == {FLOODING}
    assert limits.advance(5.0 + UNHEARD_FOR - 0.1) == []
    assert limits.advance(5.0 + UNHEARD_FOR) == [FLOODING]
    assert not limits.unheard


def test_as_many_over_a_longer_time_are_no_flood() -> None:
    limits, now = ProbeLimits(), 0.0
    for _ in range(10):
        now += WINDOW
        limits.advance(now)
        assert [limits.count(HONEST, now) for _ in range(MOST)] == MOST * [False]
    assert not limits.unheard
