"""Whatever mixture of programs switches have while something changes: no circle, nothing twice, nothing lost."""

from __future__ import annotations

import pytest
from hypothesis import settings

from tests.property.mixtures import RING, Mixtures, switch_names


@pytest.mark.parametrize("wire", sorted(RING))
@pytest.mark.parametrize("far", ["s1", "s2"])
def test_a_wire_that_comes_back_costs_no_frame(wire: tuple[str, str], far: str) -> None:
    """Paths change to switches that know nothing of the network yet."""
    ring = Mixtures()
    ring.build(switch_names(5), RING, {"s0": True, far: True})
    ring.sever(wire)
    ring.settle()
    ring.mend(wire)
    ring.settle()


@pytest.mark.parametrize("wire", sorted(RING))
@pytest.mark.parametrize("returns_first", [True, False])
def test_a_wire_that_comes_back_at_a_switch_that_was_away_makes_no_circle(
    wire: tuple[str, str], returns_first: bool
) -> None:
    """The switch still floods along it, and the others along what took its place."""
    for away in wire:
        ring = Mixtures()
        ring.build(switch_names(5), RING, {"s0": True, "s2": True, "s3": False})
        ring.lose(away)
        ring.sever(wire)
        ring.settle()
        if returns_first:
            ring.regain_sessions()
        ring.mend(wire)
        ring.settle()
        ring.regain_sessions()
        ring.settle()


TestMixtures = Mixtures.TestCase
TestMixtures.settings = settings(max_examples=40, stateful_step_count=25)
