"""What must not get into an overlay network, sent by guests and by hosts on the underlay.

Where something is expected to be dropped, the same test sends what differs in that one thing and arrives.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from controller.intent.model import OVERLAYS, Segment
from frames import BROADCAST, frame
from lab import Lab
from tests.end_to_end.envelope import sealed
from tests.end_to_end.overlay_site import KEYS, endpoint, guest, guests_of, mac, standing
from tests.end_to_end.overlay_watch import Deliveries, Watch, uplink, watching

pytestmark = pytest.mark.ovs

STRANGER = "198.51.100.77"
"""An address of the underlay that the configuration does not know."""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with standing(tmp_path_factory.mktemp("site")) as installation:
        yield installation.lab


def physical_mac(lab: Lab, node: str) -> str:
    """MAC under which a hypervisor is on the underlay."""
    return str(json.loads(lab.net[node].run(["ip", "-json", "link", "show", "br-phys"]))[0]["address"])


class Host:
    """A host on the underlay that makes its own packets, from where `outblue` is plugged in, to hv2."""

    def __init__(self, lab: Lab, watch: Watch) -> None:
        self._prober = watch.prober
        self._mac, self._there = watch.prober.mac(uplink("outblue")), physical_mac(lab, "hv2")

    def send(
        self,
        inner: bytes,
        *,
        key: int,
        source: str = endpoint("outblue"),
        segment: Segment = Segment.VXLAN,
        mac: str | None = None,
    ) -> None:
        """Send a frame in an envelope from an endpoint's address, and from its own MAC or another."""
        macs = mac or self._mac, self._there
        packet = sealed(inner, segment=segment, key=key, source=source, destination=endpoint("hv2"), macs=macs)
        self._prober.send_raw(uplink("outblue"), packet)


def deliveries(watch: Watch) -> Deliveries:
    return watch.collect()[0]


@pytest.mark.parametrize("vlans", [[5], [101], [0], [5, 6]])
def test_guest_that_tags_its_frames_is_not_heard(lab: Lab, vlans: list[int]) -> None:
    with watching(lab) as watch:
        for tenant, segment in ((tenant, segment) for tenant in KEYS for segment in OVERLAYS):
            for member, dst in ((1, mac(2)), (2, BROADCAST), (3, mac(1))):
                sender = guest(tenant, segment, member)
                watch.prober.send(sender, f"t{sender}", dst=dst, vlans=vlans)
        watch.prober.send(guest("blue", Segment.VXLAN, 1), "control", dst=mac(2))
        delivered, envelopes = watch.collect()
    assert delivered == {"control": {guest("blue", Segment.VXLAN, 2): 1}}
    assert envelopes.keys() == {"control"}


@pytest.mark.parametrize("segment", OVERLAYS)
@pytest.mark.parametrize("own", list(KEYS))
def test_tunnel_packet_from_a_guest_is_its_own_networks_frame_and_never_opened(
    lab: Lab, segment: Segment, own: str
) -> None:
    """Sent to an endpoint with the key of its own network and with that of the other tenant's."""
    sender, others = guest(own, segment, 1), guests_of(own, segment)[1:]
    sent: dict[str, bytes] = {}
    with watching(lab) as watch:
        for tenant, dst in ((tenant, dst) for tenant in KEYS for dst in (mac(2), physical_mac(lab, "hv2"), BROADCAST)):
            token = f"g{len(sent)}"
            sent[token] = sealed(
                frame(token, src=mac(2), dst=BROADCAST),
                segment=segment,
                key=KEYS[tenant][segment],
                source=endpoint("hv3"),
                destination=endpoint("hv2"),
                macs=(mac(1), dst),
            )
            watch.prober.send_raw(sender, sent[token])
        outside = ["outblue" if own == "blue" else "outred"] if segment is Segment.VXLAN else []
        seen = [sighting for sighting in watch.prober.sightings(quiet=1.0) if sighting.station in lab.stations]
    assert {sighting.token for sighting in seen} == sent.keys()
    assert {sighting.station for sighting in seen} == {*others, *outside}
    assert all(sighting.frame == sent[sighting.token] for sighting in seen)


def test_host_that_is_no_endpoint_is_not_heard(lab: Lab) -> None:
    with watching(lab) as watch:
        host = Host(lab, watch)
        for tenant, keys in KEYS.items():
            for segment, key in keys.items():
                inner = frame(f"s{tenant}{segment}", src=mac(9), dst=BROADCAST)
                host.send(inner, segment=segment, key=key, source=STRANGER)
        host.send(frame("control", src=mac(9)), key=KEYS["blue"][Segment.VXLAN])
        assert deliveries(watch) == {"control": {guest("blue", Segment.VXLAN, 2): 1}}


def test_outside_endpoint_is_heard_in_its_own_network_alone(lab: Lab) -> None:
    with watching(lab) as watch:
        host = Host(lab, watch)
        for tenant, keys in KEYS.items():
            for segment, key in keys.items():
                host.send(frame(f"{tenant}{segment}", src=mac(9)), segment=segment, key=key)
        for key in (0, 1, 12345, 2**24 - 1):
            host.send(frame(f"key{key}", src=mac(9)), key=key)
        assert deliveries(watch) == {"bluevxlan": {guest("blue", Segment.VXLAN, 2): 1}}


@pytest.mark.parametrize("source", ["outblue", "hv3"])
def test_tagged_frame_out_of_a_tunnel_is_dropped(lab: Lab, source: str) -> None:
    """From an outside endpoint, and from one of ours as far as the receiver can tell."""
    with watching(lab) as watch:
        host = Host(lab, watch)
        for at, vlans in enumerate(([5], [0], [101], [5, 6], [])):
            inner = frame(f"v{at}", src=mac(9), vlans=vlans)
            host.send(inner, key=KEYS["blue"][Segment.VXLAN], source=endpoint(source))
        assert deliveries(watch) == {"v4": {guest("blue", Segment.VXLAN, 2): 1}}


def test_outside_port_with_a_mac_may_use_no_other(lab: Lab) -> None:
    with watching(lab) as watch:
        host = Host(lab, watch)
        for at, src in enumerate((mac(1), mac(3), "02:00:00:00:00:55", "03:00:00:00:00:09", mac(9))):
            host.send(frame(f"m{at}", src=src), key=KEYS["blue"][Segment.VXLAN])
        assert deliveries(watch) == {"m4": {guest("blue", Segment.VXLAN, 2): 1}}


@pytest.mark.parametrize("data", [b"", b"\x08", b"\x08\0\0\0\x01\x11\x71\0", b"\xff" * 60])
def test_malformed_packets_to_a_tunnel_do_no_harm(lab: Lab, data: bytes) -> None:
    with watching(lab) as watch:
        host = Host(lab, watch)
        for segment in OVERLAYS:
            for key in KEYS["blue"].values():
                host.send(data, segment=segment, key=key)
        host.send(frame("control", src=mac(9)), key=KEYS["blue"][Segment.VXLAN])
        assert deliveries(watch) == {"control": {guest("blue", Segment.VXLAN, 2): 1}}
