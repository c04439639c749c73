"""VLAN networks between switches: each frame carries the network's VLAN tag on every link.

A frame for a known address gets the label of the switch that has it (`apps.labels`) and goes from next-hop group to
next-hop group; the last switch puts the real address back. Labels say which switch, groups which interface, so a change
of paths changes groups and not flows. When all interfaces towards the next switch are down, the group marks the frame
by the tag's priority and turns it aside (`controller.fabric.detours`), back to where it came from if need be.

Flooded frames are marked by the priority, too, and follow a tree (`apps.trees`).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from apps.access import deliver
from apps.labels import labelled, next_hop_group, to_label, to_switch
from apps.pipeline import (
    CLASSIFY,
    DELIVER,
    DESTINATION,
    DETOUR_PCP,
    FLOOD_MARKS,
    FLOODED,
    FLOODED_PCP,
    NETWORK,
    TREE,
    VLAN,
)
from apps.units import DetourHop, LocalPort, NetworkUnit, NextHop, SwitchUnit
from controller.dataplane.fields import ETH_DST, VLAN_PCP, VLAN_PRESENT, VLAN_VID
from controller.dataplane.flow import (
    Action,
    AllowReturn,
    Bucket,
    Flow,
    Group,
    GroupKind,
    Match,
    Output,
    PopVlan,
    PushVlan,
    Reason,
    SetField,
    ToGroup,
)
from controller.dataplane.table import match_of

APP = "vlan"
TAGGED = (VLAN_PRESENT, VLAN_PRESENT)
"""A match of frames with a tag, whichever."""


def switch_flows(unit: SwitchUnit) -> Iterator[Flow]:
    """Tagged frames from links, and the way of those that are for other switches."""
    for interface in unit.links:
        yield _tagged(interface)
        yield from _barred(interface) if interface in unit.barred else _flooded(interface)
    if unit.links:
        yield VLAN.flow("tree", match_of(metadata=(FLOODED, FLOODED)), Reason(APP, "flooded, on its way"), goto=TREE)
    yield from (_on_its_way(hop.label, hop.switch) for hop in unit.next_hops)
    yield from map(_aside, unit.detours)


def switch_groups(unit: SwitchUnit) -> Iterator[Group]:
    """The next hop towards each other switch; empty, and so dropping, where there is no way."""
    yield from map(_next_hop, unit.next_hops)


# What follows is the same on many switches, or on one switch whatever else changes there, and is made once.


@lru_cache(maxsize=4096)
def _tagged(interface: int) -> Flow:
    match = match_of(in_port=interface, vlan_vid=TAGGED)
    return CLASSIFY.flow("link", match, Reason(APP, "tagged frame from a link"), goto=VLAN)


@lru_cache(maxsize=4096)
def _flooded(interface: int) -> tuple[Flow, ...]:
    reason = Reason(APP, "marked frame from a link")
    return tuple(
        CLASSIFY.flow("flooded", _marked(interface, pcp), reason, goto=VLAN, metadata=mark)
        for pcp, mark in zip(FLOODED_PCP, FLOOD_MARKS, strict=True)
    )


@lru_cache(maxsize=4096)
def _barred(interface: int) -> tuple[Flow, ...]:
    reason = Reason(APP, "marked frame from a link that came back, whose other end has old trees")
    return tuple(CLASSIFY.flow("flooded", _marked(interface, pcp), reason) for pcp in FLOODED_PCP)


def _marked(interface: int, pcp: int) -> Match:
    return match_of(in_port=interface, vlan_vid=TAGGED, vlan_pcp=pcp)


@lru_cache(maxsize=16384)
def _on_its_way(label: int, switch: str) -> Flow:
    group = ToGroup(next_hop_group(label))
    reason = Reason(APP, f"on its way to {switch}")
    return VLAN.flow("label", match_of(eth_dst=to_label(label)), reason, actions=(group,))


@lru_cache(maxsize=65536)
def _aside(detour: DetourHop) -> Flow:
    return VLAN.flow(
        "detour",
        match_of(eth_dst=to_switch(detour.number), vlan_vid=TAGGED, vlan_pcp=DETOUR_PCP[detour.colour]),
        Reason(APP, f"on the {detour.colour.value} detour to {detour.switch}"),
        actions=(Output(detour.interface),),
    )


@lru_cache(maxsize=65536)
def _next_hop(hop: NextHop) -> Group:
    ways = [Bucket((Output(interface),), watch_port=interface) for interface in hop.ways]
    if hop.aside:
        colour, interface = hop.aside
        turn = (AllowReturn(), SetField(VLAN_PCP, DETOUR_PCP[colour]), Output(interface))
        ways.append(Bucket(turn, watch_port=interface))
    reason = Reason(APP, f"next hop to {hop.switch}")
    return Group(next_hop_group(hop.label), GroupKind.FAST_FAILOVER, tuple(ways), reason)


def network_flows(unit: NetworkUnit) -> Iterator[Flow]:
    """Entry from links, and the way to addresses on other switches."""
    if unit.label is None:
        return
    tag = VLAN_PRESENT | unit.segment.key
    yield VLAN.flow(
        "flooded",
        match_of(metadata=(FLOODED, FLOODED), vlan_vid=tag),
        unit.reason(APP, "flooded, from a link"),
        actions=(PopVlan(),),
        goto=DESTINATION,
        metadata=unit.number,
        metadata_mask=NETWORK,
    )
    yield VLAN.flow(
        "network",
        match_of(vlan_vid=tag),
        unit.reason(APP, "for this switch, from a link"),
        actions=(PopVlan(),),
        goto=DELIVER,
        metadata=unit.number,
    )
    for address, (port, mac, note) in _handed_over(unit, unit.label).items():
        yield DELIVER.flow(
            "address",
            match_of(metadata=unit.number, eth_dst=address),
            unit.reason(APP, note, port.id),
            actions=(SetField(ETH_DST, mac), *deliver(port)),
        )
    for remote in unit.remote:
        if remote.label is not None:
            labels = (remote.label, remote.twin.label) if remote.twin else (remote.label,)
            yield DESTINATION.flow(
                "address",
                match_of(metadata=unit.number, eth_dst=remote.mac),
                unit.reason(APP, "towards its switch", remote.port),
                actions=(PushVlan(), SetField(VLAN_VID, tag), *towards(remote.mac, *labels)),
            )


def towards(mac: int, *labels: int | None) -> Iterator[Action]:
    """A copy of a frame with the network's tag to each of these switches."""
    for label in labels:
        if label is not None:
            yield SetField(ETH_DST, labelled(label, mac))
            yield ToGroup(next_hop_group(label))


def _handed_over(unit: NetworkUnit, label: int) -> dict[int, tuple[LocalPort, int, str]]:
    """By which address frames arrive from links for each local one, and where they go.

    Of those that look the same the lowest present one counts, as it is the one that others know.
    """
    past = ((mac, port, "has left") for port in unit.local for mac in port.past)
    present = ((address.mac, port, "delivered, from a link") for port in unit.local for address in port.addresses)
    found = {}
    for mac, port, note in (*past, *sorted(present, key=lambda one: -one[0])):
        found[labelled(label, mac)] = port, mac, note
    return found


def flood_steps(unit: NetworkUnit) -> Iterator[Action]:
    """Set the network's tag on a frame that is tagged already, before it goes along a tree."""
    if unit.is_spread:
        yield SetField(VLAN_VID, VLAN_PRESENT | unit.segment.key)
