"""Announcements cover every link interface once in a period, evenly."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from controller.announcer import SLICES, Announcer
from controller.core import Core
from controller.fabric.model import End, Interface
from controller.intent.model import DiscoverySettings, Fabric, Intent, Network, Port, Segment, SegmentKey, Switch

SWITCHES = {f"s{number}": Switch(f"s{number}", number) for number in range(1, 8)}


def core(interfaces: int) -> Core:
    core = Core()
    port = Port("blue", "a", network="blue/web", switch="s1", interface="eth1")
    network = Network("blue", "web", Segment.VLAN)
    intent = Intent(Fabric(switches=SWITCHES), ("blue",), {network.id: network}, {port.id: port})
    core.adopt(intent, {network.id: SegmentKey(Segment.VLAN, 2)})
    for name in SWITCHES:
        core.switch_ready(name, [Interface(f"eth{n}", n) for n in range(1, interfaces + 1)], True, 0.0)
    return core


def test_a_period_announces_each_interface_once_but_no_tenants() -> None:
    announcer = Announcer(core(9))
    slices = [announcer.next_slice() for _ in range(SLICES)]
    ends = Counter(end for one in slices for end in one)
    assert set(ends.values()) == {1}
    assert ends.keys() == {End(name, f"eth{n}") for name in SWITCHES for n in range(1, 10) if (name, n) != ("s1", 1)}
    assert max(map(len, slices)) == -(-62 // SLICES)


def test_interfaces_that_are_down_and_switches_that_are_away_are_left_out() -> None:
    away = core(1)
    away.switch_lost("s2")
    away.interface_changed("s3", Interface("eth1", 1, up=False), deleted=False)
    announcer = Announcer(away)
    ends = {end for _ in range(SLICES) for end in announcer.next_slice()}
    assert ends == {End(name, "eth1") for name in ("s4", "s5", "s6", "s7")}


def test_few_interfaces_are_announced_too() -> None:
    announcer = Announcer(core(2))
    for _ in range(3):
        assert sum(len(announcer.next_slice()) for _ in range(SLICES)) == 13


@pytest.mark.parametrize(("period", "slices"), [(0.2, 20), (1.0, 20), (2.0, 40), (10.0, 200)])
def test_another_period_is_cut_into_slices_of_a_twentieth_of_a_second_at_most(period: float, slices: int) -> None:
    paced = core(9)
    announcer = Announcer(paced)
    announcer.next_slice()
    intent = paced.situation.intent
    fabric = replace(intent.fabric, discovery=DiscoverySettings(period))
    paced.adopt(replace(intent, fabric=fabric), {"blue/web": SegmentKey(Segment.VLAN, 2)})
    assert announcer.slice == pytest.approx(period / slices)
    if slices == 20:
        announcer = Announcer(paced)
    ends = Counter(end for _ in range(slices) for end in announcer.next_slice())
    assert len(ends) == 62
    assert set(ends.values()) == {1}
