"""Links that go and come back, and a switch that loses its daemon: another way is found, and no frame is doubled."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from frames import BROADCAST
from prober import Prober
from tests.end_to_end.eventually import eventually
from tests.end_to_end.running import TOPOLOGIES, Installation, running
from tests.end_to_end.shown import shown_graph
from tests.end_to_end.train import Train
from tests.end_to_end.wires import passages, prober_with_wires

pytestmark = pytest.mark.ovs

BLUE = ("blue1", "blue2", "blue3", "blue4")
EVERYBODY = {"blue2": 1, "blue3": 1, "blue4": 1, "bluetrunk.11": 1}

VETH_SPEED = 10_000_000
"""In kbit/s, as Linux says of every veth."""

_tokens = (f"try-{number}" for number in itertools.count())


@pytest.fixture(scope="module")
def ring(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with running(TOPOLOGIES / "two-tenants-vlan.yaml", tmp_path_factory.mktemp("ring")) as installation:
        yield installation


def is_whole(prober: Prober) -> bool:
    """Whether a broadcast reaches everybody, and each known guest can be reached."""
    broadcast = next(_tokens)
    prober.send("blue1", broadcast)
    single = {next(_tokens): (a, b) for a in BLUE for b in BLUE if a != b}
    for token, (sender, receiver) in single.items():
        prober.send(sender, token, dst=prober.mac(receiver))
    if prober.received(broadcast) != EVERYBODY:
        return False
    return all(prober.received(token, quiet=0.0) == {receiver: 1} for token, (_, receiver) in single.items())


def no_storm(ring: Installation) -> None:
    """A hundred broadcasts of each of two networks cross each wire once at most."""
    with prober_with_wires(ring.lab) as prober:
        for number in range(100):
            prober.send("blue1", f"storm-{number}")
            prober.send("red2", f"rstorm-{number}")
        crossed = passages(ring.lab, prober.sightings(quiet=1.0))
        assert set(crossed.values()) == {1}
        assert prober.sightings(quiet=0.5) == []


@contextmanager
def cut(ring: Installation, switch: str, interface: str) -> Iterator[None]:
    """Set one end of a link down, until leaving."""
    ring.lab.set_link(switch, interface, "down")
    try:
        yield
    finally:
        ring.lab.set_link(switch, interface, "up")


def test_the_graph_is_what_was_wired(ring: Installation) -> None:
    """From what the daemon saves within a second or so; without asking it."""
    wires = {frozenset((f"interface:{wire.a}", f"interface:{wire.b}")) for wire in ring.lab.model.wires}

    def links() -> dict[frozenset[str], tuple[str, int]]:
        edges = shown_graph(ring).edges(data=True)
        return {frozenset((a, b)): (data["state"], data["speed"]) for a, b, data in edges if data["kind"] == "link"}

    eventually(lambda: links() == dict.fromkeys(wires, ("up", VETH_SPEED)), "all links")
    graph = shown_graph(ring)
    assert graph.graph["live"] is True
    assert {graph.nodes[f"switch:{name}"]["state"] for name in ring.lab.switches} == {"connected"}


@pytest.mark.parametrize(("switch", "interface"), [("s1", "s1-eth11"), ("s3", "s3-eth12")])
def test_frames_take_another_way_while_a_link_is_down(ring: Installation, switch: str, interface: str) -> None:
    downs, ups = ring.log().count("link down"), ring.log().count("link up")
    with ring.prober() as prober:
        journeys = {"all": ("blue1", BROADCAST), "red": ("red2", BROADCAST)}
        with Train(prober, journeys) as train:
            with cut(ring, switch, interface):
                ring.wait_for_log("link down", downs + 1)
                ring.settle()
                train.pass_frames(10)
            ring.wait_for_log("link up", ups + 1)
            ring.settle()
            train.pass_frames(10)
        assert train.doubled() == {}, "not even while trees change"
        eventually(lambda: is_whole(prober), "all is well with the link back")
        with cut(ring, switch, interface):
            eventually(lambda: is_whole(prober), "all frames take another way")
            no_storm(ring)
            before = ring.log().count("link up")
        ring.wait_for_log("link up", before + 1)
        eventually(lambda: is_whole(prober), "all is well again")
    ring.settle()
    no_storm(ring)
    assert ring.reach().is_right


def test_an_interface_that_is_taken_out_of_its_bridge_and_put_back(ring: Installation) -> None:
    ups = ring.log().count("link up")
    with ring.prober() as prober:
        ring.lab.switches["s2"].vsctl("del-port", "s2", "s2-eth12")
        try:
            eventually(lambda: is_whole(prober), "all frames take another way")
        finally:
            ring.lab.switches["s2"].vsctl("add-port", "s2", "s2-eth12")
        ring.wait_for_log("link up", ups + 1)
        ring.settle()
        eventually(lambda: is_whole(prober), "all is well with the link back")
    no_storm(ring)


def test_a_switch_without_its_daemon_forwards_and_is_taken_back(ring: Installation) -> None:
    bridge = ring.lab.switches["s2"]
    lost, links = ring.log().count('message="lost: '), ring.log().count("link down")
    with ring.prober() as prober:
        journeys = {"all": ("blue1", BROADCAST), "known": ("blue1", prober.mac("blue2"))}
        with Train(prober, journeys) as train:
            bridge.vsctl("set-controller", "s2", "tcp:127.0.0.1:1")
            ring.wait_for_log('message="lost: ', lost + 1)
            train.pass_frames(50)
            connected = ring.log().count("connected with")
            bridge.vsctl("set-controller", "s2", f"tcp:127.0.0.1:{ring.daemon.port}")
            ring.wait_for_log("connected with", connected + 1)
            ring.settle()
            train.pass_frames(50)
        assert train.receipts("known") == {"blue2": train.sent}
        assert train.receipts("all") == dict.fromkeys(EVERYBODY, train.sent)
        assert train.doubled() == {}
    assert ring.log().count("link down") == links, "a lost session costs no link"
    no_storm(ring)


@pytest.mark.parametrize("away", ["s3", "s4"])
def test_a_switch_that_is_away_holds_back_trees_that_would_make_a_circle(ring: Installation, away: str) -> None:
    """It still floods along the old tree when a link comes back, which the others would take into a new one."""
    bridge = ring.lab.switches[away]
    ups, downs = ring.log().count("link up"), ring.log().count("link down")
    lost, connected = ring.log().count('message="lost: '), ring.log().count("connected with")
    try:
        with cut(ring, "s1", "s1-eth11"):
            ring.wait_for_log("link down", downs + 1)
            ring.settle()
            bridge.vsctl("set-controller", away, "tcp:127.0.0.1:1")
            ring.wait_for_log('message="lost: ', lost + 1)
        ring.wait_for_log("link up", ups + 1)
        ring.settle()
        with prober_with_wires(ring.lab) as prober:
            for number, sender in enumerate(("blue1", "red2", "bluedb")):
                prober.send(sender, f"circle-{number}")
            assert set(passages(ring.lab, prober.sightings(quiet=1.0, timeout=3.0)).values()) == {1}
    finally:
        bridge.vsctl("set-controller", away, f"tcp:127.0.0.1:{ring.daemon.port}")
    ring.wait_for_log("connected with", connected + 1)
    ring.settle()
    with ring.prober() as prober:
        eventually(lambda: is_whole(prober), "all is well with the switch back")
    no_storm(ring)


def test_a_switch_that_was_emptied_while_it_was_away_gets_everything(ring: Installation) -> None:
    bridge = ring.lab.switches["s4"]
    before, connected = ring.cookies("s4"), ring.log().count("connected with")
    bridge.vsctl("set-controller", "s4", "tcp:127.0.0.1:1")
    bridge.ofctl("del-flows", "s4")
    bridge.ofctl("del-groups", "s4")
    bridge.vsctl("set-controller", "s4", f"tcp:127.0.0.1:{ring.daemon.port}")
    ring.wait_for_log("connected with", connected + 1)
    eventually(lambda: ring.cookies("s4") >= before, "the flows that it had")
    assert ring.reach().is_right
    no_storm(ring)
