"""Links as the core takes them: what is believed, what ends them, and what a change of the fabric costs."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

import pytest

from controller.dataplane.flow import Output
from controller.fabric.discovery import LOST_AFTER, PERIOD
from controller.fabric.model import End, Interface, Link
from controller.fabric.paths import Costs
from controller.fabric.settling import Moved, Settling
from controller.intent.model import DiscoverySettings, LinkSetting
from tests.unit.test_core import ENDS, INTENT, INTERFACES, KEYS, SWITCHES, started


def test_announcements_at_tenants_interfaces_and_tunnels_are_not_believed() -> None:
    core = started()
    for interface in ("tap1", "vxlan0"):
        assert not core.heard(End("s1", interface), End("s2", "wire2"), 0.0)
        assert not core.heard(End("s2", "wire2"), End("s1", interface), 0.0)
    core.changes()
    assert core.fabric.links == {Link(ENDS["s1"], ENDS["s2"])}


def test_a_link_that_goes_down_ends_at_once() -> None:
    core = started()
    core.interface_changed("s1", Interface("wire1", 4, up=False), deleted=False)
    core.changes()
    assert core.fabric.links == frozenset()
    assert all(not group.buckets for group in core.compiler.program("s1").groups.values())


def test_a_lost_session_changes_nothing_and_its_return_neither() -> None:
    core = started()
    core.switch_lost("s2")
    assert not core.tick(1000.0)
    core.switch_ready("s2", INTERFACES, True, 1000.0)
    assert core.changes() == []


def test_a_switch_that_is_busy_with_a_large_batch_keeps_its_links() -> None:
    core = started()
    assert not core.tick(1000.0, busy=["s2"])
    assert not core.tick(1003.0), "nor does it lose them as soon as it is done"
    assert core.tick(1010.0), "but when nothing is heard after that"


def test_a_reload_with_a_shorter_period_costs_no_link() -> None:
    core = started()
    assert not core.tick(3.0)
    core.adopt(replace(INTENT, fabric=replace(INTENT.fabric, discovery=DiscoverySettings(0.5))), KEYS)
    core.changes()
    assert not core.tick(3.0 + LOST_AFTER * 0.5)
    assert core.fabric.links
    assert core.tick(3.1 + LOST_AFTER * 0.5)


def test_a_switch_at_its_gate_keeps_its_links_although_another_version_s_flows_say_nothing() -> None:
    core = started()
    core.waiting = {"s2"}
    assert not core.tick(99.0)
    core.waiting = ()
    assert not core.tick(99.0 + LOST_AFTER * PERIOD)
    assert core.tick(99.1 + LOST_AFTER * PERIOD)


def test_a_switch_that_comes_back_without_its_link_loses_it() -> None:
    core = started()
    core.switch_lost("s2")
    core.switch_ready("s2", INTERFACES[:3], True, 1.0)
    core.changes()
    assert core.fabric.links == frozenset()


def test_links_heard_in_one_turn_cost_one_computation_of_trees(monkeypatch: pytest.MonkeyPatch) -> None:
    core = started()
    retarget, targets = Settling.retarget, []

    def spy(
        settling: Settling, names: Iterable[str], links: frozenset[Link], connected: Collection[str], costs: Costs
    ) -> Moved:
        targets.append(links)
        return retarget(settling, names, links, connected, costs)

    monkeypatch.setattr(Settling, "retarget", spy)
    for one, other in (("s1", "s2"), ("s2", "s1")):
        assert core.heard(End(one, "wire2"), End(other, "wire2"), 0.0)
    assert targets == []
    assert core.is_dirty
    core.changes()
    assert targets == [core.fabric.links]
    assert len(core.fabric.links) == 2


def test_a_link_that_drains_is_left_at_the_cost_of_switches_and_no_networks() -> None:
    core = started()
    second = [End(name, "wire2") for name in SWITCHES]
    for at, sender in (second, second[::-1]):
        core.heard(at, sender, 0.0)
    core.changes()
    while core.confirmed(SWITCHES):
        core.changes()
    drained = LinkSetting(draining=True)
    fabric = replace(INTENT.fabric, links={(("s1", "wire1"), ("s2", "wire1")): drained})
    core.adopt(replace(INTENT, fabric=fabric), KEYS)
    touched = {flow.reason.network for change in core.changes() for flow in change.after.contents}
    while core.confirmed(SWITCHES):
        touched |= {flow.reason.network for change in core.changes() for flow in change.after.contents}
    assert touched == {""}
    for groups in (core.compiler.program(name).groups.values() for name in SWITCHES):
        used = {bucket.actions[-1] for group in groups for bucket in group.buckets[:1]}
        assert used == {Output(5)}, "the other wire comes first, in every group"


def test_a_switch_at_its_gate_confirms_nothing() -> None:
    """It still floods along the tree before; the new one joined with that would be a circle."""
    core = started()
    first, second = (Link(End("s1", wire), End("s2", wire)) for wire in ("wire1", "wire2"))
    for at, sender in ((second.a, second.b), (second.b, second.a)):
        core.heard(at, sender, 0.0)
    core.interface_changed("s1", Interface("wire1", 4, up=False), deleted=False)
    core.changes()
    while core.confirmed(SWITCHES):
        core.changes()
    assert all(second in tree for trees in core.situation.floods.trees for tree in trees)
    core.interface_changed("s1", Interface("wire1", 4), deleted=False)
    for at, sender in ((first.a, first.b), (first.b, first.a)):
        core.heard(at, sender, 1.0)
    core.waiting = {"s1"}
    core.changes()
    for _ in range(3):
        core.confirmed(SWITCHES)
        core.changes()
        assert not any(first in tree for trees in core.situation.floods.trees for tree in trees)
    core.waiting = ()
    while core.confirmed(SWITCHES):
        core.changes()
    assert all(first in tree for trees in core.situation.floods.trees for tree in trees)
