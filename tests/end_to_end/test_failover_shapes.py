"""The fabrics of `./run bench failover`: a ring of six, a full mesh of five, a random graph. Every wire is cut in turn.

A frame each millisecond goes in each direction between guests at opposite ends. With the daemon gone the switches turn
aside what would be lost; wires that lose frames silently are noticed by the daemon alone. All the while no frame passes
the same end of a wire twice, or arrives twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from controller.intent.lab_model import Wire
from cuts import Cut, cut, mend
from failover_trials import JOURNEYS
from packet_train import PacketTrain
from shapes import GUESTS, SHAPES
from tests.end_to_end.running import Installation, running
from tests.end_to_end.wires import prober_with_wires, wire_stations

pytestmark = pytest.mark.ovs

FRAMES = 150
MOST_LOST = 0.06
"""Seconds of `FRAMES` after a cut; without anybody to turn them aside all of one wire's would be lost."""


@pytest.fixture(scope="module", params=["ring", "mesh", "random"])
def shape(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    directory = tmp_path_factory.mktemp(request.param)
    topology = directory / f"{request.param}.yaml"
    topology.write_text(SHAPES[request.param].text(networks=1))
    with running(topology, directory) as installation:
        installation.widen()
        yield installation


def assert_no_circle(train: PacketTrain, ends: list[str]) -> None:
    """No frame came twice to a guest, astray, or to the same end of a wire twice."""
    for name in JOURNEYS:
        for at in (*ends, *GUESTS):
            most = max(Counter(train.arrived(name, at)).values(), default=0)
            assert most <= 1, (name, at)
    for name, journey in JOURNEYS.items():
        assert train.arrived(name, journey.sender) == [], name


def way(shape: Installation) -> list[Wire]:
    """The wires that the train crosses from `a` to `b`."""
    with prober_with_wires(shape.lab) as prober, PacketTrain(prober, JOURNEYS) as train:
        pass
    first = {f">{end.node}:{end.interface}": wire for wire in shape.lab.model.wires for end in (wire.a, wire.b)}
    return [first[at] for at in wire_stations(shape.lab) if train.arrived("ab", at)]


def test_the_switches_alone_get_around_each_wire(shape: Installation) -> None:
    ends = list(wire_stations(shape.lab))
    frames: dict[str, range] = {}
    shape.daemon.stop()
    try:
        with prober_with_wires(shape.lab) as prober, PacketTrain(prober, JOURNEYS) as train:
            for wire in shape.lab.model.wires:
                first = train.sent
                for change in (cut, mend):
                    change(shape.lab, wire, Cut.DOWN, wire.a)
                    train.pass_frames(FRAMES)
                frames[str(wire)] = range(first, train.sent)
    finally:
        shape.start()
        shape.settle()
    assert_no_circle(train, ends)
    for wire_name, numbers in frames.items():
        for name in JOURNEYS:
            assert train.lost_seconds(name, numbers) <= MOST_LOST, (wire_name, name)


def test_the_daemon_gets_around_a_wire_that_loses_frames_silently(shape: Installation) -> None:
    wire = way(shape)[0]
    downs, ups = shape.log().count("link down"), shape.log().count("link up")
    with prober_with_wires(shape.lab) as prober, PacketTrain(prober, JOURNEYS) as train:
        cut(shape.lab, wire, Cut.SILENT, wire.a)
        shape.wait_for_log("link down", downs + 1)
        shape.settle()
        around = train.sent
        train.pass_frames(FRAMES)
        mend(shape.lab, wire, Cut.SILENT, wire.a)
        shape.wait_for_log("link up", ups + 1)
        shape.settle()
        train.pass_frames(FRAMES)
    assert_no_circle(train, list(wire_stations(shape.lab)))
    assert train.lost("ab"), "the wire was on its way"
    for name, journey in JOURNEYS.items():
        (receiver,) = journey.receivers
        arrived = train.arrived(name, receiver)
        lost = set(range(around, train.sent)).difference(arrived)
        assert not lost, (str(wire), name, around, sorted(lost)[:20])
