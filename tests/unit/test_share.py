"""Whoever says much once is not held up; whoever goes on takes his share of the time and no more."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from controller.ovsdb.share import BURST, ENOUGH, RATE, Share

NEAR = 1e-6
costs = st.floats(0.0, 0.5)
history = st.lists(st.tuples(st.floats(0.0, 2.0), costs), max_size=60)
"""Seconds until a message comes, and what it costs."""


def test_a_burst_is_free_and_then_it_comes_back_at_its_rate() -> None:
    share = Share(10.0)
    share.spend(BURST - 0.01, 10.0)
    assert share.wait(10.0) == 0.0
    share.spend(0.11, 10.0)
    assert abs(share.wait(10.0) - (0.1 + ENOUGH) / RATE) < NEAR
    assert abs(share.wait(10.1) - (0.1 + ENOUGH) / RATE + 0.1) < NEAR
    assert share.wait(10.0 + (0.1 + ENOUGH) / RATE + NEAR) == 0.0


def test_a_little_credit_is_not_enough_for_who_had_none_and_is_for_others() -> None:
    spent, other = Share(0.0), Share(0.0)
    spent.spend(BURST, 0.0)
    other.spend(BURST - ENOUGH / 4, 0.0)
    now = ENOUGH / 2 / RATE
    assert spent.wait(now) > 0
    assert other.wait(now) == 0


def test_what_was_not_used_is_worth_no_more_than_a_burst() -> None:
    share = Share(0.0)
    share.spend(BURST, 1e6)
    assert share.wait(1e6) > 0


def test_a_clock_that_goes_back_gives_nothing() -> None:
    share = Share(100.0)
    share.spend(BURST + 1.0, 100.0)
    share.spend(0.0, 50.0)
    assert abs(share.wait(100.0) - (1.0 + ENOUGH) / RATE) < NEAR


@given(history)
def test_who_waits_takes_his_share_in_any_stretch_of_time(messages: list[tuple[float, float]]) -> None:
    """Beyond that there is only what the last message of a stretch costs, as none is taken in part."""
    share, now, taken = Share(0.0), 0.0, []
    for pause, cost in messages:
        now += pause
        now += share.wait(now)
        assert share.wait(now + NEAR) == 0.0
        now += cost
        share.spend(cost, now)
        taken.append((now - cost, now, cost))
    for first, (began, _, _) in enumerate(taken):
        work = 0.0
        for _, ended, cost in taken[first:]:
            assert work <= BURST + RATE * (ended - began) + NEAR
            work += cost


@given(st.lists(st.floats(0.0, 5.0), max_size=60))
def test_who_stays_below_his_share_never_waits(pauses: list[float]) -> None:
    share, now = Share(0.0), 0.0
    for pause in pauses:
        now += pause
        share.spend(pause * RATE * 0.99, now)
        assert share.wait(now) == 0.0


@given(history, st.floats(0.0, 20.0))
def test_waiting_less_than_that_is_not_enough(messages: list[tuple[float, float]], asked: float) -> None:
    share, now = Share(0.0), 0.0
    for pause, cost in messages:
        now += pause
        share.spend(cost, now)
    wait = share.wait(now)
    assert (share.wait(now + asked) > 0) == (asked < wait) or abs(asked - wait) < NEAR
