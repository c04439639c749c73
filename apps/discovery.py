"""Discovery: announcements (LLDP frames) from interfaces that are no tenant's go to the controller.

Frames of tenants' access ports match a flow of higher priority first, whatever they look like, and end in the guard of
`apps.forwarding`, or at other guests (`apps.guest_lldp`); so a guest cannot even reach the discovery.
"""

from __future__ import annotations

from collections.abc import Iterator

from apps.pipeline import CLASSIFY
from apps.units import SwitchUnit
from controller.dataplane.fields import ETH_LLDP, VLAN_NONE
from controller.dataplane.flow import Flow, Meter, Reason, ToController
from controller.dataplane.table import match_of

APP = "discovery"
NEAREST_BRIDGE = 0x0180C200000E
"""LLDP's destination (IEEE 802.1AB-2016, 7.1)."""
RATE = 1000
BURST = 1000


def switch_flows(unit: SwitchUnit) -> Iterator[Flow]:
    """Untagged LLDP to the controller, but not what comes out of a tunnel."""
    announcement = {"eth_dst": NEAREST_BRIDGE, "eth_type": ETH_LLDP, "vlan_vid": VLAN_NONE}
    for encapsulation, interface in unit.tunnels:
        reason = Reason(APP, f"announcement out of a {encapsulation.value} tunnel")
        yield CLASSIFY.flow("refuse", match_of(in_port=interface, **announcement), reason)
    yield CLASSIFY.flow(
        "announcement",
        match_of(**announcement),
        Reason(APP, "announcement"),
        actions=(ToController(unit.announcements),),
    )


def switch_meters(unit: SwitchUnit) -> Iterator[Meter]:
    """The limit on announcements."""
    if unit.announcements is not None:
        yield Meter(unit.announcements, RATE, BURST, Reason(APP, "announcements"))
