"""Wires that are no links are named when no lost frame explains them, and nothing else is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.fabric.discovery import Discovery
from controller.fabric.model import End, Link
from controller.fabric.wires import Fault, Misheard

A, B, C, D = (End(f"s{number}", "eth1") for number in range(1, 5))
A2 = End("s1", "eth2")
Pairs = list[tuple[End, End]]
"""(where, sender) of what is heard in each period."""


def after(periods: int, *phases: tuple[Pairs, int]) -> Discovery:
    """What is heard when each of `phases` lasts so many periods, and then the last one until `periods` are over."""
    discovery = Discovery()
    now = 0.0
    for pairs, lasting in [*phases[:-1], (phases[-1][0], periods - sum(phase[1] for phase in phases[:-1]))]:
        for _ in range(lasting):
            for number, (at, sender) in enumerate(pairs):
                discovery.hear(at, sender, now + number / 100)
            discovery.expire(now + 0.5, silent=())
            now += 1
    return discovery


def faults(pairs: Pairs, periods: int = 6) -> set[Misheard]:
    return set(after(periods, (pairs, periods)).misheard())


def both(one: End, other: End) -> Pairs:
    return [(one, other), (other, one)]


@pytest.mark.parametrize(
    ("pairs", "expected", "text"),
    [
        ([(A, A)], Misheard(Fault.LOOPED, (A,)), "s1:eth1 hears itself"),
        (both(A, A2), Misheard(Fault.LOOPED, (A, A2)), "s1:eth1 and s1:eth2 are on one switch"),
        ([(A2, A)], Misheard(Fault.LOOPED, (A, A2)), "s1:eth1 and s1:eth2 are on one switch"),
        ([(A, B)], Misheard(Fault.ONE_WAY, (B, A)), "s1:eth1 hears s2:eth1 and is not heard there"),
        (
            [*both(A, B), *both(B, C), *both(A, C)],
            Misheard(Fault.SHARED, (A, B, C)),
            "more than two ends on one wire, or frames that come back: s1:eth1, s2:eth1, s3:eth1",
        ),
        ([(C, A), (D, A)], Misheard(Fault.SHARED, (A, C, D)), None),
        ([*both(A, B), (A, A)], Misheard(Fault.SHARED, (A, B)), None),
        ([(A, B), (A, C)], Misheard(Fault.SHARED, (A, B, C)), None),
    ],
)
def test_each_fault_is_named_once_and_is_no_link(pairs: Pairs, expected: Misheard, text: str | None) -> None:
    discovery = after(6, (pairs, 6))
    assert discovery.misheard() == {expected}
    assert discovery.links() == frozenset()
    assert text in (None, str(expected))


def test_a_link_that_is_overheard_stays_one_and_is_named() -> None:
    discovery = after(6, ([*both(A, B), (C, A)], 6))
    assert discovery.misheard() == {Misheard(Fault.SHARED, (A, B, C))}
    assert discovery.links() == {Link(A, B)}


def test_what_is_right_is_not_named() -> None:
    assert faults([*both(A, B), *both(C, D)]) == set()


@pytest.mark.parametrize("lasting", range(1, 9))
@pytest.mark.parametrize(
    "phases",
    [
        [([(A, B)], 3), (both(A, B), 9)],
        [(both(A, B), 5), ([], 9)],
        [(both(A, B), 5), (both(A, C), 9)],
        [(both(A, B), 5), ([*both(A, C), *both(B, D)], 9)],
    ],
    ids=["begins one way", "ends", "is moved", "is exchanged"],
)
def test_a_change_is_not_taken_for_a_fault(phases: list[tuple[Pairs, int]], lasting: int) -> None:
    discovery = after(lasting + sum(periods for _, periods in phases[:-1]), *phases)
    assert discovery.misheard() == frozenset()


def test_silence_in_between_is_not_taken_for_hearing() -> None:
    assert after(9, (both(A, B), 5), ([], 2), ([(A, B)], 2)).misheard() == frozenset()


def test_a_link_of_which_one_direction_dies_works_one_way() -> None:
    phases = (both(A, B), 5), ([(A, B)], 9)
    named = [after(5 + periods, *phases).misheard() for periods in (3, 4, 8)]
    assert named == [frozenset(), *2 * [{Misheard(Fault.ONE_WAY, (B, A))}]]
    assert after(9, *phases).links() == frozenset()
    assert after(15, *phases, (both(A, B), 1)).misheard() == frozenset()


def test_a_switch_that_cannot_hear_is_not_blamed() -> None:
    discovery = Discovery()
    for period in range(20):
        discovery.hear(A, B, period)
        discovery.refresh({"s2"}, period + 0.5)
    assert discovery.misheard() == frozenset()


ends = st.sampled_from([A, A2, B, C, D])
hearings = st.lists(st.tuples(ends, ends), max_size=8, unique=True)


@given(hearings, st.integers(1, 9), hearings, st.integers(1, 9))
def test_whatever_is_heard_a_link_joins_two_switches_and_no_end_is_in_two(
    first: Pairs, before: int, then: Pairs, later: int
) -> None:
    discovery = after(before + later, (first, before), (then, later))
    links = discovery.links()
    of_links = [end for link in links for end in (link.a, link.b)]
    assert len(of_links) == len(set(of_links))
    assert all(link.a.switch != link.b.switch for link in links)
    heard = set(discovery.heard())
    assert all({(link.a, link.b), (link.b, link.a)} <= heard for link in links)
    assert all(sum(at == end for at, _ in heard) == 1 for end in of_links)


@given(hearings)
def test_in_the_end_every_pair_that_is_heard_is_of_a_link_or_is_named(pairs: Pairs) -> None:
    discovery = after(9, (pairs, 9))
    named = {end for wire in discovery.misheard() for end in wire.ends}
    linked = {end for link in discovery.links() for end in (link.a, link.b)}
    assert {end for pair in pairs for end in pair} == named | linked
