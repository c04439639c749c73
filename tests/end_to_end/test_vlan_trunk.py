"""Trunk ports: each tag is one network, in both directions, and nothing else passes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from frames import BROADCAST, frame
from guest import DEVICE
from prober import Prober, Sighting
from station import Station
from tests.end_to_end.running import TOPOLOGIES, Installation, running

pytestmark = pytest.mark.ovs

A, B = "02:00:00:00:00:0a", "02:00:00:00:00:0b"
ACCESS = "02:00:00:00:00:01"
SERVICE_TAG = b"\x88\xa8"


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with running(TOPOLOGIES / "trunk.yaml", tmp_path_factory.mktemp("trunk")) as installation:
        yield installation


@pytest.fixture
def cables(pair: Installation) -> Iterator[Prober]:
    """A prober at each guest's cable, where tags show."""
    guests = pair.lab.guests.values()
    with Prober([Station(one.name, "", (), DEVICE, one.namespace) for one in guests]) as prober:
        yield prober


def service_tagged(data: bytes) -> bytes:
    """The frame with its outer tag of the type of IEEE 802.1ad."""
    return data[:12] + SERVICE_TAG + data[14:]


def arrivals(seen: list[Sighting], token: str) -> set[tuple[str, tuple[int, ...]]]:
    found = [(one.station, one.vlans) for one in seen if one.token == token]
    assert len(found) == len(set(found)), "once each"
    return set(found)


def test_everybody_reaches_whom_they_should(pair: Installation) -> None:
    found = pair.reach()
    assert ("blue-a.11", "blue-b.21") in found.expected
    assert found.is_right, (sorted(found.missing), sorted(found.leaks))


def test_each_tag_leads_to_its_network_and_is_exchanged_for_the_receivers(cables: Prober) -> None:
    cables.send("blue-a", "web", src=A, vlans=[11])
    cables.send("blue-a", "db", src=A, vlans=[12])
    cables.send("red-b", "red-web", src=B, vlans=[21])
    cables.send("red-b", "red-db", src=B, vlans=[22])
    seen = cables.sightings()
    assert arrivals(seen, "web") == {("blueweb", ()), ("blue-b", (21,))}
    assert arrivals(seen, "db") == {("bluedb", ()), ("blue-b", (22,))}
    assert arrivals(seen, "red-web") == {("redweb", ())}
    assert arrivals(seen, "red-db") == set(), "red's other network has no second member"


@pytest.mark.parametrize("known", [True, False])
def test_frames_from_access_ports_arrive_under_the_guests_tag(cables: Prober, known: bool) -> None:
    cables.send("blueweb", "to-a", dst=A if known else BROADCAST)
    cables.send("bluedb", "to-b", dst=B if known else BROADCAST)
    cables.send("redweb", "to-red", dst=B if known else BROADCAST)
    seen = cables.sightings()
    flooded = not known
    assert arrivals(seen, "to-a") == {("blue-a", (11,))} | ({("blue-b", (21,))} if flooded else set())
    assert arrivals(seen, "to-b") == {("blue-b", (22,))} | ({("blue-a", (12,))} if flooded else set())
    assert arrivals(seen, "to-red") == {("red-b", (21,))}


def test_one_guest_is_known_in_all_its_networks(cables: Prober) -> None:
    cables.send("blue-b", "web", src=B, dst=A, vlans=[21])
    cables.send("blue-b", "db", src=B, dst=A, vlans=[22])
    cables.send("blue-a", "back", src=A, dst=B, vlans=[12])
    cables.send("blue-a", "access", src=A, dst=ACCESS, vlans=[12])
    seen = cables.sightings()
    assert arrivals(seen, "web") == {("blue-a", (11,))}
    assert arrivals(seen, "db") == {("blue-a", (12,))}
    assert arrivals(seen, "back") == {("blue-b", (22,))}
    assert arrivals(seen, "access") == {("bluedb", ())}


def test_what_carries_no_tag_of_the_port_is_dropped(cables: Prober) -> None:
    hostile: dict[str, list[int]] = {
        "untagged": [],
        "priority": [0],
        "unknown": [13],
        "the-segment": [101],
        "neighbours": [21],
        "two": [11, 12],
        "two-same": [11, 11],
        "prio-inner": [11, 0],
        "reserved": [4095],
    }
    for token, vlans in hostile.items():
        cables.send("blue-a", token, src=A, vlans=vlans)
    inner_service_tag = frame("ad-inner", src=A, vlans=[11, 12])
    cables.send_raw("blue-a", inner_service_tag[:16] + SERVICE_TAG + inner_service_tag[18:])
    cables.send_raw("blue-a", service_tagged(frame("ad-outer", src=A, vlans=[11, 12])))
    cables.send_raw("blue-a", service_tagged(frame("ad-unknown", src=A, vlans=[13])))
    cables.send("blue-a", "forged", src=B, vlans=[11])
    cables.send("blue-a", "honest", src=A, vlans=[11])
    assert {one.token for one in cables.sightings()} == {"honest"}


def test_a_service_tag_counts_as_the_tag_of_its_number(cables: Prober) -> None:
    """Open vSwitch matches a tag's number and not its type; so such a frame still enters a network of its own port."""
    cables.send_raw("blue-a", service_tagged(frame("service", src=A, vlans=[11])))
    assert arrivals(cables.sightings(), "service") == {("blueweb", ()), ("blue-b", (21,))}
