"""What Open vSwitch takes for a tag, measured on the program that the documentation shows.

`Packet` knows VLAN IDs and no Ethernet type of a tag; here are the frames that it cannot describe. An 802.1ad tag is a
tag like any other, and no flow can tell them apart, so a trunk's guest may use either kind.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from apps import discovery, learning
from apps.pipeline import FLOODED_PCP
from apps.pipeline_page import DB, SWITCH, example_flows, example_groups
from controller.dataplane.program import assemble, share_of
from controller.fabric.model import Interface, SwitchView
from controller.intent.model import Segment
from namespaces import new_namespace
from private_ovs import PrivateOvs
from tests.switch.real_switch import RealSwitch

pytestmark = pytest.mark.ovs

LINK, ACCESS, TRUNK = 1, 2, 4
NUMBERS = {"uplink": LINK, "uplink2": 5, "web1": ACCESS, "db1": 3, "trunk1": TRUNK, "vxlan": 10}
Q, AD, OLD = 0x8100, 0x88A8, 0x9100
TAG = 96
FLOODED = FLOODED_PCP[0] << 13 | TAG
"""What follows the Ethernet type of a tag: priority and VLAN ID."""


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealSwitch]:
    view = SwitchView("hv1", 1, {name: Interface(name, number) for name, number in NUMBERS.items()})
    meters = (*discovery.switch_meters(SWITCH), *learning.network_meters(DB))
    program = assemble([share_of(example_flows(), example_groups(), meters)])
    with new_namespace() as namespace, PrivateOvs(tmp_path_factory.mktemp("ovs"), pid=namespace) as ovs:
        switch = RealSwitch(ovs, namespace)
        switch.build(view, {("hv1", 10): Segment.VXLAN.value}, program)
        yield switch


SENDERS = {ACCESS: 0x020000000001, TRUNK: 0x020000000003, LINK: 0x020000000002}
PASSED = {
    "an untagged frame of an access port": (ACCESS, ()),
    "a type that is no tag to Open vSwitch": (ACCESS, ((OLD, TAG),)),
    "the trunk's tag": (TRUNK, ((Q, 7),)),
    "the trunk's tag as 802.1ad": (TRUNK, ((AD, 7),)),
    "the network's tag on a link": (LINK, ((Q, FLOODED),)),
}
DROPPED = {
    "a priority tag": (ACCESS, ((Q, 0),)),
    "the network's tag": (ACCESS, ((Q, TAG),)),
    "the network's tag as 802.1ad": (ACCESS, ((AD, TAG),)),
    "a priority tag on a trunk": (TRUNK, ((Q, 0),)),
    "a second tag": (TRUNK, ((Q, 7), (Q, TAG))),
    "a second priority tag": (TRUNK, ((Q, 7), (Q, 0))),
    "an 802.1ad tag behind an 802.1Q tag": (TRUNK, ((Q, 7), (AD, TAG))),
    "an 802.1Q tag behind an 802.1ad tag": (TRUNK, ((AD, 7), (Q, TAG))),
    "three tags": (TRUNK, ((Q, 7), (Q, 7), (Q, 7))),
    "a second tag on a link": (LINK, ((Q, FLOODED), (Q, 7))),
}


@pytest.mark.parametrize("what", PASSED)
def test_frames_that_enter_a_network(real: RealSwitch, what: str) -> None:
    assert fate(real, *PASSED[what]) != "drop"


@pytest.mark.parametrize("most", [1, 2])
@pytest.mark.parametrize("what", DROPPED)
def test_frames_that_do_not_whatever_the_limit_on_tags(real: RealSwitch, what: str, most: int) -> None:
    real.parse_tags(most)
    try:
        assert fate(real, *DROPPED[what]) == "drop"
    finally:
        real.parse_tags(1)


def fate(real: RealSwitch, interface: int, tags: tuple[tuple[int, int], ...]) -> str:
    """What the datapath does with a broadcast whose tags are (Ethernet type, VLAN ID)."""
    header = b"\xff" * 6 + SENDERS[interface].to_bytes(6, "big")
    header += b"".join(kind.to_bytes(2, "big") + vid.to_bytes(2, "big") for kind, vid in tags)
    text = real.trace_bytes(header + b"\x08\x00" + bytes(46), interface)
    return text.rpartition("Datapath actions: ")[2].strip()
