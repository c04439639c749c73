"""Hosts with a Linux `vxlan` device, which know nothing of Tenantry, as members of a network.

That their frames and their neighbours' arrive exactly where they should is in `test_overlay_delivery`; here is what is
known of them, and how that changes.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from controller.intent.model import Segment
from tests.end_to_end.eventually import eventually
from tests.end_to_end.overlay_site import endpoint, guest, guests_of, mac, standing
from tests.end_to_end.overlay_watch import Watch, watching
from tests.end_to_end.running import Installation

pytestmark = pytest.mark.ovs

FURTHER = "02:00:00:00:00:42"
"""MAC of a machine behind the outside endpoint."""


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with standing(tmp_path_factory.mktemp("site")) as installation:
        yield installation


@pytest.mark.parametrize(("station", "tenant"), [("outblue", "blue"), ("outred", "red")])
def test_outside_host_pings_all_guests_of_its_network_and_they_it(
    installation: Installation, station: str, tenant: str
) -> None:
    """With a given MAC (blue) and a learned one (red)."""
    lab = installation.lab
    for member, name in enumerate(guests_of(tenant, Segment.VXLAN), 1):
        assert lab.ping(name, "10.0.0.9")
        lab.vteps[station].run(["ping", "-n", "-c1", "-W1", f"10.0.0.{member}"])


def endpoints_of(watch: Watch, sender: str, dst: str) -> set[str]:
    """Endpoints to which a frame of the sender for that address is sent."""
    watch.prober.send(sender, "where", dst=dst)
    return {str(envelope.destination) for envelope in watch.collect()[1].get("where", [])}


def test_addresses_behind_an_outside_endpoint_are_learned_and_move_to_a_guest(installation: Installation) -> None:
    first, third = guest("red", Segment.VXLAN, 1), guest("red", Segment.VXLAN, 3)
    outside, hypervisor = {endpoint("outred")}, {endpoint("hv4")}
    with watching(installation.lab) as watch:
        assert endpoints_of(watch, first, FURTHER) == {*outside, *hypervisor, endpoint("hv3")}, "not known yet"
        watch.prober.send("outred", "hello", src=FURTHER)
        eventually(lambda: endpoints_of(watch, first, FURTHER) == outside, "the address behind the outside endpoint")
        assert endpoints_of(watch, first, mac(9)) == outside, "another one behind the same endpoint stays"
        watch.prober.send(third, "moved", src=FURTHER)
        eventually(lambda: endpoints_of(watch, first, FURTHER) == hypervisor, "the address behind the guest's endpoint")
