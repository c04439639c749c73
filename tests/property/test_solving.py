"""One frame of a class, or none: held against trying all frames."""

from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from controller.dataplane.fields import IN_PORT, TUN_ID, VLAN_PCP, VLAN_PRESENT, VLAN_VID, Field
from controller.dataplane.flow import Match
from controller.verify.classes import BITS, Where
from controller.verify.solving import solve, solve_for_each

SMALL = {VLAN_PCP: 0b111, TUN_ID: 0b11, IN_PORT: 0b11}
"""Bits of each field that vary; all others are fixed."""
FIXED: Where = {field: (0, BITS[field] & ~mask) for field, mask in SMALL.items()}


@st.composite
def matches(draw: st.DrawFn) -> Match:
    fields = draw(st.lists(st.sampled_from(list(SMALL)), unique=True, min_size=1))
    masks = {field: draw(st.integers(1, SMALL[field])) for field in fields}
    return tuple((field, draw(st.integers(0, SMALL[field])) & mask, mask) for field, mask in masks.items())


def all_frames(without: tuple[Match, ...]) -> list[dict[Field, int]]:
    frames = (
        dict(zip(SMALL, values, strict=True)) for values in product(*(range(mask + 1) for mask in SMALL.values()))
    )
    return [frame for frame in frames if not any(is_met(match, frame) for match in without)]


def is_met(match: Match, frame: dict[Field, int]) -> bool:
    return all(frame[field] & (BITS[field] if mask is None else mask) == value for field, value, mask in match)


@given(st.lists(matches(), max_size=20).map(tuple))
def test_a_frame_is_found_whenever_there_is_one(without: tuple[Match, ...]) -> None:
    found, frames = solve(FIXED, without), all_frames(without)
    assert found in frames if frames else found is None


@given(st.lists(matches(), max_size=8).map(tuple), st.sets(st.integers(0, 7)), st.sets(st.integers(0, 3)))
def test_frames_with_each_named_value_and_two_without_are_found(
    without: tuple[Match, ...], priorities: set[int], keys: set[int]
) -> None:
    named = ((VLAN_PCP, tuple(priorities)), (TUN_ID, tuple(keys)))
    found, frames = list(solve_for_each(FIXED, without, named)), all_frames(without)
    assert all(frame in frames for frame in found)
    seen = {(frame[VLAN_PCP], frame[TUN_ID]) for frame in found}
    for priority in range(8):
        there = {frame[TUN_ID] for frame in frames if frame[VLAN_PCP] == priority}
        for key in there & keys:
            assert priority not in priorities or (priority, key) in seen
    others = {frame[VLAN_PCP] for frame in frames} - priorities
    assert len({priority for priority, _ in seen} - priorities) >= min(2, len(others))


def test_all_but_one_tag_of_a_frame_are_excluded() -> None:
    where: Where = {VLAN_VID: (VLAN_PRESENT, VLAN_PRESENT)}
    tags: list[Match] = [((VLAN_VID, VLAN_PRESENT | tag, None),) for tag in range(4096)]
    free = tags.pop(2748)
    assert solve(where, tuple(tags)) == {VLAN_VID: free[0][1]}
    assert solve(where, (*tags, free)) is None
