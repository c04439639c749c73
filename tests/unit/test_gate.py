"""A switch that holds flows is changed only when it is known what should be there."""

from __future__ import annotations

from controller.gate import GRACE, LISTENING, Gate

EQUAL = frozenset(("s1", "s2")).__contains__
OTHER = frozenset(("s2",)).__contains__


def test_a_known_switch_waits_for_compilation_only() -> None:
    gate = Gate()
    gate.arrive("s1", True, 1.0)
    assert gate.open(1.0, {"s2"}, is_compiled=False, holds_all=EQUAL) == []
    assert gate.open(1.0, {"s2"}, is_compiled=True, holds_all=EQUAL) == ["s1"]
    assert gate.open(1.0, (), is_compiled=True, holds_all=EQUAL) == [], "each once"


def test_an_unknown_switch_has_time_to_hear_its_neighbours() -> None:
    gate = Gate()
    gate.arrive("s1", False, 1.0)
    assert gate.open(0.9 + LISTENING, (), is_compiled=True, holds_all=EQUAL) == []
    assert gate.open(1.0 + LISTENING, (), is_compiled=False, holds_all=EQUAL) == []
    assert gate.open(1.0 + LISTENING, (), is_compiled=True, holds_all=EQUAL) == ["s1"]


def test_after_a_start_the_others_are_waited_for_but_not_for_ever() -> None:
    gate = Gate()
    gate.arrive("s1", False, 1.0)
    assert gate.open(GRACE - 0.1, {"s2"}, is_compiled=True, holds_all=EQUAL) == []
    assert gate.open(GRACE, {"s2"}, is_compiled=True, holds_all=EQUAL) == ["s1"]


def test_a_switch_that_left_does_not_wait() -> None:
    gate = Gate()
    gate.arrive("s1", True, 1.0)
    gate.leave("s1")
    gate.leave("s1")
    assert gate.open(99.0, (), is_compiled=True, holds_all=EQUAL) == []


def test_a_switch_that_left_while_it_waited_waits_again_although_its_interfaces_are_known() -> None:
    gate = Gate()
    gate.arrive("s1", False, 1.0)
    gate.leave("s1")
    gate.arrive("s1", True, 2.0)
    assert gate.open(1.9 + LISTENING, (), is_compiled=True, holds_all=EQUAL) == []
    assert gate.open(2.0 + LISTENING, (), is_compiled=True, holds_all=EQUAL) == ["s1"]
    gate.leave("s1")
    gate.arrive("s1", True, 20.0)
    assert gate.open(20.0, (), is_compiled=True, holds_all=EQUAL) == ["s1"]


def test_at_a_start_those_that_listen_go_together() -> None:
    gate = Gate()
    gate.arrive("s1", False, 1.0)
    gate.arrive("s2", False, 1.3)
    assert gate.open(1.0 + LISTENING, (), is_compiled=True, holds_all=EQUAL) == []
    assert gate.open(1.3 + LISTENING, (), is_compiled=True, holds_all=EQUAL) == ["s1", "s2"]
    gate.arrive("s1", False, GRACE)
    gate.arrive("s2", False, GRACE + 1.0)
    assert gate.open(GRACE + LISTENING, (), is_compiled=True, holds_all=EQUAL) == ["s1"], (
        "later nobody waits for another"
    )


def test_at_a_start_a_known_switch_that_holds_something_else_goes_with_those_that_listen() -> None:
    gate = Gate()
    gate.arrive("s1", True, 1.0)
    gate.arrive("s2", True, 1.0)
    gate.arrive("s3", False, 1.2)
    assert gate.open(1.0, (), is_compiled=True, holds_all=OTHER) == ["s2"]
    assert gate.open(1.1 + LISTENING, (), is_compiled=True, holds_all=OTHER) == []
    assert gate.open(1.2 + LISTENING, (), is_compiled=True, holds_all=OTHER) == ["s1", "s3"]


def test_a_known_switch_that_holds_something_else_is_changed_at_once_when_it_comes_back_later() -> None:
    gate = Gate()
    gate.arrive("s1", True, GRACE)
    assert gate.open(GRACE, {"s2"}, is_compiled=True, holds_all=OTHER) == ["s1"]


def test_what_was_heard_meanwhile_may_let_a_known_switch_go_early() -> None:
    gate = Gate()
    gate.arrive("s1", True, 1.0)
    assert gate.open(1.0, (), is_compiled=True, holds_all=OTHER) == []
    assert gate.open(1.5, (), is_compiled=True, holds_all=EQUAL) == ["s1"]


def test_with_another_period_it_takes_as_many_of_them() -> None:
    gate = Gate(period=0.2)
    gate.arrive("s1", False, GRACE)
    assert gate.open(GRACE + 0.19 * LISTENING, (), is_compiled=True, holds_all=EQUAL) == []
    assert gate.open(GRACE + 0.2 * LISTENING, (), is_compiled=True, holds_all=EQUAL) == ["s1"]
