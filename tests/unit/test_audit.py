"""An audit says something only if nothing was sent while it ran."""

from __future__ import annotations

from dataclasses import replace

from controller.dataplane.encoder import cookie_of
from controller.dataplane.flow import COOKIE_MARK, Flow, Output, Program, Reason
from controller.dataplane.program import EMPTY_SHARE, share_of
from controller.dataplane.table import match_of
from controller.southbound.drift import Drift
from controller.southbound.events import Held
from controller.southbound.holding import MOST_MENDS
from controller.southbound.synchroniser import Synchroniser
from tests.property.model_switch import ModelSwitch

WHY = Reason("access", "a sender", "blue/web", "blue/vm1")
FLOWS = [Flow(0, 1, match_of(in_port=number), (Output(1),), None, None, 0, WHY) for number in range(3)]


def settle(synchroniser: Synchroniser, switch: ModelSwitch) -> None:
    while turn := synchroniser.take(0.0):
        for chunk in turn.chunks:
            for kind, xid, _, _ in switch.execute(chunk):
                (synchroniser.answered(xid) if kind == "bundle" else synchroniser.passed(xid, 0.0))


def settled_pair() -> tuple[Synchroniser, ModelSwitch]:
    synchroniser, switch = Synchroniser("s1"), ModelSwitch()
    synchroniser.connect(Held())
    synchroniser.replace(Program({cookie_of(flow): flow for flow in FLOWS}))
    settle(synchroniser, switch)
    return synchroniser, switch


def test_what_is_missing_is_told_by_what_it_was_for_and_comes_back() -> None:
    synchroniser, switch = settled_pair()
    before = dict(switch.flows)
    for key in list(switch.flows)[:2]:
        del switch.flows[key]
    synchroniser.begin_audit()
    assert synchroniser.audited(switch.held(COOKIE_MARK)) == Drift({WHY: 2}, 0, (), ())
    assert not synchroniser.settled
    settle(synchroniser, switch)
    assert switch.flows == before


def test_what_was_read_before_something_was_sent_says_nothing() -> None:
    synchroniser, switch = settled_pair()
    synchroniser.begin_audit()
    found = switch.held(COOKIE_MARK)
    synchroniser.change(share_of(FLOWS[:1]), EMPTY_SHARE)
    assert synchroniser.audited(found) is None
    settle(synchroniser, switch)
    assert synchroniser.settled
    assert synchroniser.audited(found) is None


def test_what_was_asked_in_an_earlier_session_says_nothing() -> None:
    synchroniser, switch = settled_pair()
    synchroniser.begin_audit()
    synchroniser.disconnect()
    synchroniser.connect(switch.held(COOKIE_MARK))
    synchroniser.open_gate()
    assert synchroniser.settled
    assert synchroniser.audited(Held()) is None


def test_what_is_changed_under_its_cookie_is_sent_again_but_not_for_ever() -> None:
    """A switch that writes a flow otherwise than it was sent is let be after a few attempts."""
    synchroniser, switch = settled_pair()
    cookie = cookie_of(FLOWS[0])
    for _ in range(MOST_MENDS):
        found = switch.held(COOKIE_MARK)
        synchroniser.begin_audit()
        drift = synchroniser.audited(replace(found, altered={cookie}))
        assert drift == Drift({}, 0, (), (), {WHY: 1})
        before = switch.flow_mods
        settle(synchroniser, switch)
        assert switch.flow_mods == before + 2
        assert switch.held(COOKIE_MARK) == found
    synchroniser.begin_audit()
    assert synchroniser.audited(replace(found, altered={cookie})) == Drift({}, 0, (), ())
    assert synchroniser.settled


def test_who_looks_sees_what_an_audit_would_find_and_repairs_nothing() -> None:
    synchroniser, switch = settled_pair()
    for key in list(switch.flows)[:2]:
        del switch.flows[key]
    for _ in range(2):
        synchroniser.begin_audit()
        assert synchroniser.looked_at(switch.held(COOKIE_MARK)) == Drift({WHY: 2}, 0, (), ())
        assert synchroniser.settled
        assert synchroniser.take(0.0) is None
    assert synchroniser.looked_at(switch.held(COOKIE_MARK)) is None, "nobody asked"
    synchroniser.begin_audit()
    assert synchroniser.audited(switch.held(COOKIE_MARK)) == Drift({WHY: 2}, 0, (), ())
    assert not synchroniser.settled
