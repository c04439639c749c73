"""A switch at its gate is told nothing and so keeps nobody from going on; from then on it does until it followed."""

from __future__ import annotations

from controller.dataplane.encoder import cookie_of
from controller.dataplane.flow import Flow, Program, Reason
from controller.southbound.events import Held
from controller.southbound.synchroniser import Synchroniser

OLD, NEW = (Flow(1, priority, (), (), None, None, 0, Reason("test", "a test", "t/n")) for priority in (1, 2))


def connected(wanted: Flow, held: Flow) -> Synchroniser:
    synchroniser = Synchroniser("s1")
    synchroniser.replace(Program({cookie_of(wanted): wanted}))
    synchroniser.connect(Held(frozenset({cookie_of(held)}), {}, {}))
    return synchroniser


def test_one_that_differs_is_open_from_its_gate_on() -> None:
    synchroniser = connected(NEW, OLD)
    assert synchroniser.has_confirmed
    assert not synchroniser.settled
    assert not synchroniser.holds_all
    synchroniser.open_gate()
    assert not synchroniser.has_confirmed


def test_one_that_holds_what_it_should_never_is() -> None:
    synchroniser = connected(NEW, NEW)
    assert synchroniser.holds_all
    synchroniser.open_gate()
    assert synchroniser.has_confirmed
    assert synchroniser.settled
