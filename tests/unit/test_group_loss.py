"""A switch that deletes a group deletes the flows that use it: the moments at which that could cost a wanted one."""

from __future__ import annotations

from controller.dataplane.encoder import cookie_of
from controller.dataplane.flow import OUR_GROUPS, Flow, Group, GroupKind, Program, Reason, ToGroup
from controller.dataplane.program import EMPTY_SHARE, Share, share_of
from controller.dataplane.table import match_of
from controller.southbound.events import Held
from controller.southbound.synchroniser import Synchroniser
from tests.property.model_switch import ModelSwitch

WHY = Reason("test", "a test")
GROUP = Group(OUR_GROUPS[0], GroupKind.ALL, (), WHY)
USER = Flow(0, 1, match_of(in_port=1), (ToGroup(GROUP.id),), None, None, 0, WHY)
FLOWS, GROUPS = share_of([USER]), Share((), (GROUP,))


class Pair:
    """A synchroniser that is connected with an empty switch."""

    def __init__(self) -> None:
        self.synchroniser, self.switch = Synchroniser("s1"), ModelSwitch()
        self.synchroniser.connect(Held())

    def settle(self) -> None:
        while turn := self.synchroniser.take(0.0):
            for chunk in turn.chunks:
                self.say(chunk)

    def say(self, chunk: bytes) -> None:
        for kind, xid, _, _ in self.switch.execute(chunk):
            assert kind != "error"
            (self.synchroniser.answered(xid) if kind == "bundle" else self.synchroniser.passed(xid, 0.0))

    def cookies(self) -> set[int]:
        return {entry.cookie for entry in self.switch.flows.values()}


def settled_pair() -> Pair:
    pair = Pair()
    pair.synchroniser.replace(Program(FLOWS.flows, {GROUP.id: GROUP}))
    pair.settle()
    assert pair.cookies() == {cookie_of(USER)}
    return pair


def test_a_group_goes_with_its_last_user() -> None:
    pair = settled_pair()
    pair.synchroniser.change(GROUPS, EMPTY_SHARE)
    pair.settle()
    assert pair.cookies() == {cookie_of(USER)}
    pair.synchroniser.change(FLOWS, EMPTY_SHARE)
    pair.settle()
    assert not pair.switch.flows
    assert not pair.switch.groups


def test_a_flow_that_is_wanted_again_while_its_group_goes_comes_back() -> None:
    pair = settled_pair()
    pair.synchroniser.change(FLOWS, EMPTY_SHARE)
    pair.synchroniser.change(GROUPS, EMPTY_SHARE)
    turn = pair.synchroniser.take(0.0)
    assert turn
    chunks = [*turn.chunks]
    pair.synchroniser.change(EMPTY_SHARE, GROUPS)
    pair.synchroniser.change(EMPTY_SHARE, FLOWS)
    for chunk in chunks:
        pair.say(chunk)
    pair.settle()
    assert pair.cookies() == {cookie_of(USER)}
