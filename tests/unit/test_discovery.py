"""Links are what is heard in both directions, and end when they are not heard any more."""

from __future__ import annotations

import pytest

from controller.fabric.discovery import DOUBT_AFTER, LOST_AFTER, PERIOD, Discovery
from controller.fabric.model import End, Link

A, B, C = End("s1", "eth1"), End("s2", "eth1"), End("s3", "eth1")
SILENCE = LOST_AFTER * PERIOD + 0.1


def connected() -> Discovery:
    discovery = Discovery()
    discovery.hear(A, B, 0.0)
    discovery.hear(B, A, 0.0)
    return discovery


def test_one_direction_is_no_link() -> None:
    discovery = Discovery()
    assert discovery.hear(A, B, 0.0)
    assert discovery.links() == frozenset()
    assert discovery.hear(B, A, 0.0)
    assert discovery.links() == {Link(A, B)}


def test_hearing_again_is_no_news() -> None:
    assert not connected().hear(A, B, 1.0)


def test_silence_ends_a_link() -> None:
    discovery = connected()
    discovery.hear(A, B, SILENCE)
    assert not discovery.expire(SILENCE - 0.2, silent=())
    assert discovery.expire(SILENCE, silent=())
    assert discovery.links() == frozenset()


def test_who_is_missed_is_doubted_until_heard_again_or_given_up() -> None:
    discovery, later = connected(), DOUBT_AFTER * PERIOD + 0.1
    assert discovery.doubtful(later - 0.2) == []
    assert discovery.doubtful(later) == [B, A]
    discovery.hear(B, A, later)
    assert discovery.doubtful(later) == [B], "it is B that A does not hear"
    assert discovery.expire(SILENCE, silent=())
    assert discovery.doubtful(SILENCE) == [A], "B has gone, and A is not heard for long"


def test_a_switch_without_session_keeps_its_links() -> None:
    discovery = connected()
    assert not discovery.expire(SILENCE, silent={"s2"})
    assert discovery.links() == {Link(A, B)}
    discovery.refresh({"s2"}, SILENCE)
    assert not discovery.expire(SILENCE + 1, silent=())
    assert discovery.expire(2 * SILENCE + 1, silent=())


def test_an_interface_that_goes_takes_both_directions_along() -> None:
    discovery = connected()
    assert discovery.forget(A)
    assert not discovery.forget(A)
    assert discovery.links() == frozenset()
    discovery.hear(A, B, 1.0)
    assert discovery.links() == frozenset(), "the other direction must be heard again"


def test_a_wire_that_was_moved_is_one_link_only() -> None:
    discovery = connected()
    discovery.hear(A, C, 1.0)
    discovery.hear(C, A, 1.0)
    assert discovery.links() == {Link(A, C)}


def test_a_switch_that_hears_itself_has_no_link() -> None:
    discovery = Discovery()
    other = End("s1", "eth2")
    discovery.hear(A, other, 0.0)
    discovery.hear(other, A, 0.0)
    assert discovery.links() == frozenset()


def test_two_that_are_heard_in_turns_share_a_wire_and_neither_is_a_link() -> None:
    discovery = connected()
    discovery.hear(C, A, 0.0)
    discovery.hear(A, C, 1.0)
    assert discovery.links() == {Link(A, C)}, "the wire was moved"
    assert discovery.hear(A, B, 1.5)
    assert discovery.links() == frozenset()
    assert not discovery.hear(A, B, 1.5 + SILENCE)
    for at, sender in ((B, A), (C, A)):
        discovery.hear(at, sender, 1.5 + SILENCE)
    assert discovery.expire(1.5 + SILENCE, silent=())
    assert discovery.links() == {Link(A, B)}, "the other has fallen silent"


def test_an_end_that_is_overheard_keeps_its_link() -> None:
    discovery = connected()
    assert discovery.hear(C, A, 0.0)
    assert discovery.links() == {Link(A, B)}


def test_the_one_that_was_there_before_ends_for_itself() -> None:
    discovery = connected()
    discovery.hear(A, C, 1.0)
    assert discovery.heard() == ((A, C), (B, A))
    assert discovery.expire(SILENCE, silent=()), "as B does not hear A any more"
    assert discovery.heard() == ((A, C),)
    discovery.hear(A, B, SILENCE)
    assert discovery.heard() == ((A, B),), "forgotten, so it is new again"


def test_another_period_counts_from_when_it_began() -> None:
    discovery = connected()
    discovery.keep_pace(0.2, 3.0)
    assert not discovery.expire(3.0 + LOST_AFTER * 0.2, silent=())
    assert discovery.expire(3.1 + LOST_AFTER * 0.2, silent=())


def test_the_latency_is_smoothed_and_the_mean_of_both_directions() -> None:
    discovery = connected()
    assert discovery.latency(Link(A, B)) is None
    discovery.hear(A, B, 1.0, 0.008)
    assert discovery.latency(Link(A, B)) == 0.008
    discovery.hear(A, B, 1.0, 0.016)
    assert discovery.latency(Link(A, B)) == pytest.approx(0.009)
    discovery.hear(B, A, 1.0, 0.001)
    assert discovery.latency(Link(A, B)) == pytest.approx(0.005)
    assert discovery.latency(Link(A, C)) is None


def test_a_latency_below_zero_is_none_and_is_not_averaged() -> None:
    discovery = connected()
    discovery.hear(A, B, 1.0, -3.0)
    assert discovery.latency(Link(A, B)) == 0.0
    discovery.hear(A, B, 1.0, 0.004)
    assert discovery.latency(Link(A, B)) == 0.004


def test_what_a_link_is_does_not_depend_on_its_latency() -> None:
    discovery = connected()
    before = discovery.links()
    discovery.hear(A, B, 1.0, 0.5)
    assert discovery.links() == before
