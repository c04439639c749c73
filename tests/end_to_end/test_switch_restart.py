"""ovs-vswitchd of a hypervisor crashes and comes back without flows: it gets them, and nobody else notices."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hypervisor import Hypervisor
from packet_train import Journey, PacketTrain
from tests.end_to_end.eventually import eventually
from tests.end_to_end.fault_site import NETWORKS, guest, standing
from tests.end_to_end.running import Installation

pytestmark = pytest.mark.ovs


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with standing(tmp_path_factory.mktemp("restart")) as (installation, _):
        yield installation


def hypervisor(site: Installation, name: str) -> Hypervisor:
    """A switch that has a switching daemon of its own."""
    switch = site.lab.switches[name]
    assert isinstance(switch, Hypervisor)
    return switch


@pytest.mark.parametrize("name", ["hv3", "hv2"])
def test_a_switch_that_comes_back_empty_gets_its_flows(site: Installation, name: str) -> None:
    """The journeys are those that do not touch it: VLAN frames between its neighbours cross hv2."""
    before, switch = site.all_cookies(), hypervisor(site, name)
    connected = site.log().count("connected with")
    others = {"hv3": (1, 2), "hv2": (1, 3)}[name]
    site.widen()
    with site.prober() as prober:
        journeys = {
            f"{network[0]}{at}{back}": Journey(guest(network, a), prober.mac(guest(network, b)), {guest(network, b)})
            for at, network in enumerate(NETWORKS)
            for back, (a, b) in enumerate((others, others[::-1]))
            if name == "hv3" or not network.endswith("web")
        }
        with PacketTrain(prober, journeys) as train:
            switch.ovs.kill_switch()
            train.pass_frames(300)
            switch.restart_switch()
            eventually(lambda: site.log().count("connected with") > connected, "its session")
            eventually(lambda: site.all_cookies() == before, "all flows as before")
            train.pass_frames(300)
    assert train.faults() == {}
    assert site.reach().is_right
