"""Networks that get other keys: whatever switches have followed, no frame is lost, and none meets another tenant's.

Four switches hold what was in force at some moment since the last confirmation; any of them may send to any other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from controller.intent.model import Segment, SegmentKey
from controller.intent.moves import Moves, Unsettled

KEYS = [SegmentKey(Segment.VLAN, number) for number in (2, 3, 4)] + [SegmentKey(Segment.VXLAN, 5)]
NETWORKS = ("a/1", "a/2", "b/1", "c/1")
SWITCHES = range(4)
targets = st.permutations(KEYS).flatmap(
    lambda keys: st.sets(st.sampled_from(NETWORKS)).map(lambda names: dict(zip(sorted(names), keys, strict=False)))
)


@dataclass(frozen=True)
class State:
    """What a switch was told."""

    entered: Mapping[str, SegmentKey]
    second: Mapping[str, SegmentKey]
    lives: Mapping[str, int]


class Changing(RuleBasedStateMachine):
    """Moves, and switches that follow them one by one."""

    def __init__(self) -> None:
        super().__init__()
        self.moves = Moves({}, Unsettled())
        self.target: Mapping[str, SegmentKey] = {}
        self.lives: dict[str, int] = dict.fromkeys(NETWORKS, 0)
        """How often each network was removed."""
        self.told = [self.state for _ in SWITCHES]
        self.away: set[int] = set()
        """Switches without session, for which nobody waited."""

    @property
    def state(self) -> State:
        return State(dict(self.moves.entered), dict(self.moves.second), dict(self.lives))

    @rule(wanted=targets)
    def edit(self, wanted: dict[str, SegmentKey]) -> None:
        for network in self.target.keys() - wanted.keys():
            self.lives[network] += 1
        changed = {name: wanted.get(name) for name in NETWORKS if wanted.get(name) != self.target.get(name)}
        self.target = wanted
        self.in_force_changes(lambda: self.moves.retarget(changed))

    def in_force_changes(self, step: Callable[[], object]) -> None:
        """Take a step, and see that what it says about itself is true, and that it can be taken back."""
        before = self.state, self.moves.unsettled
        step()
        changes, after = self.moves.changes, (self.state, self.moves.unsettled)
        for keys, changed, old in (
            (self.moves.entered, changes.entered, before[0].entered),
            (self.moves.second, changes.second, before[0].second),
        ):
            assert {**old, **changed} == {**keys, **dict.fromkeys(changed.keys() - keys.keys())}
        self.moves.undo()
        assert (self.state, self.moves.unsettled) == before
        step()
        assert (self.state, self.moves.unsettled) == after

    @rule(switch=st.sampled_from(SWITCHES))
    def follow(self, switch: int) -> None:
        self.told[switch] = self.state
        self.away.discard(switch)

    @rule()
    def confirm(self) -> None:
        self.told = [self.state for _ in SWITCHES]
        self.away.clear()
        self.in_force_changes(lambda: self.moves.advance(is_complete=True))

    @rule(switch=st.sampled_from(SWITCHES))
    def confirm_without_one(self, switch: int) -> None:
        self.away.add(switch)
        self.told = [held if number in self.away else self.state for number, held in enumerate(self.told)]
        self.in_force_changes(lambda: self.moves.advance(is_complete=False))

    @rule()
    def restart(self) -> None:
        """The next daemon has the ledger only."""
        unsettled = self.moves.unsettled
        self.moves = Moves(self.target, unsettled)
        self.moves.retarget({})

    @invariant()
    def no_frame_meets_another_tenants(self) -> None:
        for sender in self.told:
            for network, key in sender.entered.items():
                for receiver in self.told:
                    for keys in (receiver.entered, receiver.second):
                        there = {name for name, its in keys.items() if its == key}
                        assert {name[0] for name in there} <= {network[0]}, (key, network, there)

    @invariant()
    def what_is_sent_is_received(self) -> None:
        present = [held for number, held in enumerate(self.told) if number not in self.away]
        for sender in present:
            for network, key in sender.entered.items():
                for receiver in present:
                    if network in receiver.entered and sender.lives[network] == receiver.lives[network]:
                        assert key in (receiver.entered[network], receiver.second.get(network)), (network, key)

    def teardown(self) -> None:
        for _ in range(30):
            self.confirm()
        assert self.moves.entered == self.target
        assert not self.moves.is_pending


TestChanging = Changing.TestCase
TestChanging.settings = settings(max_examples=150, stateful_step_count=25)
