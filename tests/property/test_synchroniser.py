"""Whatever is wanted, refused, lost or cut off in between: the switch ends with exactly the program, without a gap.

While something is refused, it has of each network all or nothing, and networks of which nothing is refused do not
notice.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from controller.dataplane.encoder import cookie_of, encode_flow_add, encode_group_add
from controller.dataplane.flow import (
    COOKIE_MARK,
    OUR_GROUPS,
    Flow,
    Program,
)
from controller.dataplane.program import Share
from controller.southbound import delivery
from controller.southbound.drift import Drift
from controller.southbound.events import Held, Refused
from controller.southbound.items import groups_of
from controller.southbound.synchroniser import Synchroniser
from tests.property.model_switch import Answer, Bundles, Entry, Key, ModelSwitch
from tests.property.programs import a_flow, a_group, completed, key_of, programs, share_of

FOREIGN = 0x1111


class Synchronising(RuleBasedStateMachine):
    """A synchroniser and a model switch with messages under way between them."""

    @initialize(
        before=programs,
        foreign=st.booleans(),
        bundles=st.sampled_from(("yes", "yes", "yes", "refused", "ignored")),
    )
    def begin(self, before: Program, foreign: bool, bundles: Bundles) -> None:
        self.now = 0.0
        self.switch = ModelSwitch(after_each=self.no_gap, bundles=bundles)
        for group in before.groups.values():
            self.switch.execute(encode_group_add(group, 0))
        for cookie, flow in before.flows.items():
            self.switch.execute(encode_flow_add(flow, cookie, 0))
        self.foreign: dict[Key, int] = {}
        if foreign:
            flow = a_flow(99, 0)
            self.switch.execute(encode_flow_add(flow, FOREIGN, 0))
            self.foreign = {key_of(flow): FOREIGN}
        self.synchroniser = Synchroniser("s1")
        self.wanted = Program()
        self.connected = False
        self.chunks: Iterator[bytes] = iter(())
        self.poisoned: set[int] = set()
        self.unnoticed: set[int] = set()
        """Groups that somebody deleted."""
        self.fresh = 100
        self.is_tampered = self.has_lost_group = self.is_reading = False
        self.read: Held | None = None
        self.switch.refuse = lambda cookie: cookie in self.poisoned
        self.switch.refuse_in_bundle = lambda cookie: cookie in self.poisoned and cookie % 2 == 0
        self.unbroken: set[Key] = set()
        self.refused_keys: set[Key] = set()
        """Where the old flow goes although the new one was refused."""
        self.altered: set[int] = set()
        """Cookies of flows under which somebody put something else."""
        self.tainted: set[str] = set()
        """Networks of which something may have been refused in this session."""

    @property
    def wanted_keys(self) -> set[Key]:
        return {key_of(flow) for flow in self.wanted.flows.values()}

    def no_gap(self) -> None:
        """A match that has been wanted all the time since its flow was there is never without one.

        If it was unwanted for a moment, its deletion may be under way.
        """
        if hasattr(self, "unbroken"):
            assert self.unbroken <= self.switch.flows.keys()
            # What an open bundle deletes was unwanted when it was filled.
            lasting = self.switch.after_commits().items()
            untainted = {c for c, flow in self.wanted.flows.items() if flow.reason.network not in self.tainted}
            untainted -= self.altered
            there = {key for key, entry in lasting if entry.cookie in untainted} & self.switch.flows.keys()
            self.refused_keys -= there
            self.unnoticed -= self.switch.groups.keys()
            self.unbroken |= there

    def want(self, program: Program) -> None:
        self.wanted = program
        self.unbroken &= self.wanted_keys
        self.refuse_what_cannot_be()

    def refuse_what_cannot_be(self) -> None:
        for cookie in self.impossible():
            self.refuse(self.wanted.flows[cookie])

    def impossible(self) -> set[int]:
        """Cookies of wanted flows that the switch does not take."""
        groups = self.wanted.groups.keys() - self.unnoticed
        return {
            cookie
            for cookie, flow in self.wanted.flows.items()
            if cookie in self.poisoned or not groups_of(flow) <= groups
        }

    def refuse(self, flow: Flow) -> None:
        network = flow.reason.network
        unit = [other for other in self.wanted.flows.values() if other.reason.network == network] if network else [flow]
        keys = {key_of(other) for other in unit}
        self.refused_keys |= keys
        self.unbroken -= keys
        if network:
            self.tainted.add(network)

    @rule(program=programs)
    def replace(self, program: Program) -> None:
        self.synchroniser.replace(program)
        self.want(program)

    @rule(program=programs)
    def change(self, program: Program) -> None:
        self.synchroniser.change(share_of(self.wanted), share_of(program))
        self.want(program)

    @rule(program=programs)
    def change_groups_first(self, program: Program) -> None:
        """Groups leave with one unit, and the flows that use them with a later one."""
        self.synchroniser.change(Share((), (*self.wanted.groups.values(),)), Share((), (*program.groups.values(),)))
        self.want(Program(self.wanted.flows, program.groups, self.wanted.meters))

    @rule(number=st.integers(0, 2))
    def lose_group(self, number: int) -> None:
        """Somebody deletes a group of ours, and the switch says nothing."""
        if OUR_GROUPS[number] in self.switch.groups:
            self.unnoticed.add(OUR_GROUPS[number])
            self.has_lost_group = True
            self.switch.delete_group(OUR_GROUPS[number])
            self.unbroken &= self.switch.flows.keys()
            self.refuse_what_cannot_be()

    @rule(index=st.integers(0, 5))
    def delete_by_hand(self, index: int) -> None:
        """Somebody deletes a flow of ours, and the switch says nothing."""
        keys = sorted(key for key, entry in self.switch.flows.items() if entry.cookie != FOREIGN)
        if index < len(keys):
            self.unbroken.discard(keys[index])
            del self.switch.flows[keys[index]]
            self.is_tampered = True

    @rule(key=st.integers(0, 5), variant=st.integers(0, 1))
    def add_by_hand(self, key: int, variant: int) -> None:
        """Somebody adds a flow with our mark, perhaps in the place of one of ours."""
        flow = a_flow(key, variant)
        self.unbroken.discard(key_of(flow))
        self.switch.execute(encode_flow_add(flow, cookie_of(flow), 0))
        self.is_tampered = True

    @rule(index=st.integers(0, 5), key=st.integers(0, 6) | st.none())
    def alter_by_hand(self, index: int, key: int | None) -> None:
        """Somebody changes what a flow of ours does, or adds another under its cookie, perhaps in the place of ours."""
        keys = sorted(key for key, entry in self.switch.flows.items() if entry.cookie != FOREIGN)
        if index < len(keys):
            cookie = self.switch.flows[keys[index]].cookie
            place = keys[index] if key is None else key_of(a_flow(key, 0))
            self.altered |= {cookie} | ({self.switch.flows[place].cookie} if place in self.switch.flows else set())
            self.unbroken -= {place, keys[index]}
            self.switch.flows[place] = Entry(cookie, b"by hand!")
            self.is_tampered = True

    @precondition(lambda self: self.connected and self.synchroniser.is_idle)
    @rule()
    def begin_audit(self) -> None:
        self.synchroniser.begin_audit()
        self.read = None
        self.is_reading = True

    @precondition(lambda self: self.is_reading)
    @rule()
    def read_again(self) -> None:
        """The switch answers; the answer is under way for a while."""
        self.read, self.is_reading = self.switch.held(COOKIE_MARK), False

    @precondition(lambda self: self.read is not None)
    @rule()
    def finish_audit(self) -> None:
        assert self.read is not None
        drift = self.synchroniser.audited(self.read)
        assert not drift or self.is_tampered or self.has_lost_group
        self.read = None

    @rule()
    def open_gate(self) -> None:
        self.synchroniser.open_gate()

    @rule()
    def connect(self) -> None:
        self.chunks = iter(())
        self.switch.open_bundles.clear()
        self.synchroniser.connect(self.switch.held(COOKIE_MARK))
        self.connected = True
        self.unnoticed.clear()
        self.has_lost_group = self.is_reading = False
        # On connecting only cookies are compared.
        self.is_tampered = bool(self.altered)
        self.read = None
        self.tainted.clear()
        self.refuse_what_cannot_be()
        altered = {key for key, entry in self.switch.flows.items() if entry.cookie in self.altered}
        altered |= {key_of(flow) for cookie, flow in self.wanted.flows.items() if cookie in self.altered}
        self.unbroken |= (self.wanted_keys & self.switch.flows.keys()) - self.refused_keys - altered

    @rule()
    def disconnect(self) -> None:
        self.chunks = iter(())
        self.switch.open_bundles.clear()
        self.synchroniser.disconnect()
        self.connected = self.is_reading = False
        self.read = None

    @rule(index=st.integers(0, 5))
    def poison(self, index: int) -> None:
        cookies = sorted(self.wanted.flows)
        if index < len(cookies):
            self.poisoned.add(cookies[index])
            self.refuse(self.wanted.flows[cookies[index]])

    @rule(index=st.integers(0, 5))
    def lose(self, index: int) -> None:
        """Somebody deletes a flow of ours, and the switch says so."""
        keys = sorted(key for key, entry in self.switch.flows.items() if entry.cookie != FOREIGN)
        if index < len(keys):
            self.unbroken.discard(keys[index])
            self.synchroniser.lost(self.switch.flows.pop(keys[index]).cookie)

    @precondition(lambda self: self.connected)
    @rule(messages=st.integers(1, 12))
    def work(self, messages: int) -> None:
        """The switch takes a few messages."""
        for _ in range(messages):
            chunk = next(self.chunks, None)
            if chunk is None:
                turn = self.synchroniser.take(self.now)
                self.chunks = turn.chunks if turn else iter(())
                chunk = next(self.chunks, b"")
            self.hear(self.switch.execute(chunk))

    def hear(self, answers: list[Answer]) -> None:
        for kind, xid, error, code in answers:
            match kind:
                case "barrier":
                    self.synchroniser.passed(xid, self.now)
                case "bundle":
                    self.synchroniser.answered(xid)
                case _:
                    refusal = self.synchroniser.refused(Refused(xid, error, code, "no"), self.now)
                    assert refusal is None or refusal.switch == "s1"
                    self.unbroken &= self.switch.flows.keys()

    @precondition(lambda self: self.connected)
    @rule()
    def forget_bundles(self) -> None:
        """An idle bundle expires."""
        self.hear(self.switch.expire())

    @rule(seconds=st.integers(1, 100))
    def wait(self, seconds: int) -> None:
        self.now += seconds

    @precondition(lambda self: self.connected and not (self.is_tampered or self.has_lost_group))
    @rule()
    def settle_with_what_is_refused(self) -> None:
        """Of each network there is all or nothing, and all as soon as nothing of it is refused any more."""
        self.synchroniser.open_gate()
        self.answer_audit()
        self.come_to_rest()
        self.all_or_nothing({flow.reason.network for flow in self.wanted.flows.values()} - self.tainted)
        self.now += 61
        self.come_to_rest()
        off = {self.wanted.flows[cookie].reason.network for cookie in self.impossible()}
        self.all_or_nothing({flow.reason.network for flow in self.wanted.flows.values()} - off)

    def come_to_rest(self) -> None:
        for _ in range(200):
            self.work(5)
            if self.synchroniser.is_idle:
                return
        raise AssertionError("it does not come to rest")

    def all_or_nothing(self, whole: set[str]) -> None:
        there = self.switch.held(COOKIE_MARK).cookies
        assert there <= self.wanted.flows.keys()
        networks: dict[str, set[int]] = {}
        for cookie, flow in self.wanted.flows.items():
            networks.setdefault(flow.reason.network, set()).add(cookie)
        assert networks.pop("", set()) - self.impossible() <= there
        for network, cookies in networks.items():
            assert cookies <= there or (not cookies & there and network not in whole), network

    @rule()
    def converge(self) -> None:
        """Once nothing is refused any more, the switch comes to hold exactly what is wanted, and stays so."""
        self.poisoned.clear()
        program = completed(self.wanted)
        # A group that vanished is noticed when it is to change.
        self.fresh += 1
        vanished = self.unnoticed & program.groups.keys()
        noticed = {number: a_group(OUR_GROUPS.index(number), self.fresh) for number in vanished}
        self.replace(Program(program.flows, {**program.groups, **noticed}, program.meters))
        if not self.connected:
            self.connect()
        self.synchroniser.open_gate()
        self.settle()
        if self.is_tampered:
            self.synchroniser.begin_audit()
            drift = self.synchroniser.audited(self.switch.held(COOKIE_MARK))
            assert drift is not None
            self.settle()
            self.synchroniser.begin_audit()
            assert self.synchroniser.audited(self.switch.held(COOKIE_MARK)) == Drift({}, 0, (), ())
        expected = {key_of(flow): cookie for cookie, flow in self.wanted.flows.items()} | self.foreign
        assert {key: entry.cookie for key, entry in self.switch.flows.items()} == expected
        assert not self.switch.held(COOKIE_MARK).altered
        self.altered.clear()
        assert self.switch.groups.keys() == self.wanted.groups.keys()
        held = self.switch.held(COOKIE_MARK)
        assert self.switch.meters.keys() == self.wanted.meters.keys()
        self.connect()
        self.synchroniser.open_gate()
        assert self.synchroniser.take(self.now) is None, held

    def answer_audit(self) -> None:
        """Every audit ends; nothing that was refused is tried again meanwhile."""
        if self.is_reading:
            self.read_again()
        if self.read is not None:
            self.finish_audit()

    def settle(self) -> None:
        self.answer_audit()
        for _ in range(200):
            self.work(5)
            self.now += 61
            if self.synchroniser.settled and self.synchroniser.next_attempt is None:
                return
        raise AssertionError("it does not settle")

    @invariant()
    def foreign_flows_are_there(self) -> None:
        if hasattr(self, "foreign"):
            assert self.foreign.keys() <= self.switch.flows.keys()

    def teardown(self) -> None:
        if hasattr(self, "foreign"):
            self.converge()


@pytest.fixture(autouse=True)
def one_message_a_write(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that everything can happen between any two messages."""
    monkeypatch.setattr(delivery, "MESSAGES_PER_WRITE", 1)
    monkeypatch.setattr(delivery, "MESSAGES_PER_BUNDLE", 6)


TestSynchronising = Synchronising.TestCase
TestSynchronising.settings = settings(
    max_examples=150, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
