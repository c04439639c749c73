"""A link that keeps going is held down for ever longer, up to a bound; one that behaves is never delayed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from controller.fabric.damping import FORGIVEN, FREE, LONGEST_HOLD, WINDOW, Damping
from controller.fabric.model import End, Link

FLAPPING = Link(End("s1", "eth1"), End("s2", "eth1"))
STEADY = Link(End("s1", "eth2"), End("s3", "eth1"))
BOTH = frozenset((FLAPPING, STEADY))


def flap(damping: Damping[Link], now: float) -> bool:
    """The link goes and comes back at once. Whether it is used then."""
    assert damping.admit(frozenset((STEADY,)), now) == {STEADY}
    admitted = damping.admit(BOTH, now)
    assert isinstance(admitted, frozenset), "others hash it"
    assert STEADY in admitted
    return FLAPPING in admitted


def started() -> Damping[Link]:
    damping: Damping[Link] = Damping()
    assert damping.admit(BOTH, 0.0) == BOTH
    return damping


def test_the_first_returns_are_used_at_once() -> None:
    damping = started()
    assert [flap(damping, float(now)) for now in range(1, FREE + 2)] == [*FREE * [True], False]
    (hold,) = damping.holds.values()
    assert (hold.link, hold.seconds, hold.until) == (FLAPPING, 5.0, FREE + 6.0)


def test_a_link_that_comes_back_seldom_is_never_held() -> None:
    damping = started()
    step = WINDOW / FREE
    assert all(flap(damping, number * step) for number in range(1, 100))


def test_a_hold_ends_by_itself() -> None:
    damping = started()
    for now in range(1, FREE + 2):
        flap(damping, float(now))
    assert not damping.release(FREE + 5.9)
    assert damping.admit(BOTH, FREE + 5.9) == {STEADY}
    assert damping.release(FREE + 6.0)
    assert not damping.release(FREE + 6.0)
    assert damping.admit(BOTH, FREE + 6.0) == BOTH


def test_holds_grow_up_to_a_bound_and_are_forgiven() -> None:
    damping = started()
    seconds: list[float] = []
    now = 0.0
    while len(seconds) < 7:
        now += 1
        if not flap(damping, now):
            hold = damping.holds[FLAPPING]
            seconds.append(hold.seconds)
            now = hold.until + 10
            damping.release(now)
    assert seconds == [5, 10, 20, 40, LONGEST_HOLD, LONGEST_HOLD, LONGEST_HOLD]
    now += FORGIVEN
    damping.release(now)
    assert [flap(damping, now + number) for number in range(FREE)] == FREE * [True]


def test_a_link_that_goes_while_it_is_held_is_gone() -> None:
    damping = started()
    for now in range(1, FREE + 2):
        flap(damping, float(now))
    assert damping.admit(frozenset((STEADY,)), 8.0) == {STEADY}
    assert damping.holds == {}
    assert not damping.release(100.0)


def test_asking_again_changes_nothing() -> None:
    damping = started()
    for now in range(1, FREE + 2):
        flap(damping, float(now))
    held = dict(damping.holds)
    assert [damping.admit(BOTH, 7.0) for _ in range(10)] == 10 * [frozenset((STEADY,))]
    assert damping.holds == held


@given(st.lists(st.floats(0.1, 100.0), max_size=40))
def test_nobody_waits_longer_than_the_bound_and_what_is_held_is_there(pauses: list[float]) -> None:
    damping, now = started(), 0.0
    for pause in pauses:
        now += pause
        flap(damping, now)
        assert all(now < hold.until <= now + LONGEST_HOLD for hold in damping.holds.values())
        assert damping.holds.keys() <= BOTH
    assert damping.admit(BOTH, now + LONGEST_HOLD) == BOTH


@given(st.lists(st.floats(0.1, 20.0), max_size=40))
def test_a_link_is_held_only_after_more_than_the_free_returns(pauses: list[float]) -> None:
    damping, now = started(), 0.0
    times: list[float] = []
    for pause in pauses:
        now += pause
        times.append(now)
        if not flap(damping, now):
            assert len(times) > FREE
            assert now - times[-1 - FREE] < WINDOW
            return
