"""Guests that send what they should not: nobody receives it, and nothing changes for others."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from frames import frame
from packet_train import Journey, PacketTrain
from prober import Prober
from tests.end_to_end.eventually import eventually
from tests.end_to_end.joined import joined
from tests.end_to_end.running import TOPOLOGIES, Installation, running
from tests.end_to_end.wires import delivered, prober_with_wires

pytestmark = pytest.mark.ovs

GIVEN, LEARNING = "blue1", "red3"
"""A guest behind a port whose MAC is given, and one behind a port that learns."""
WEB, RED_WEB = 101, 201
SERVICE_TAG = 0x88A8
TRUNK_MAC = "02:00:00:00:00:09"

_numbers = itertools.count()


@pytest.fixture(scope="module")
def ring(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with running(TOPOLOGIES / "two-tenants-vlan.yaml", tmp_path_factory.mktemp("ring")) as installation:
        yield installation


def hostile_frames(token: str, mac: str) -> dict[str, bytes]:
    """What no access port may send, each with its own token."""

    def tagged(name: str, *vlans: int) -> bytes:
        return frame(f"{token}-{name}", src=mac, vlans=vlans)

    def service_tagged(name: str, *vlans: int) -> bytes:
        plain = frame(f"{token}-{name}", src=mac, vlans=vlans)
        return plain[:12] + SERVICE_TAG.to_bytes(2, "big") + plain[14:]

    def sent_to(name: str, dst: str, ethertype: int) -> bytes:
        return frame(f"{token}-{name}", src=mac, dst=dst, ethertype=ethertype)

    return {
        "with its own network's tag": tagged("own", RED_WEB),
        "with another tenant's tag": tagged("other", WEB),
        "with a tag of nobody": tagged("nobody", 999),
        "with a tag of the trunk": tagged("trunk", 11),
        "with two tags": tagged("two", RED_WEB, WEB),
        "with two tags, the other way around": tagged("twoback", WEB, RED_WEB),
        "with three tags": tagged("three", WEB, WEB, WEB),
        "with a priority tag": tagged("prio", 0),
        "with a priority tag before another": tagged("prioweb", 0, WEB),
        "with the reserved tag": tagged("reserved", 4095),
        "with a service tag": service_tagged("ad", WEB),
        "with a service tag of priority": service_tagged("adprio", 0),
        "with a service tag before another": service_tagged("adweb", WEB, WEB),
        "LLDP": sent_to("lldp", "01:80:c2:00:00:0e", 0x88CC),
        "LLDP to the nearest customer bridge": sent_to("lldpc", "01:80:c2:00:00:00", 0x88CC),
        "spanning tree": sent_to("stp", "01:80:c2:00:00:00", 0x0026),
        "pause": sent_to("pause", "01:80:c2:00:00:01", 0x8808),
        "802.1X": sent_to("eapol", "01:80:c2:00:00:03", 0x888E),
        "from a multicast address": frame(f"{token}-mcast", src="03:00:00:00:00:01"),
        "from the broadcast address": frame(f"{token}-bcast", src="ff:ff:ff:ff:ff:ff"),
    }


@pytest.mark.parametrize("guest", [GIVEN, LEARNING])
def test_what_an_access_port_may_not_send_goes_nowhere(ring: Installation, guest: str) -> None:
    with prober_with_wires(ring.lab) as prober:
        hostile = hostile_frames("x", prober.mac(guest))
        for data in hostile.values():
            prober.send_raw(guest, data)
        prober.send(guest, "honest")
        seen = prober.sightings()
    assert len(delivered(seen, "honest")) >= 3, "the same guest's honest frame is delivered"
    assert {one.token: one.station for one in seen if one.token != "honest"} == {}
    assert ring.reach().is_right


def test_a_given_port_sends_from_its_own_address_only(ring: Installation) -> None:
    with prober_with_wires(ring.lab) as prober:
        prober.send(GIVEN, "foreign-mac", src="02:00:00:00:00:99")
        prober.send(GIVEN, "neighbours", src="02:00:00:00:00:02")
        prober.send(GIVEN, "zero", src="00:00:00:00:00:00")
        prober.send(GIVEN, "own")
        seen = prober.sightings()
    assert {one.token for one in seen} == {"own"}


def test_forging_another_tenants_address_changes_nothing_for_that_tenant(ring: Installation) -> None:
    """The trunk guest's MAC is learned in both of blue's networks; red's guest sends from it."""
    with ring.prober() as prober:

        def arrives(sender: str, token: str) -> dict[str, int]:
            prober.send(sender, token, dst=TRUNK_MAC)
            return prober.received(token)

        eventually(lambda: arrives("blue1", "before") == {"bluetrunk.11": 1}, "blue knows its guest")
        prober.send(LEARNING, "forged", src=TRUNK_MAC)
        assert prober.received("forged") == {"red1": 1, "red2": 1, "red4": 1}
        eventually(lambda: arrives("red1", "in-red") == {LEARNING: 1}, "red has learned the same address elsewhere")
        assert arrives("blue1", "after") == {"bluetrunk.11": 1}
        assert arrives("bluedb", "after-db") == {"bluetrunk.12": 1}


def test_forging_a_given_address_of_the_own_network_diverts_nothing(ring: Installation) -> None:
    with ring.prober() as prober:
        for number in range(20):
            prober.send(LEARNING, f"forged-{number}", src=prober.mac("red1"))
            prober.send("red2", f"to-red1-{number}", dst=prober.mac("red1"))
        seen = prober.sightings()
        ring.settle()
        prober.send("red2", "afterwards", dst=prober.mac("red1"))
        assert prober.received("afterwards") == {"red1": 1}
    for number in range(20):
        assert delivered(seen, f"to-red1-{number}") == {"red1": 1}
    assert f"address {mac_of(ring, 'red1')}: " not in ring.log(), "nothing was learned of it"


def mac_of(ring: Installation, guest: str) -> str:
    with Prober([ring.lab.stations[guest]]) as prober:
        return prober.mac(guest)


def test_lldp_of_guests_passes_where_their_network_says_so(ring: Installation) -> None:
    def lldp(token: str, sender: str) -> bytes:
        return frame(token, src=mac_of(ring, sender), dst="01:80:c2:00:00:0e", ethertype=0x88CC)

    ring.edit(lambda document: document["tenants"]["red"]["networks"]["web"].update(lldp="pass"))
    ring.settle()
    with ring.prober() as prober:
        prober.send_raw("red1", lldp("passed", "red1"))
        prober.send_raw("blue1", lldp("kept", "blue1"))
        seen = prober.sightings()
    assert delivered(seen, "passed") == {"red2": 1, "red3": 1, "red4": 1}
    assert delivered(seen, "kept") == {}
    ring.edit(lambda document: document["tenants"]["red"]["networks"]["web"].update(lldp="drop"))
    ring.settle()


def test_a_storm_in_a_network_that_guests_loop_ends_and_others_lose_nothing(ring: Installation) -> None:
    blue = [station for station in ring.lab.stations.values() if station.network == "blue/web"]
    red = [station for station in ring.lab.stations.values() if station.network == "red/web"]
    with Prober(blue) as others, Prober(red) as prober:

        def reached(sender: str) -> dict[str, int]:
            token = f"loop-{next(_numbers)}"
            prober.send(sender, token)
            return prober.received(token, timeout=0.5)

        with PacketTrain(others, {"blue": Journey("blue1", others.mac("blue2"), {"blue2"})}) as train:
            with joined(ring.lab, "red3", "red4"):
                # Of two that are as old the last by name is blocked. Until then each frame comes again and again.
                eventually(lambda: reached("red1") == {"red2": 1, "red3": 1}, "the newer port gets nothing")
                assert reached("red4") == {}, "and sends nothing"
                ring.wait_for_log(
                    'port=red/web4 message="blocked: looped outside with port red/web3 on network red/web'
                )
            eventually(lambda: reached("red1") == {"red2": 1, "red3": 1, "red4": 1}, "it gets frames again")
            assert reached("red4") == {"red1": 1, "red2": 1, "red3": 1}
        assert train.faults() == {}
