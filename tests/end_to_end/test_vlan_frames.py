"""What VLAN networks carry: any protocol and size, byte for byte, also where tenants share all addresses."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from frames import BROADCAST, MULTICAST, frame
from tests.end_to_end.eventually import eventually
from tests.end_to_end.running import TOPOLOGIES, Installation, running

pytestmark = pytest.mark.ovs

JUMBO = 9000
HEADER = 14


@pytest.fixture(scope="module")
def ring(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    directory = tmp_path_factory.mktemp("jumbo")
    topology = directory / "ring.yaml"
    text = (TOPOLOGIES / "two-tenants-vlan.yaml").read_text()
    text = text.replace("fabric:\n", f"fabric:\n  underlay_mtu: {JUMBO}\n")
    topology.write_text(
        text.replace("red/web1,", f"red/web1, mtu: {JUMBO},").replace("red/web3,", f"red/web3, mtu: {JUMBO},")
    )
    with running(topology, directory) as installation:
        yield installation


def test_twins_in_two_tenants_never_see_each_other(ring: Installation) -> None:
    with ring.prober() as prober:
        assert prober.mac("blue2") == prober.mac("red2")
        for tenant in ("blue", "red"):
            prober.send(f"{tenant}1", f"{tenant}-frame", dst=prober.mac("blue2"))
        assert prober.received("blue-frame") == {"blue2": 1}
        assert prober.received("red-frame") == {"red2": 1}


def test_ipv4_and_ipv6_with_neighbour_discovery(ring: Installation) -> None:
    lab = ring.lab
    for tenant in ("blue", "red"):
        for guest in lab.guests.values():
            guest.run(["ip", "neigh", "flush", "dev", "eth0"])
        assert lab.ping(f"{tenant}1", "10.0.0.3", "-s", "1472", "-M", "do")
        assert lab.ping(f"{tenant}1", "fd00:a::3")
        assert "02:00:00:00:00:03" in lab.guests[f"{tenant}1"].run(["ip", "-6", "neigh", "show", "fd00:a::3"])
        assert lab.ping(f"{tenant}4", "fd00:a::2", "-s", "1452", "-M", "do")


@pytest.mark.parametrize("destination", ["known", BROADCAST, MULTICAST, "33:33:00:00:00:01"])
@pytest.mark.parametrize("size", [60, 61, 1514, HEADER + JUMBO])
def test_frames_arrive_byte_for_byte(ring: Installation, destination: str, size: int) -> None:
    with ring.prober() as prober:
        dst = prober.mac("red3") if destination == "known" else destination
        data = bytearray(frame("whole", src=prober.mac("red1"), dst=dst, size=size))
        data[30:] = bytes(at % 251 for at in range(30, size))
        prober.send_raw("red1", bytes(data))
        seen = [one for one in prober.sightings() if one.station == "red3"]
    assert [one.frame for one in seen] == [bytes(data)]


def test_a_long_ping_goes_there_and_back_in_one_piece(ring: Installation) -> None:
    assert ring.lab.ping("red1", "10.0.0.3", "-M", "do", "-s", str(JUMBO - 28))


def test_tcp_carries_a_stream(ring: Installation) -> None:
    """The guests' checksums are finished before a userspace datapath forwards them."""
    guests = ring.lab.guests
    server = guests["blue3"].popen(["iperf3", "-s", "-1", "-p", "5201"])
    eventually(lambda: ":5201" in guests["blue3"].run(["ss", "-ltn"]), "a server that listens")
    assert "receiver" in guests["blue1"].run(["iperf3", "-c", "10.0.0.3", "-n", "5M"])
    assert server.wait(timeout=10) == 0
