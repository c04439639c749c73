"""LLDP of guests: passed to the others of their network, where the network says so.

A bridge keeps LLDP for itself (IEEE 802.1Q-2018, 8.6.3), and so do we: `apps.forwarding` drops it. In a network with
`lldp: pass` a guest's frame is flooded like a multicast, whichever of LLDP's addresses it is for (IEEE 802.1AB-2016,
7.1). Untagged LLDP out of a tunnel is refused before anybody looks at it (`apps.discovery`); here it enters, with the
network's tunnel ID and from where the network has members. From links it comes with the network's tag, so the daemon's
own announcements, which have none, and the guests' never meet.
"""

from __future__ import annotations

from collections.abc import Iterator

from apps.discovery import NEAREST_BRIDGE
from apps.forwarding import LINK_LOCAL, LINK_LOCAL_MASK
from apps.pipeline import CLASSIFY, DESTINATION, FLOOD, SOURCE, TUNNEL, encapsulation_number
from apps.units import NetworkUnit
from controller.dataplane.fields import ETH_LLDP, VLAN_NONE, tunnel_source
from controller.dataplane.flow import Flow
from controller.dataplane.table import match_of

APP = "guest lldp"


def network_flows(unit: NetworkUnit) -> Iterator[Flow]:
    """Past the guard to the flood list; and entry from tunnels."""
    if not unit.passes_lldp:
        return
    yield DESTINATION.flow(
        "lldp",
        match_of(metadata=unit.flooded_or_not, eth_dst=(LINK_LOCAL, LINK_LOCAL_MASK), eth_type=ETH_LLDP),
        unit.reason(APP, "passed between guests"),
        goto=FLOOD,
    )
    if unit.tunnel is None:
        return
    outside = {port.endpoint for port in unit.outside}
    for peer in unit.peers:
        sender = {tunnel_source(peer).name: int(peer)}
        frame = {"eth_dst": NEAREST_BRIDGE, "eth_type": ETH_LLDP, "vlan_vid": VLAN_NONE}
        yield CLASSIFY.flow(
            "lldp",
            match_of(in_port=unit.tunnel, tun_id=unit.segment.key, **frame, **sender),
            unit.reason(APP, f"from endpoint {peer}"),
            goto=SOURCE if peer in outside else TUNNEL,
            metadata=unit.number if peer in outside else encapsulation_number(unit.segment.segment),
        )
