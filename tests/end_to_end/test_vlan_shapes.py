"""VLAN networks on wires of any shape: everybody reaches whom they should, once, and no frame circulates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from controller.intent.model import Segment
from frames import BROADCAST, MULTICAST
from station import Station
from tests.end_to_end.running import TOPOLOGIES, Installation, running
from tests.end_to_end.wires import delivered, on_wires, passages, prober_with_wires, wire_stations

pytestmark = pytest.mark.ovs

NOBODY = "02:00:00:00:00:ee"
SHAPES = ("line", "two-tenants-vlan", "leaf-spine", "full-mesh")


@pytest.fixture(scope="module", params=SHAPES)
def shape(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with running(TOPOLOGIES / f"{request.param}.yaml", tmp_path_factory.mktemp("shape")) as installation:
        yield installation


def vlan_stations(shape: Installation) -> dict[str, Station]:
    networks = shape.lab.intent.networks
    kinds = Segment.VLAN, Segment.AUTO
    return {name: one for name, one in shape.lab.stations.items() if networks[one.network].segment in kinds}


def others(stations: Mapping[str, Station], sender: str) -> dict[str, int]:
    """What a frame for everybody should come to: once at each other member of the sender's network."""
    network = stations[sender].network
    return {name: 1 for name, one in stations.items() if one.network == network and name != sender}


def test_everybody_reaches_whom_they_should(shape: Installation) -> None:
    found = shape.reach()
    assert found.expected
    assert found.is_right, (sorted(found.missing), sorted(found.leaks))


@pytest.mark.parametrize("destination", [BROADCAST, MULTICAST, "33:33:00:00:00:fb", NOBODY])
def test_what_is_for_all_or_nobody_known_reaches_each_member_once(shape: Installation, destination: str) -> None:
    stations = vlan_stations(shape)
    with prober_with_wires(shape.lab) as prober:
        for number, name in enumerate(stations):
            prober.send(name, f"to-all-{number}", dst=destination)
        seen = prober.sightings()
    for number, name in enumerate(stations):
        assert delivered(seen, f"to-all-{number}") == others(stations, name), name
    assert max(passages(shape.lab, seen).values()) == 1, "a frame that is flooded crosses a wire once at most"


def test_a_hundred_broadcasts_cross_each_wire_once_at_most(shape: Installation) -> None:
    sender = next(iter(vlan_stations(shape)))
    with prober_with_wires(shape.lab) as prober:
        for number in range(100):
            prober.send(sender, f"many-{number}")
        seen = prober.sightings(quiet=1.0)
        assert prober.sightings(quiet=1.0) == [], "nothing goes on"
    crossed = passages(shape.lab, seen)
    assert {token for token, _ in crossed} == {f"many-{number}" for number in range(100)}
    assert set(crossed.values()) == {1}
    for number in range(100):
        assert delivered(seen, f"many-{number}") == others(shape.lab.stations, sender)


def test_frames_carry_their_networks_tag_on_wires_and_none_at_guests(shape: Installation) -> None:
    stations = vlan_stations(shape)
    tags: dict[str, set[tuple[int, ...]]] = {}
    with prober_with_wires(shape.lab) as prober:
        for number, name in enumerate(stations):
            prober.send(name, f"tagged-{number}")
        seen = prober.sightings()
    for number, station in enumerate(stations.values()):
        mine = [one for one in seen if one.token == f"tagged-{number}"]
        assert {one.vlans for one in mine if one.station in stations} <= {()}
        tags.setdefault(station.network, set()).update(one.vlans for one in on_wires(mine))
    for network, used in tags.items():
        key = shape.lab.intent.networks[network].key
        assert len(used) == 1, "one tag for all wires"
        assert key is None or used == {(key,)}
    assert len({tag for used in tags.values() for tag in used}) == len(tags), "no two networks share a tag"


def test_a_frame_for_a_known_guest_goes_nowhere_else(shape: Installation) -> None:
    stations = vlan_stations(shape)
    shape.reach()
    pairs = [(a, b) for a in stations for b in others(stations, a)]
    with prober_with_wires(shape.lab) as prober:
        for number, (sender, receiver) in enumerate(pairs):
            prober.send(sender, f"known-{number}", dst=prober.mac(receiver))
        seen = prober.sightings()
    for number, (sender, receiver) in enumerate(pairs):
        assert delivered(seen, f"known-{number}") == {receiver: 1}, (sender, receiver)
    assert max(passages(shape.lab, seen).values()) == 1
    assert wire_stations(shape.lab)
