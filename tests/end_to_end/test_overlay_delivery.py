"""Frames of overlay networks arrive exactly where they should, on the guests' side and on the underlay's.

All of it on IPv4 and on IPv6 underlays; the site and who is where is in `overlay_site`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from controller.intent.model import OVERLAYS, Segment
from frames import BROADCAST, MINIMUM, MULTICAST
from reach import wait_until_right
from tests.end_to_end.eventually import PATIENCE
from tests.end_to_end.overlay_site import (
    KEYS,
    MEMBERS,
    OUTSIDE,
    UNDERLAY_MTU,
    endpoint,
    guest,
    guests_of,
    mac,
    standing,
)
from tests.end_to_end.overlay_watch import watching
from tests.end_to_end.running import Installation

pytestmark = pytest.mark.ovs

NETWORKS = [(tenant, segment) for tenant in MEMBERS for segment in OVERLAYS]
SHORTEST = 30
"""Octets: room for a token behind the Ethernet header; a virtual interface does not pad."""
ETHERNET_HEADER = 14


class Site:
    """The installation, and the version of IP of its underlay."""

    def __init__(self, installation: Installation, version: int) -> None:
        self.installation = installation
        self.lab = installation.lab
        self.version = version

    def members(self, tenant: str, segment: Segment) -> dict[str, str]:
        """The MAC of each station in the network."""
        found = {guest(tenant, segment, member): mac(member) for member in (1, 2, 3)}
        return found | ({OUTSIDE[tenant]: mac(9)} if segment is Segment.VXLAN else {})

    def node_of(self, station: str) -> str:
        """The hypervisor or outside VTEP that has the station's tunnel endpoint."""
        tenant = {"b": "blue", "r": "red"}.get(station[0])
        return MEMBERS[str(tenant)][int(station[-1]) - 1] if station[1] == "-" else station


@pytest.fixture(scope="module", params=[4, 6], ids=["IPv4", "IPv6"])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with standing(tmp_path_factory.mktemp("site"), request.param) as installation:
        yield Site(installation, request.param)


def test_known_address_gets_the_frame_alone_and_its_endpoint_the_packet(site: Site) -> None:
    expected: dict[str, dict[str, int]] = {}
    carried = {}
    with watching(site.lab) as watch:
        for tenant, segment in NETWORKS:
            members = site.members(tenant, segment)
            for sender in members:
                for receiver in members.keys() - {sender}:
                    token = f"u{len(expected)}"
                    watch.prober.send(sender, token, dst=members[receiver])
                    expected[token] = {receiver: 1}
                    carried[token] = [mark(site, tenant, segment, sender, receiver)]
        delivered, envelopes = watch.collect()
    assert delivered == expected
    assert {token: [one.mark for one in seen] for token, seen in envelopes.items()} == carried


@pytest.mark.parametrize("dst", [BROADCAST, MULTICAST, "33:33:00:00:00:fb", "02:00:00:00:00:77"])
def test_flooded_frame_reaches_each_member_once_and_only_their_endpoints(site: Site, dst: str) -> None:
    expected: dict[str, dict[str, int]] = {}
    carried = {}
    with watching(site.lab) as watch:
        for tenant, segment in NETWORKS:
            members = site.members(tenant, segment)
            for sender in members:
                token = f"f{len(expected)}"
                watch.prober.send(sender, token, dst=dst)
                others = members.keys() - {sender}
                expected[token] = dict.fromkeys(others, 1)
                carried[token] = sorted(mark(site, tenant, segment, sender, receiver) for receiver in others)
        delivered, envelopes = watch.collect()
    assert delivered == expected
    assert {token: sorted(one.mark for one in seen) for token, seen in envelopes.items()} == carried


def mark(site: Site, tenant: str, segment: Segment, sender: str, receiver: str) -> tuple[str, str, Segment, int]:
    source, destination = (endpoint(site.node_of(name), site.version) for name in (sender, receiver))
    return source, destination, segment, KEYS[tenant][segment]


def test_guests_reach_each_other_by_either_version_of_ip(site: Site) -> None:
    """The fixture has shown IPv4; the outside VTEPs have no IPv6 address."""
    ipv6 = {
        name: replace(station, addresses=tuple(reversed(station.addresses)))
        for name, station in site.lab.stations.items()
        if name not in OUTSIDE.values()
    }
    assert {station.addresses[0].version for station in ipv6.values()} == {6}
    found = wait_until_right(ipv6, PATIENCE)
    assert found.is_right, (sorted(found.missing), sorted(found.leaks))


@pytest.mark.parametrize("size", ["shortest", "minimum", "largest"])
def test_frames_of_all_lengths_arrive_whole(site: Site, size: str) -> None:
    """The largest is what Tenantry promises on jumbo frames; outside VTEPs were given less, so they are not asked."""
    expected: dict[str, tuple[str, int]] = {}
    with watching(site.lab) as watch:
        for tenant, segment in NETWORKS:
            for sender, receiver in zip(guests_of(tenant, segment), (2, 3, 1), strict=True):
                mtu = int(site.lab.guests[sender].mtu)
                octets = {"shortest": SHORTEST, "minimum": MINIMUM, "largest": mtu + ETHERNET_HEADER}[size]
                token = f"s{len(expected)}"
                watch.prober.send(sender, token, dst=mac(receiver), size=octets)
                expected[token] = (guest(tenant, segment, receiver), octets)
        arrived = {
            sighting.token: (sighting.station, len(sighting.frame))
            for sighting in watch.prober.sightings(quiet=1.0, timeout=30.0)
            if sighting.station in site.lab.stations
        }
    assert arrived == expected
    assert size != "largest" or max(octets for _, octets in arrived.values()) > UNDERLAY_MTU - 100
