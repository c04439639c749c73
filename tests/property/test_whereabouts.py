"""Whoever has followed what: where an address is said to be, frames for it are handed over, unless its port is gone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hypothesis import example, given
from hypothesis import strategies as st

from controller.fabric.whereabouts import Directory, Home, Whereabouts
from controller.intent.model import Segment, SegmentKey

SWITCHES = frozenset({"s0", "s1", "s2"})
MACS = (1, 2)
KEY = SegmentKey(Segment.VLAN, 9)
places = st.lists(st.sampled_from(sorted(SWITCHES)), min_size=1, max_size=2, unique=True)
homes = st.dictionaries(st.sampled_from(MACS), places.map(lambda names: Home(names[0], "t/p", *names[1:])))
some_switches = st.sets(st.sampled_from(sorted(SWITCHES)))
events = st.lists(homes | some_switches | st.booleans(), max_size=20)


@dataclass
class Program:
    """What one switch was told: where to send, and what it hands over."""

    sends: dict[int, tuple[str, ...]] = field(default_factory=dict)
    hands_over: set[int] = field(default_factory=set)


def program(directory: Directory, switch: str) -> Program:
    here = {mac for mac, home in directory.wanted.items() if switch in home.switches}
    here |= {mac for mac, past in directory.past if past == switch}
    return Program({mac: home.switches for mac, home in directory.told.items()}, here)


def gone_on(before: Mapping[int, Home], after: Mapping[int, Home]) -> dict[int, str]:
    """The addresses that are now where they stood by, and where that is."""
    both = ((mac, home.standby, after[mac].switch) for mac, home in before.items() if mac in after)
    return {mac: switch for mac, standby, switch in both if standby == switch}


@given(homes, events)
@example({1: Home("s1", "t/p")}, [{1: Home("s1", "t/p", "s0")}, False, {1: Home("s0", "t/p")}])
def test_what_is_sent_somewhere_is_handed_over_there(
    start: dict[int, Home], history: list[dict[int, Home] | set[str] | bool]
) -> None:
    directory = Directory(KEY, start, SWITCHES)
    held = {switch: program(directory, switch) for switch in SWITCHES}
    on_their_way: set[tuple[int, tuple[str, ...]]] = set()
    missed: set[tuple[int, tuple[str, ...]]] = set()
    """What was not sent to where a guest goes on already: it was not `installed` there yet."""
    for event in [*history, True, True, True]:
        if isinstance(event, bool):
            held = {switch: program(directory, switch) for switch in SWITCHES}
            if event:
                on_their_way.clear()
                missed.clear()
            directory.step(SWITCHES, SWITCHES, is_rested=event)
        elif isinstance(event, dict):
            moved = gone_on(directory.wanted, event)
            missed |= {(mac, copies) for mac, copies in on_their_way if mac in moved and moved[mac] not in copies}
            directory.aim(event, SWITCHES)
        else:
            held.update({switch: program(directory, switch) for switch in event})
        told = {switch: program(directory, switch) for switch in SWITCHES}
        on_their_way |= {sent for known in (held, told) for one in known.values() for sent in one.sends.items()}
        for mac, copies in on_their_way - missed:
            # Whether it has followed or not.
            assert any(mac in held[one].hands_over and mac in told[one].hands_over for one in copies)
    assert not directory.is_pending
    assert directory.told == directory.wanted


def test_an_absent_member_keeps_what_it_may_still_send_to() -> None:
    directory = Directory(KEY, {1: Home("s0", "t/p")}, SWITCHES)
    directory.aim({}, SWITCHES)
    assert not directory.step({"s0", "s1"}, SWITCHES, is_rested=True)
    assert directory.past == {(1, "s0"): Home("s0", "t/p")}
    assert directory.step(SWITCHES, SWITCHES, is_rested=True)
    assert not directory.is_pending


def test_an_address_waits_for_its_switch_and_for_a_way_there() -> None:
    directory = Directory(KEY, {}, SWITCHES)
    directory.aim({1: Home("s0", "t/p"), 2: Home("s1", "t/q")}, SWITCHES)
    assert not directory.step({"s1"}, {"s0"}, is_rested=True)
    assert directory.step({"s1"}, SWITCHES, is_rested=False)
    assert directory.told == {2: Home("s1", "t/q")}


def test_where_it_stands_by_is_told_once_its_switch_confirmed_and_is_told_already_when_it_goes_on_there() -> None:
    directory = Directory(KEY, {1: Home("s0", "t/p")}, SWITCHES)
    directory.aim({1: Home("s0", "t/p", "s1")}, SWITCHES)
    assert directory.told == {1: Home("s0", "t/p")}
    assert not directory.step({"s0", "s2"}, SWITCHES, is_rested=True)
    assert directory.is_pending
    assert directory.step({"s1"}, SWITCHES, is_rested=False)
    assert directory.told == {1: Home("s0", "t/p", "s1")}
    directory.aim({1: Home("s1", "t/p")}, SWITCHES)
    assert directory.told == {1: Home("s1", "t/p")}
    assert not directory.is_pending


def test_trees_and_goals_are_those_of_networks_on_several_switches() -> None:
    whereabouts = Whereabouts()
    whereabouts.span("t/a", frozenset({1}), frozenset({"s0"}))
    assert (whereabouts.goals(), whereabouts.reach_revision) == (frozenset(), 0)
    whereabouts.span("t/a", frozenset({1}), frozenset({"s0", "s1"}))
    whereabouts.span("t/b", frozenset({1, 2}), frozenset({"s1", "s2"}))
    assert whereabouts.members_of(1) == SWITCHES
    assert whereabouts.members_of(2) == {"s1", "s2"}
    revision = whereabouts.reach_revision
    whereabouts.span("t/c", frozenset({1}), frozenset({"s0", "s2"}))
    assert whereabouts.reach_revision == revision, "there is a network there already"
    whereabouts.span("t/b", frozenset(), frozenset())
    assert whereabouts.members_of(2) == frozenset()
    assert whereabouts.goals() == SWITCHES
    assert whereabouts.reach_revision > revision
