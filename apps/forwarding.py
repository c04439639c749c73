"""Forwarding: what every frame inside its network meets, and the flood list.

A frame for an address that nobody has a flow for goes to `flood`, where one list of outputs serves all members: first
what leaves untagged (local access ports, tunnels), then what leaves tagged (local trunk ports); what is left then has
the network's tag and goes along its tree (`apps.trees`). A packet is never sent back to the interface it came from, so
the same list serves frames from guests, links and tunnels.
"""

from __future__ import annotations

from collections.abc import Iterator

from apps import overlay, vlan
from apps.pipeline import DESTINATION, FLOOD, MARK
from apps.units import LocalPort, NetworkUnit, SwitchUnit
from controller.dataplane.fields import ETH_SERVICE_VLAN, ETH_VLAN, VLAN_PRESENT, VLAN_VID
from controller.dataplane.flow import Action, Flow, Output, PushVlan, Reason, SetField
from controller.dataplane.table import match_of

APP = "forwarding"
LINK_LOCAL = 0x0180C2000000
LINK_LOCAL_MASK = 0xFFFFFFFFFFF0


def switch_flows(unit: SwitchUnit) -> Iterator[Flow]:
    """What no network carries: further tags, and addresses that bridges keep (IEEE 802.1Q-2018, 8.6.3)."""
    guards = (
        ("tagged frame inside a network", match_of(vlan_vid=(VLAN_PRESENT, VLAN_PRESENT))),
        ("second 802.1Q tag", match_of(eth_type=ETH_VLAN)),
        ("second 802.1ad tag", match_of(eth_type=ETH_SERVICE_VLAN)),
        ("link-local address", match_of(eth_dst=(LINK_LOCAL, LINK_LOCAL_MASK))),
    )
    for note, match in guards:
        yield DESTINATION.flow("guard", match, Reason(APP, f"{note} dropped on {unit.switch}"))
    yield DESTINATION.flow("flood", (), Reason(APP, "no such address"), goto=FLOOD)


def network_flows(unit: NetworkUnit) -> Iterator[Flow]:
    """The network's flood list on this switch; none where it would reach nobody."""
    steps = tuple(flood_steps(unit))
    if steps:
        yield FLOOD.flow(
            "network",
            match_of(metadata=unit.flooded_or_not),
            unit.reason(APP, "flood"),
            actions=steps,
            goto=MARK if unit.is_spread else None,
        )


def flood_steps(unit: NetworkUnit, but: LocalPort | None = None) -> Iterator[Action]:
    """One copy for each local member but one, and remote endpoint, then the tag with which it goes along the tree."""
    ports = [port for port in unit.local if port is not but]
    yield from (Output(port.interface) for port in ports if port.tag is None)
    yield from overlay.flood_steps(unit)
    trunks = [port for port in ports if port.tag is not None]
    if trunks or unit.is_spread:
        yield PushVlan()
    for port in trunks:
        if port.tag is not None:
            yield SetField(VLAN_VID, VLAN_PRESENT | port.tag)
            yield Output(port.interface)
    yield from vlan.flood_steps(unit)
