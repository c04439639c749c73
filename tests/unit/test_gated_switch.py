"""A switch at its gate is told nothing and so keeps nobody from going on; from then on it does until it followed."""

from __future__ import annotations

import pytest

from controller.dataplane.encoder import cookie_of
from controller.dataplane.flow import Bucket, Flow, Group, GroupKind, Meter, Output, Program, Reason
from controller.southbound.events import Held
from controller.southbound.readback import group_content, meter_content
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


@pytest.mark.parametrize("differs", ["nothing", "group", "meter", "missing", "more"])
def test_groups_and_meters_count_by_their_content(differs: str) -> None:
    """As every switch has some: one that holds them as they should be does not wait at its gate after a restart."""
    groups = [Group(5, GroupKind.ALL, (Bucket((Output(port),)),), Reason("test", "a test")) for port in (1, 2)]
    meters = [Meter(7, rate, rate, Reason("test", "a test")) for rate in (500, 600)]
    synchroniser = Synchroniser("s1")
    synchroniser.replace(Program({cookie_of(NEW): NEW}, {5: groups[0]}, {7: meters[0]}))
    held_groups = {5: group_content(groups[differs == "group"])} if differs != "missing" else {}
    held_meters = {7: meter_content(meters[differs == "meter"])}
    if differs == "more":
        held_meters[8] = held_meters[7]
    synchroniser.connect(Held(frozenset({cookie_of(NEW)}), held_groups, held_meters))
    assert synchroniser.holds_all == (differs == "nothing")
