"""Interfaces that come are told of at once, however many; who changes things back is not fought without end."""

from __future__ import annotations

from controller.ovsdb import operations as do
from controller.ovsdb.session import Operation
from controller.ovsdb.write_limit import MOST_WRITES, RETRY, WriteLimit


def marking(interface: str, value: str = "true") -> list[Operation]:
    return [do.put("Interface", interface, "external_ids", {"tenantry-installed": value})]


def test_hundreds_of_interfaces_in_a_row() -> None:
    limit = WriteLimit()
    assert all(limit.admits(marking(f"i{number}"), 0.01 * number) for number in range(300))


def test_the_same_is_given_again_after_a_while() -> None:
    limit = WriteLimit()
    assert limit.admits(marking("i"), 0.0)
    assert not limit.admits(marking("i"), RETRY - 0.1)
    assert limit.admits(marking("i"), RETRY)


def test_a_plan_that_changed_may_ask_for_the_same() -> None:
    limit = WriteLimit()
    assert limit.admits(marking("i"), 0.0)
    limit.forget()
    assert limit.admits(marking("i"), 0.1)


def test_what_is_changed_back_in_turns_is_given_a_bounded_number_of_times() -> None:
    limit = WriteLimit()
    turns = [marking("a" if number % 2 else "b") for number in range(1000)]
    given = sum(limit.admits(one, 0.001 * number) for number, one in enumerate(turns))
    assert given == MOST_WRITES + 2
    assert limit.admits(marking("a"), 1.0 + RETRY)


def test_what_others_make_of_the_bridge_is_mended_a_bounded_number_of_times() -> None:
    limit = WriteLimit()
    turns = [[do.update("Bridge", "b", {"fail_mode": f"{number}"})] for number in range(1000)]
    assert sum(limit.admits(one, 0.001 * number) for number, one in enumerate(turns)) == MOST_WRITES
