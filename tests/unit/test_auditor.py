"""One switch at a time, each when it is due."""

from __future__ import annotations

from controller.southbound.auditor import PERIOD, SOONEST, Auditor
from controller.southbound.audits import Audits
from controller.southbound.drift import Drift
from controller.southbound.statistics import Statistics


def anyone(_: str) -> bool:
    return True


def test_each_switch_is_read_once_a_period_and_none_beside_another() -> None:
    auditor = Auditor()
    for number in range(3):
        auditor.ready(f"s{number}", float(number))
    assert auditor.next(PERIOD - 0.1, anyone) is None
    assert auditor.next(PERIOD + 10, anyone) == "s0"
    assert auditor.next(PERIOD + 10, anyone) is None
    auditor.done("s0", PERIOD + 11, is_valid=True)
    assert auditor.next(PERIOD + 11, anyone) == "s1"
    auditor.lost("s1")
    assert auditor.next(PERIOD + 11, anyone) == "s2"
    auditor.done("s2", PERIOD + 12, is_valid=True)
    assert auditor.next(2 * PERIOD + 10, anyone) is None
    assert auditor.next(2 * PERIOD + 11, anyone) == "s0"


def test_a_switch_that_is_busy_lets_others_go_first() -> None:
    auditor = Auditor()
    auditor.ready("busy", 0.0)
    auditor.ready("idle", 1.0)
    assert auditor.next(PERIOD + 1, lambda switch: switch != "busy") == "idle"


def test_reasons_to_look_earlier() -> None:
    auditor = Auditor()
    auditor.ready("s1", 0.0)
    auditor.suspect("s1")
    auditor.suspect("unknown")
    auditor.ask("unknown", 0.0)
    assert auditor.next(SOONEST - 0.1, anyone) is None
    assert auditor.next(SOONEST, anyone) == "s1"
    auditor.done("s1", SOONEST, is_valid=True)
    auditor.ask("s1", SOONEST + 1)
    assert auditor.next(SOONEST + 1, anyone) == "s1"
    auditor.done("s1", SOONEST + 1, is_valid=False)
    assert auditor.next(2 * SOONEST, anyone) is None
    assert auditor.next(2 * SOONEST + 1, anyone) == "s1"


def test_a_switch_that_leaves_while_somebody_waits_for_it_is_read_when_it_is_back() -> None:
    audits, nothing = Audits(Statistics()), Drift({}, 0, (), ())
    audits.ready("s1", 0.0)
    audits.ask(["s1"], 1.0)
    assert audits.next(1.0, anyone) == "s1"
    audits.lost("s1")
    audits.ready("s1", 2.0)
    assert audits.outcome("s1") is None
    assert audits.next(2.0, anyone) == "s1", "and not only a period later"
    audits.done("s1", 2.1, nothing)
    assert audits.outcome("s1") == nothing
    assert audits.next(3.0, anyone) is None
    audits.lost("s1")
    audits.ready("s1", 4.0)
    assert audits.outcome("s1") == nothing, "who waits for others still has it"
    assert audits.next(5.0, anyone) is None


def test_who_only_looks_changes_nothing_of_when_audits_are_due() -> None:
    auditor = Auditor()
    auditor.ready("s1", 0.0)
    auditor.look("unknown")
    auditor.look("s1")
    assert auditor.next(1.0, lambda switch: False) is None
    assert auditor.next(1.0, anyone) == "s1"
    assert auditor.is_look
    assert not auditor.seen("s1", is_valid=False)
    assert auditor.next(2.0, anyone) == "s1", "it has to be read again"
    assert auditor.seen("s1", is_valid=True)
    assert auditor.next(PERIOD - 0.1, anyone) is None
    assert auditor.next(PERIOD, anyone) == "s1"
    assert not auditor.is_look


def test_an_audit_that_is_due_answers_who_looks_but_not_who_comes_while_it_reads() -> None:
    auditor = Auditor()
    auditor.ready("s1", 0.0)
    auditor.look("s1")
    assert auditor.next(PERIOD, anyone) == "s1"
    assert not auditor.is_look
    assert auditor.seen("s1", is_valid=True)
    auditor.done("s1", PERIOD, is_valid=True)
    assert auditor.next(PERIOD + 1, anyone) is None
    auditor.ask("s1", PERIOD + 1)
    assert auditor.next(PERIOD + 1, anyone) == "s1"
    auditor.look("s1")
    assert not auditor.seen("s1", is_valid=True)
    auditor.done("s1", PERIOD + 1, is_valid=True)
    assert auditor.next(PERIOD + 1, anyone) == "s1"
    assert auditor.is_look


def test_a_switch_that_leaves_while_it_is_looked_at_is_looked_at_when_it_is_back() -> None:
    audits, nothing = Audits(Statistics()), Drift({}, 0, (), ())
    audits.ready("s1", 0.0)
    audits.look(["s1"])
    assert audits.next(1.0, anyone) == "s1"
    assert audits.only_looks
    audits.lost("s1")
    audits.ready("s1", 2.0)
    assert audits.next(2.0, anyone) == "s1"
    audits.done("s1", 2.0, nothing)
    assert audits.seen("s1") == nothing
    assert audits.outcome("s1") is None, "nobody asked for an audit"
