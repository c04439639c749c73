"""VLAN networks between switches: each frame carries the network's VLAN tag on every link.

Known addresses go hop by hop to the next-hop group of the switch that has them; the group's number says which switch,
its content which interface, so a change of paths changes groups and not flows. Switches on the way that have no member
hold the addresses that cross them. Flooding follows the network's tree (`controller.fabric.trees`).
"""

from __future__ import annotations

from collections.abc import Iterator

from apps.pipeline import CLASSIFY, DESTINATION, FLOODED, FLOODED_PCP, NETWORK, VLAN
from apps.units import NetworkUnit, SwitchUnit
from controller.dataplane.fields import VLAN_PCP, VLAN_PRESENT, VLAN_VID
from controller.dataplane.flow import (
    Action,
    Bucket,
    Flow,
    Group,
    GroupKind,
    Output,
    PopVlan,
    PushVlan,
    Reason,
    SetField,
    ToGroup,
)
from controller.dataplane.table import match_of
from controller.intent.model import Segment

APP = "vlan"


def switch_flows(unit: SwitchUnit) -> Iterator[Flow]:
    """Tagged frames from links, flooded ones and others."""
    tagged = (VLAN_PRESENT, VLAN_PRESENT)
    for interface in unit.links:
        yield CLASSIFY.flow(
            "flooded",
            match_of(in_port=interface, vlan_vid=tagged, vlan_pcp=FLOODED_PCP),
            Reason(APP, "flooded frame from a link"),
            goto=VLAN,
            metadata=FLOODED,
        )
        yield CLASSIFY.flow(
            "link",
            match_of(in_port=interface, vlan_vid=tagged),
            Reason(APP, "tagged frame from a link"),
            goto=VLAN,
        )


def switch_groups(unit: SwitchUnit) -> Iterator[Group]:
    """The next-hop group of each other switch; empty, and so dropping, while it cannot be reached."""
    for hop in unit.next_hops:
        reason = Reason(APP, f"next hop to {hop.switch}")
        way = () if hop.interface is None else (Bucket((Output(hop.interface),), watch_port=hop.interface),)
        yield Group(hop.group, GroupKind.FAST_FAILOVER, way, reason)


def network_flows(unit: NetworkUnit) -> Iterator[Flow]:
    """Entry from links, and the way to addresses on other switches."""
    if unit.segment.segment is not Segment.VLAN:
        return
    tag = VLAN_PRESENT | unit.segment.key
    yield VLAN.flow(
        "network",
        match_of(vlan_vid=tag),
        unit.reason(APP, "from a link"),
        actions=(PopVlan(),),
        goto=DESTINATION,
        metadata=unit.number,
        metadata_mask=NETWORK,
    )
    for address in unit.remote:
        yield DESTINATION.flow(
            "address",
            match_of(metadata=unit.number, eth_dst=address.mac),
            unit.reason(APP, "towards its switch" if address.group else "has left", address.port),
            actions=(PushVlan(), SetField(VLAN_VID, tag), ToGroup(address.group)) if address.group else (),
        )


def flood_steps(unit: NetworkUnit) -> Iterator[Action]:
    """Set the network's tag and the mark of a flood on a frame that is tagged already, and send it along the tree."""
    if unit.branches:
        yield SetField(VLAN_VID, VLAN_PRESENT | unit.segment.key)
        yield SetField(VLAN_PCP, FLOODED_PCP)
        yield from (Output(interface) for interface in unit.branches)
