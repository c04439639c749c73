"""Links are what is heard in both directions, and end when they are not heard any more."""

from __future__ import annotations

from controller.fabric.discovery import LOST_AFTER, PERIOD, Discovery
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
