"""A flow that passes to another network is the same to the switch; what became of the one is not the other's."""

from __future__ import annotations

from dataclasses import replace

from controller.dataplane.encoder import cookie_of
from controller.dataplane.flow import Flow, Output, Program, Reason
from controller.dataplane.program import share_of
from controller.dataplane.table import match_of
from controller.southbound.events import Held, Refused
from controller.southbound.synchroniser import Synchroniser
from tests.property.model_switch import ModelSwitch

FLOWS = [
    Flow(1, 100, match_of(in_port=number), (Output(9),), None, None, 0, Reason("test", "a test", "t/old"))
    for number in (1, 2)
]
PASSED = [replace(flow, reason=Reason("test", "a test", "t/new")) for flow in FLOWS]
COOKIES = {cookie_of(flow) for flow in FLOWS}


def program(flows: list[Flow]) -> Program:
    return Program({cookie_of(flow): flow for flow in flows})


def settle(synchroniser: Synchroniser, switch: ModelSwitch) -> None:
    while turn := synchroniser.take(0.0):
        for chunk in turn.chunks:
            for kind, xid, error, code in switch.execute(chunk):
                if kind == "error":
                    synchroniser.refused(Refused(xid, error, code, "no"), 0.0)
                elif kind == "bundle":
                    synchroniser.answered(xid)
                else:
                    synchroniser.passed(xid, 0.0)


def refused_pair() -> tuple[Synchroniser, ModelSwitch]:
    """A switch that refuses one flow of a network, and so has none of it; it would take both now."""
    synchroniser, switch = Synchroniser("s1"), ModelSwitch()
    switch.refuse = lambda cookie: cookie == cookie_of(FLOWS[0])
    synchroniser.connect(Held())
    synchroniser.replace(program(FLOWS))
    settle(synchroniser, switch)
    assert not switch.flows
    switch.refuse = lambda cookie: False
    return synchroniser, switch


def test_a_changed_share_brings_them_to_the_new_network() -> None:
    synchroniser, switch = refused_pair()
    synchroniser.change(share_of(FLOWS), share_of(PASSED))
    settle(synchroniser, switch)
    assert {entry.cookie for entry in switch.flows.values()} == COOKIES
    assert synchroniser.settled


def test_a_replaced_program_does_so_too() -> None:
    synchroniser, switch = refused_pair()
    synchroniser.replace(program(PASSED))
    settle(synchroniser, switch)
    assert {entry.cookie for entry in switch.flows.values()} == COOKIES
