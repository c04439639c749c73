"""The failover benchmark's pure parts: shapes, what a train lost, and what is reported of it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import networkx as nx
import pytest

import bench
import bench_failover
from bench_failover import figures, p99
from bench_report import Figure
from controller.situation import IntentIndex
from cuts import Cut
from failover_trials import JOURNEYS, Outcome, Trial, least_cut, outcome
from lab import load_topology
from packet_train import PacketTrain
from prober import Prober
from shapes import SHAPES, Shape


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_no_single_link_cuts_the_guests_off(shape: Shape) -> None:
    for edge in shape.edges:
        rest: nx.Graph[int] = nx.Graph(set(shape.edges) - {edge})
        assert nx.has_path(rest, *shape.homes), edge


def test_shapes_are_those_that_were_promised() -> None:
    sizes = {name: (len(shape.bridges), len(shape.edges)) for name, shape in SHAPES.items()}
    assert sizes == {"ring": (6, 6), "leaf-spine": (6, 8), "mesh": (5, 10), "random": (8, 12)}
    hops = {name: nx.shortest_path_length(nx.Graph(shape.edges), *shape.homes) for name, shape in SHAPES.items()}
    assert hops == {"ring": 3, "leaf-spine": 2, "mesh": 1, "random": 3}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("networks", [1, 2000])
def test_each_network_has_a_port_on_both_switches(shape: Shape, networks: int, tmp_path: Path) -> None:
    document = tmp_path / "topology.yaml"
    document.write_text(shape.text(networks))
    intent, lab = load_topology([document])
    assert len(lab.wires) == len(shape.edges)
    by_network = IntentIndex(intent).ports_by_network
    homes = {f"s{home}" for home in shape.homes}
    assert len(by_network) == networks
    assert all({port.switch for port, _ in ports} == homes for ports in by_network.values())


def ended_train(sent: int, lost: dict[str, set[int]], more: Counter[tuple[str, int, str]]) -> PacketTrain:
    """A train with a frame every two milliseconds."""
    train = PacketTrain(Prober([]), JOURNEYS)
    train.sent = sent
    train._times.extend(number / 500 for number in range(sent))
    for name, receiver in (("ab", "b"), ("ba", "a")):
        train._arrived.update((name, number, receiver) for number in set(range(sent)) - lost.get(name, set()))
    train._arrived.update(more)
    return train


def test_a_loss_is_the_time_from_the_first_lost_frame_to_the_next_that_arrived() -> None:
    train = ended_train(100, {"ab": {10, 11, 12, 40, 99}}, Counter())
    assert train.lost_seconds("ab", range(0, 50)) == pytest.approx(0.006 + 0.002)
    assert train.lost_seconds("ab", range(11, 12)) == pytest.approx(0.001), "until where one looks, at the least"
    assert train.lost_seconds("ba", range(0, 100)) == 0


def test_frames_that_come_twice_or_back_are_counted() -> None:
    twice, back, elsewhere = ("ab", 7, "b"), ("ba", 8, "b"), ("ab", 70, "b")
    train = ended_train(100, {"ab": {9}}, Counter({twice: 2, back: 1, elsewhere: 1}))
    assert train.surplus(range(0, 50)) == 3
    cost = outcome(train, Trial(Cut.DOWN, range(0, 50), range(50, 100), 5, 6))
    assert cost.lost_at_cut == pytest.approx((2.0, 0.0))
    assert cost == Outcome(Cut.DOWN, cost.lost_at_cut, (0.0, 0.0), 4, 5, 6)


def test_the_wire_that_was_cut_least_is_next() -> None:
    assert least_cut(frozenset({"b", "a", "c"}), {}) == "a"
    assert least_cut(frozenset({"b", "a", "c"}), {"a": 1, "b": 2, "z": 0}) == "c"


def test_p99_is_the_nearest_rank() -> None:
    assert p99([3.0, 1.0, 2.0]) == 3.0
    assert p99([float(number) for number in range(1, 201)]) == 198.0


def test_what_is_reported() -> None:
    ours = [Outcome(Cut.DOWN, (1.0, 3.0), (0.0, 0.0), 1, 6, 4), Outcome(Cut.DOWN, (2.0, 9.0), (0.0, 1.0), 0, 8, 4)]
    theirs = [Outcome(Cut.DOWN, (10.0, 20.0), (5.0, 5.0), 2, 0, 0)]
    assert list(figures("ring", ours, theirs)) == [
        Figure("failover", "ring: lost at a cut, median", 2.5, "ms", 15.0),
        Figure("failover", "ring: lost at a cut, p99", 9.0, "ms", 20.0),
        Figure("failover", "ring: lost at a return, median", 0.0, "ms", 5.0),
        Figure("failover", "ring: lost at a return, p99", 1.0, "ms", 5.0),
        Figure("failover", "ring: frames doubled or astray, in 2 cuts and returns", 1, "frames", 2),
        Figure("failover", "ring: messages that change switches at a cut, median", 7.0, "messages"),
        Figure("failover", "ring: messages that change switches at a return, median", 4.0, "messages"),
    ]


def test_figures_without_a_peer_are_ours_alone() -> None:
    ours = [Outcome(Cut.DOWN, (1.0, 3.0), (0.0, 0.0), 1, 6, 4)]
    reported = list(figures("ring", ours, []))
    assert [figure.value for figure in reported] == [2.0, 3.0, 0.0, 0.0, 1, 6, 4]
    assert {figure.peer for figure in reported} == {None}


def test_one_shape_and_less_of_it_can_be_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def measure(*arguments: object) -> list[Figure]:
        asked.append(arguments)
        return []

    monkeypatch.setattr(bench_failover, "measure", measure)
    assert bench.main(["failover", "--shape", "mesh", "--quick"]) == 0
    assert asked == [(SHAPES["mesh"], bench_failover.MANY, bench_failover.QUICK)]
    asked.clear()
    assert bench.main(["failover"]) == 0
    assert asked == [(shape, bench_failover.MANY, bench_failover.TIMES) for shape in SHAPES.values()]
