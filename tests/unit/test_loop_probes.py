"""Probes leave by every tenant's interface, evenly, and at most so many in a second."""

from __future__ import annotations

from collections import Counter

from controller.core import Core
from controller.fabric.model import End, Interface
from controller.fabric.outside_loops import Attachment
from controller.intent.model import Fabric, Intent, Network, Port, Segment, SegmentKey, Switch
from controller.loop_probes import MOST, SLICES, LoopProbes

SWITCHES = {name: Switch(name, number) for number, name in enumerate(("s1", "s2", "s3"), 1)}
NETWORK = Network("blue", "web", Segment.VLAN)


def core(interfaces: int) -> Core:
    """Three switches with so many ports each, and a link interface."""
    ports = [
        Port("blue", f"{name}-{at}", network=NETWORK.id, switch=name, interface=f"tap{at}")
        for name in SWITCHES
        for at in range(interfaces)
    ]
    core = Core()
    intent = Intent(Fabric(switches=SWITCHES), ("blue",), {NETWORK.id: NETWORK}, {port.id: port for port in ports})
    core.adopt(intent, {NETWORK.id: SegmentKey(Segment.VLAN, 2)})
    for name in SWITCHES:
        there = [Interface(f"tap{at}", at + 2) for at in range(interfaces)]
        core.switch_ready(name, [Interface("wire", 1), *there], True, 0.0)
    return core


def attachment(end: str) -> Attachment:
    return Attachment(NETWORK.id, f"blue/{end}")


def test_a_period_probes_each_tenants_interface_once_and_no_other() -> None:
    probes = LoopProbes(core(30))
    for _ in range(2):
        slices = [probes.next_slice() for _ in range(SLICES)]
        assert Counter(end for one in slices for end in one) == {
            End(name, f"tap{at}"): 1 for name in SWITCHES for at in range(30)
        }
        assert max(map(len, slices)) == -(-90 // SLICES)


def test_very_many_take_more_than_a_period() -> None:
    probes = LoopProbes(core(1000))
    assert max(len(probes.next_slice()) for _ in range(SLICES)) == MOST
    rest = Counter(end for _ in range(SLICES) for end in probes.next_slice())
    assert sum(rest.values()) == 3000 - SLICES * MOST
    assert set(rest.values()) == {1}


def test_those_that_are_connected_are_probed_in_every_period() -> None:
    full = core(1000)
    full.heard_probe(attachment("s1-7"), attachment("s3-9"), 0.0)
    full.advance_loops(0.0)
    probes = LoopProbes(full)
    for _ in range(3):
        seen = {end for _ in range(SLICES) for end in probes.next_slice()}
        assert {End("s1", "tap7"), End("s3", "tap9")} <= seen


def test_what_is_down_away_or_no_tenants_any_more_is_left_out() -> None:
    changing = core(2)
    probes = LoopProbes(changing)
    first = probes.next_slice()
    assert len(first) == 1
    changing.switch_lost("s1")
    changing.interface_changed("s2", Interface("tap0", 2, up=False), deleted=False)
    changing.interface_changed("s3", Interface("tap0", 2), deleted=True)
    rest = {end for _ in range(SLICES - 1) for end in probes.next_slice()}
    assert rest | set(first) <= {End("s2", "tap1"), End("s3", "tap1"), *first}
    assert not probes.is_probed(End("s2", "wire"))
    assert not probes.is_probed(End("s9", "tap1"))
    changing.adopt(Intent(Fabric(switches=SWITCHES), ("blue",), {NETWORK.id: NETWORK}), {})
    assert not probes.is_probed(End("s2", "tap1"))
