"""The clock goes with the one behind it, but not while nobody listens, and never back."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from controller.listening_clock import ListeningClock


def test_it_stands_still_when_the_next_beat_is_late() -> None:
    now = [50.0]
    clock = ListeningClock(lambda: now[0])
    now[0] = 60.0
    assert clock() == 0.0, "not before the first beat"
    clock.beat(0.5)
    now[0] = 60.25
    assert clock() == 0.25
    now[0] = 65.0
    assert clock() == 0.5
    clock.beat(0.5)
    now[0] = 65.25
    assert clock() == 0.75


@given(st.lists(st.tuples(st.integers(0, 100), st.booleans()), max_size=50))
def test_it_never_goes_back_and_never_faster(steps: list[tuple[int, bool]]) -> None:
    now = [0.0]
    clock = ListeningClock(lambda: now[0])
    clock.beat(1.0)
    for step, beats in steps:
        before = clock()
        now[0] += step / 16
        assert before <= clock() <= before + step / 16
        if beats:
            clock.beat(1.0)
