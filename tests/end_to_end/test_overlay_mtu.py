"""The MTU that `tenantry show networks` tells is exact: a packet of that size arrives, one byte more does not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from controller.intent.model import OVERLAYS, Segment
from namespaces import ip_batch
from tests.end_to_end.eventually import eventually
from tests.end_to_end.overlay_site import HYPERVISORS, guest, topology
from tests.end_to_end.running import Installation, running
from tests.end_to_end.shown import shown_networks

pytestmark = pytest.mark.ovs

UNDERLAY_MTU = 1500
HEADERS = 20 + 8
"""Of IPv4 and ICMP, bytes."""


@pytest.fixture(scope="module", params=[4, 6], ids=["IPv4", "IPv6"])
def installation(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A site whose underlay carries 1,500 bytes, and guests that believe to have as much."""
    directory = tmp_path_factory.mktemp("site")
    file = directory / "site.yaml"
    file.write_text(topology(request.param, underlay_mtu=UNDERLAY_MTU, guests_mtu=UNDERLAY_MTU))
    with running(file, directory) as installation:
        lab = installation.lab
        ip_batch([f"link set to-{name} mtu {UNDERLAY_MTU}" for name in HYPERVISORS], pid=lab.net["underlay"].namespace)
        for name in HYPERVISORS:
            ip_batch([f"link set eth0 mtu {UNDERLAY_MTU}"], pid=lab.net[name].namespace)
        yield installation


@pytest.mark.parametrize("segment", OVERLAYS)
def test_largest_packet_is_what_is_shown(installation: Installation, segment: Segment) -> None:
    most = shown_networks(installation)[f"blue/{segment}"].guest_mtu
    assert most is not None

    def arrives(size: int) -> bool:
        return installation.lab.ping(guest("blue", segment, 1), "10.0.0.2", "-M", "do", "-s", str(size - HEADERS))

    eventually(lambda: arrives(most), f"a packet of {most} bytes")
    assert not any(arrives(most + 1) for _ in range(3))
    assert arrives(most), "the network still works"
