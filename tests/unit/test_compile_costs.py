"""Who caused a compilation pays for it, and nobody for what others have caused."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from controller.compile_costs import CompileCosts


def test_what_one_host_caused_it_pays_for() -> None:
    costs = CompileCosts()
    costs.touched("hv1", 4)
    assert costs.compiled(2.0, 4, is_done=False) == {"hv1": 2.0}
    assert costs.compiled(1.0, 1, is_done=True) == {"hv1": 1.0}
    assert costs.compiled(5.0, 9, is_done=True) == {}


def test_a_plug_in_the_middle_of_a_reload_costs_its_host_little() -> None:
    costs = CompileCosts()
    costs.compiled(1.0, 10_000, is_done=False)
    costs.touched("hv1", 1)
    assert costs.compiled(3.0, 5_000, is_done=True) == {"hv1": 3.0 / 10_000}


def test_a_reload_just_after_a_plug_costs_its_host_little_too() -> None:
    costs = CompileCosts()
    costs.touched("hv1", 1)
    assert costs.compiled(1.0, 100, is_done=True) == {"hv1": 0.01}


def test_what_was_touched_already_costs_nothing_and_again_costs_again() -> None:
    costs = CompileCosts()
    costs.touched("hv1", 0)
    assert costs.compiled(1.0, 10, is_done=False) == {}
    costs.touched("hv1", 10)
    assert costs.compiled(1.0, 10, is_done=False) == {"hv1": 1.0}
    costs.touched("hv2", 10)
    assert costs.compiled(1.0, 10, is_done=True) == {"hv1": 0.5, "hv2": 0.5}


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(-2, 9), st.integers(0, 20), st.booleans())))
def test_no_more_is_paid_than_was_spent(steps: list[tuple[str, int, int, bool]]) -> None:
    costs = CompileCosts()
    for host, units, pending, is_done in steps:
        costs.touched(host, units)
        paid = costs.compiled(1.0, pending, is_done=is_done)
        assert sum(paid.values()) <= 1.0 + 1e-9
        assert all(one > 0 for one in paid.values())
