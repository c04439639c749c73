"""A changed configuration is taken up by a running daemon; an invalid one changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from controller.intent.model import Segment
from controller.ledger_files import read_ledger
from frames import BROADCAST
from packet_train import Journey, PacketTrain
from reach import measure
from tests.end_to_end.eventually import eventually
from tests.end_to_end.running import TOPOLOGIES, Installation, running
from tests.end_to_end.train import Train

pytestmark = pytest.mark.ovs

BLUE = ("blue1", "blue2", "blue3", "blue4")


@pytest.fixture(scope="module")
def mesh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with running(TOPOLOGIES / "full-mesh.yaml", tmp_path_factory.mktemp("mesh")) as installation:
        yield installation


@pytest.fixture
def restored(mesh: Installation) -> Iterator[Installation]:
    """The mesh, put back as it was afterwards."""
    text = mesh.topology.read_text()
    yield mesh
    mesh.write(text)
    assert mesh.reach().is_right
    mesh.settle()


def without_red(document: dict[str, Any]) -> None:
    del document["tenants"]["red"]


def key(mesh: Installation, network: str) -> int:
    """The VLAN that the network has."""
    held = read_ledger(mesh.daemon.state)[0].held[network]
    assert held.segment is Segment.VLAN
    return held.key


def flows_of(mesh: Installation, vlan: int) -> int:
    """How many flows all switches have with the metadata of a VLAN network."""
    return sum(f"0x1{vlan:08x}" in flow for name in mesh.lab.switches for flow in mesh.flows(name))


def test_a_network_that_is_removed_leaves_all_switches_and_one_that_is_added_works(restored: Installation) -> None:
    mesh, text = restored, restored.topology.read_text()
    with mesh.prober() as prober:
        with Train(prober, {"blue": ("blue1", prober.mac("blue4")), "flood": ("blue2", BROADCAST)}) as train:
            vlan = key(mesh, "red/web")
            mesh.edit(without_red)
            eventually(lambda: flows_of(mesh, vlan) == 0, "red's flows have left all switches")
            train.pass_frames(5)
            mesh.write(text)
            eventually(lambda: flows_of(mesh, key(mesh, "red/web")) > 0, "red is back")
            train.pass_frames(5)
        assert train.receipts("blue") == {"blue4": train.sent}, "blue does not notice"
        assert train.receipts("flood") == dict.fromkeys(("blue1", "blue3", "blue4"), train.sent)
        assert train.doubled() == {}
    assert mesh.reach().is_right


def test_nothing_is_carried_for_a_tenant_that_is_gone(restored: Installation) -> None:
    vlan = key(restored, "red/web")
    restored.edit(without_red)
    eventually(lambda: flows_of(restored, vlan) == 0, "red's flows have left all switches")
    seen = measure(restored.lab.stations).seen
    assert {pair for pair in seen if pair[0].startswith("red")} == set()
    assert {pair for pair in seen if pair[0].startswith("blue")} == {(a, b) for a in BLUE for b in BLUE if a != b}


def test_a_port_that_changes_network_is_cut_from_the_old_one(restored: Installation) -> None:
    """Blue's fourth guest moves to a new network, whose only other member is red's second guest, handed over too."""

    def regroup(document: dict[str, Any]) -> None:
        blue = document["tenants"]["blue"]
        blue["networks"]["side"] = {"segment": "vlan", "key": 300}
        blue["ports"]["web4"]["network"] = "side"
        handed = document["tenants"]["red"]["ports"].pop("web2")
        blue["ports"]["handed"] = {**handed, "network": "side"}

    with restored.prober() as prober:
        restored.edit(regroup)
        restored.settle()
        for token, sender in (("web", "blue1"), ("side", "blue4"), ("red", "red1")):
            prober.send(sender, token)
            prober.send(sender, f"{token}-to", dst=prober.mac("blue4" if sender == "blue1" else "blue2"))
        assert prober.received("web") == {"blue2": 1, "blue3": 1}
        assert prober.received("web-to") == {"blue2": 1, "blue3": 1}, "unknown there now, and so flooded"
        assert prober.received("side") == {"red2": 1}
        assert prober.received("side-to") == {"red2": 1}
        assert prober.received("red") == {"red3": 1, "red4": 1}
        assert prober.received("red-to") == {"red3": 1, "red4": 1}


def test_a_port_that_moves_to_another_switch_is_served_at_one_place_then_at_the_other(restored: Installation) -> None:
    """Blue's first guest and red's second change places; each keeps its address, and sends at both places meanwhile."""

    def swap(document: dict[str, Any]) -> None:
        ports = [document["tenants"][tenant]["ports"][name] for tenant, name in (("blue", "web1"), ("red", "web2"))]
        places = [(port["switch"], port["interface"]) for port in ports]
        for port, (switch, interface) in zip(ports, reversed(places), strict=True):
            port["switch"], port["interface"] = switch, interface

    mesh, mac = restored, "02:00:00:00:00:01"
    with mesh.prober() as prober:
        peer = prober.mac("blue3")
        journeys = {
            "to": Journey("blue3", mac, {"blue1"}),
            "old": Journey("blue1", peer, {"blue3"}),
            "new": Journey("red2", peer, {"blue3"}, source=mac),
        }
        with PacketTrain(prober, journeys) as train:
            mesh.edit(swap)
            mesh.settle()
            train.pass_frames(100)
    for there, here in (("to", "blue1"), ("to", "red2")), (("old", "blue3"), ("new", "blue3")):
        before, after = train.arrived(*there), train.arrived(*here)
        assert before == list(range(len(before))), "each frame once until it moves"
        assert after == list(range(train.sent - len(after), train.sent)), "each frame once from then on"
        assert 0 < len(before) < train.sent > len(after) > 0
    assert len(train.arrived("to", "blue1")) + len(train.arrived("to", "red2")) <= train.sent, (
        "and never at both places"
    )


def test_an_invalid_file_changes_nothing_and_its_errors_are_logged(restored: Installation) -> None:
    mesh, text = restored, restored.topology.read_text()
    before = mesh.all_cookies()
    line = next(
        number for number, line in enumerate(text.splitlines(), 1) if "web4:" in line and "network: web" in line
    )
    broken = text.replace("web4: {network: web,", "web4: {network: wbe,", 1)
    mesh.write(broken)
    log = mesh.log()
    assert f"{mesh.topology}:{line}:" in log
    assert 'unknown network blue/wbe; the nearest network of tenant blue is \\"web\\"' in log
    assert "not reloaded; the configuration before stays in force" in log
    assert mesh.all_cookies() == before
    mesh.write("fabric: [\n")
    assert log.count("not reloaded") < mesh.log().count("not reloaded")
    mesh.topology.unlink()
    refused = mesh.log().count("not reloaded")
    mesh.daemon.reload()
    eventually(lambda: mesh.log().count("not reloaded") > refused, "the missing file refused")
    assert mesh.all_cookies() == before
    assert mesh.reach().is_right


def test_a_changed_file_is_taken_up_without_being_told(restored: Installation) -> None:
    text = restored.topology.read_text()
    added = restored.files / "green.yaml"
    added.write_text("tenants: {green: {networks: {web: {segment: vlan, key: 400}}}}\n")
    try:
        eventually(lambda: restored.log().count('message="reloaded"'), "the new file taken up")
        changed = text.replace("key: 101", "key: 102")
        restored.topology.write_text(changed)
        eventually(lambda: flows_of(restored, 101) == 0, "blue has left its old VLAN")
        assert restored.reach().is_right, "and works on the new one"
    finally:
        added.unlink()


def test_keys_that_were_given_stay_when_networks_are_added_before_them(restored: Installation) -> None:
    mesh = restored

    def add_before(document: dict[str, Any]) -> None:
        document["tenants"]["aaa"] = {"networks": {f"net{number}": {"segment": "auto"} for number in range(5)}}

    vlan, before = key(mesh, "red/web"), mesh.all_cookies()
    mesh.edit(add_before)
    mesh.settle()
    assert key(mesh, "aaa/net0") != vlan == key(mesh, "red/web")
    assert mesh.daemon.stop() == 0
    connected = mesh.log().count("connected with")
    mesh.daemon.start()
    mesh.lab.reconnect()
    mesh.wait_for_log("connected with", connected + len(mesh.lab.switches))
    assert mesh.reach().is_right
    mesh.settle()
    assert vlan == key(mesh, "red/web")
    assert mesh.all_cookies() == before
