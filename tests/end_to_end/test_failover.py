"""A wire that breaks: the switches turn frames aside by themselves, without any daemon, and no frame arrives twice.

A train of a frame each millisecond runs both ways between guests of VLAN networks while one wire after the other is
cut and mended. What is lost is counted, not timed; `./run bench failover` measures.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator

import pytest

from controller.intent.lab_model import Wire
from frames import BROADCAST
from packet_train import Journey, PacketTrain
from prober import Prober
from reach import expected_pairs
from tests.end_to_end.commands import tenantry
from tests.end_to_end.running import TOPOLOGIES, Installation, running
from tests.end_to_end.wires import prober_with_wires, wire_stations

pytestmark = pytest.mark.ovs

SHAPES = {
    "two-tenants-vlan": {"there": ("blue1", "blue3"), "back": ("blue3", "blue1")},
    "leaf-spine": {
        **{"there": ("blueweb1", "blueweb2"), "back": ("blueweb2", "blueweb1")},
        **{"over": ("bluedb1", "bluedb2"), "under": ("bluedb2", "bluedb1")},
    },
}
"""A ring, leaves and spines; and who sends to whom, on VLANs or through an overlay that the fabric carries."""
FRAMES = 200
MOMENTS = (0.0, 0.03, 0.08, 0.15)
"""Seconds from a link's return to the daemon's death; trees take some 0.2 s to change."""
MOST_LOST = 60
"""Of `FRAMES`; without anybody to turn them aside all would be."""


@pytest.fixture(scope="module", params=SHAPES)
def shape(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with running(TOPOLOGIES / f"{request.param}.yaml", tmp_path_factory.mktemp("failover")) as installation:
        installation.widen()
        yield installation


def journeys(shape: Installation, prober: Prober) -> dict[str, Journey]:
    """Both ways between pairs of guests."""
    pairs = SHAPES[shape.name]
    return {name: Journey(a, prober.mac(b), {b}) for name, (a, b) in pairs.items()}


def floods(shape: Installation) -> dict[str, Journey]:
    """Broadcasts of the two guests, to all others of their network."""
    senders = {f"{name[0]}all": sender for name, (sender, _) in SHAPES[shape.name].items() if name in ("there", "back")}
    pairs = expected_pairs(shape.lab.stations.values())
    return {
        name: Journey(sender, BROADCAST, {receiver for one, receiver in pairs if one == sender})
        for name, sender in senders.items()
    }


def break_wire(shape: Installation, wire: Wire) -> None:
    """Cut it, and wait until the daemon has found ways around it."""
    downs = shape.log().count("link down")
    shape.lab.set_link(wire.a.node, wire.a.interface, "down")
    shape.wait_for_log("link down", downs + 1)
    shape.settle()


def links(shape: Installation) -> list[Wire]:
    """Wires between switches of the fabric."""
    bridges = shape.lab.model.bridges
    return [wire for wire in shape.lab.model.wires if wire.a.node in bridges and wire.b.node in bridges]


def ride(shape: Installation, wire: Wire, *states: str) -> dict[str, int]:
    """Set a wire's states in turn while the train runs; frames lost on each journey. None may come twice or astray."""
    with shape.prober() as prober:
        plan = journeys(shape, prober)
        with PacketTrain(prober, plan) as train:
            for state in states:
                shape.lab.set_link(wire.a.node, wire.a.interface, state)
                train.pass_frames(FRAMES)
        for name, problem in train.faults().items():
            assert "twice" not in problem, (str(wire), name, problem)
            assert "astray" not in problem, (str(wire), name, problem)
        return {name: train.lost(name) for name in plan}


def test_the_switches_alone_save_the_traffic_whichever_wire_breaks(shape: Installation) -> None:
    shape.daemon.stop()
    try:
        wires = links(shape)
        # Of the ring all, of the others every second one.
        for wire in wires if len(wires) == len(shape.lab.model.bridges) else wires[::2]:
            lost = ride(shape, wire, "down", "up")
            assert max(lost.values()) <= MOST_LOST, (str(wire), lost)
    finally:
        shape.start()
        shape.settle()


def test_the_daemon_takes_over_and_gives_back_without_loss(shape: Installation) -> None:
    """When it has heard of the cut, next hops change, then detours; when the link is back, the same without loss."""
    wire = links(shape)[0]
    downs, ups = shape.log().count("link down"), shape.log().count("link up")
    assert max(ride(shape, wire, "down").values()) <= MOST_LOST
    shape.wait_for_log("link down", downs + 1)
    shape.settle()
    with shape.prober() as prober:
        with PacketTrain(prober, journeys(shape, prober) | floods(shape)) as train:
            shape.lab.set_link(wire.a.node, wire.a.interface, "up")
            shape.wait_for_log("link up", ups + 1)
            shape.settle()
            train.pass_frames(100)
        assert train.faults() == {}, "a link that comes back costs no frame"
    assert shape.reach().is_right


@pytest.mark.parametrize("shape", ["two-tenants-vlan"], indirect=True)
def test_a_daemon_that_dies_while_trees_change_leaves_floods_whole(shape: Installation) -> None:
    """Whenever it dies after a link has come back, floods reach everybody, and its successor loses none."""
    wire = links(shape)[0]
    for after in MOMENTS:
        break_wire(shape, wire)
        ups = shape.log().count("link up")
        with shape.prober() as prober:
            with PacketTrain(prober, floods(shape)) as train:
                shape.lab.set_link(wire.a.node, wire.a.interface, "up")
                shape.wait_for_log("link up", ups + 1)
                time.sleep(after)
                shape.daemon.kill()
                train.pass_frames(FRAMES)
                shape.start()
                shape.settle()
                train.pass_frames(100)
            assert train.faults() == {}, f"killed {after} s after the link came back"


@pytest.mark.parametrize("shape", ["two-tenants-vlan"], indirect=True)
def test_parts_go_on_by_themselves_and_are_joined_without_a_storm(shape: Installation) -> None:
    """All wires of one switch are cut, so that it is alone; then they come back at once."""
    wires = links(shape)
    alone = wires[0].a.node
    own = [wire for wire in wires if alone in (wire.a.node, wire.b.node)]
    ups = shape.log().count("link up")
    stations = wire_stations(shape.lab)
    with prober_with_wires(shape.lab) as prober, PacketTrain(prober, floods(shape)) as train:
        for wire in own:
            shape.lab.set_link(wire.a.node, wire.a.interface, "down")
        train.pass_frames(FRAMES)
        for wire in own:
            shape.lab.set_link(wire.a.node, wire.a.interface, "up")
        shape.wait_for_log("link up", ups + len(own))
        shape.settle()
        train.pass_frames(FRAMES)
    for name, problem in train.faults().items():
        assert "twice" not in problem, (name, problem)
    for name in floods(shape):
        for wire in wires:
            ends = [f">{end.node}:{end.interface}" for end in (wire.a, wire.b)]
            crossed = Counter(number for at in ends if at in stations for number in train.arrived(name, at))
            assert max(crossed.values(), default=0) <= 1, (name, str(wire), "a broadcast crosses a wire once")
    assert shape.reach().is_right


@pytest.mark.parametrize("shape", ["two-tenants-vlan"], indirect=True)
def test_what_drains_can_be_unplugged_without_loss(shape: Installation) -> None:
    """A switch's first wire is marked, then set down, then back and unmarked, all under one train."""
    wire = links(shape)[0]
    ends = [f"{end.node}:{end.interface}" for end in (wire.a, wire.b)]
    ups, downs = shape.log().count("link up"), shape.log().count("link down")
    with shape.prober() as prober:
        with PacketTrain(prober, journeys(shape, prober)) as train:
            shape.edit(lambda document: document["fabric"].update(links=[{"between": ends, "draining": True}]))
            shape.settle()
            shape.lab.set_link(wire.a.node, wire.a.interface, "down")
            shape.wait_for_log("link down", downs + 1)
            shape.settle()
            shape.lab.set_link(wire.a.node, wire.a.interface, "up")
            shape.wait_for_log("link up", ups + 1)
            shape.edit(lambda document: document["fabric"].pop("links"))
            shape.settle()
            train.pass_frames(100)
        assert train.faults() == {}


@pytest.mark.parametrize("shape", ["leaf-spine"], indirect=True)
def test_a_spine_that_drains_is_unplugged_under_a_train_without_loss(shape: Installation) -> None:
    wires = [wire for wire in shape.lab.model.wires if "spine1" in (wire.a.node, wire.b.node)]
    ups, downs = shape.log().count("link up"), shape.log().count("link down")
    with shape.prober() as prober:
        with PacketTrain(prober, journeys(shape, prober)) as train:
            assert tenantry(shape, "drain", "spine1") == (
                0,
                ["spine1 drains", "safe to unplug: no frame uses it any more"],
            )
            for wire in wires:
                shape.lab.set_link(wire.a.node, wire.a.interface, "down")
            shape.wait_for_log("link down", downs + len(wires))
            shape.settle()
            train.pass_frames(100)
            for wire in wires:
                shape.lab.set_link(wire.a.node, wire.a.interface, "up")
            shape.wait_for_log("link up", ups + len(wires))
            shape.settle()
            assert tenantry(shape, "undrain", "spine1") == (0, ["spine1 is used again"])
            shape.settle()
            train.pass_frames(100)
        assert train.faults() == {}


@pytest.mark.parametrize("shape", ["leaf-spine"], indirect=True)
def test_what_has_no_other_way_is_not_safe_to_unplug(shape: Installation) -> None:
    status, lines = tenantry(shape, "drain", "leaf1")
    assert status == 1
    assert lines[:2] == ["leaf1 drains", "not safe to unplug: it is still needed"]
    assert "  3 ports of tenants are on it" in lines
    assert tenantry(shape, "undrain", "leaf1")[0] == 0
    status, lines = tenantry(shape, "drain", "leaf1:leaf1-eth11")
    assert (status, lines[-1]) == (0, "safe to unplug: no frame uses it any more")
    assert tenantry(shape, "undrain", "leaf1:leaf1-eth11")[0] == 0
