"""What a guest may use: the underlay's MTU less what the encapsulation adds.

MTUs are of IP packets, in bytes. An overlay carries the guest's whole Ethernet frame inside of one IP packet of the
underlay, so the guest loses the outer headers below that packet's limit and its own Ethernet header:

    VXLAN    outer IP + UDP 8 + VXLAN 8 + inner Ethernet 14           RFC 7348, section 5
    Geneve   outer IP + UDP 8 + Geneve 8 (no options) + Ethernet 14   RFC 8926, section 3.1
    GRE      outer IP + GRE 8 (with key) + inner Ethernet 14          RFC 2784, section 2.1; RFC 2890, section 2

An outer IPv4 header without options has 20 bytes (RFC 791, section 3.1), an IPv6 header 40 (RFC 8200, section 3). A
guest that tags its frames (a trunk port) does not lose more: the tag is taken off before the tunnel.

A VLAN network's frames are not inside of IP. The guest may use all of it, provided that the wires between the switches
carry frames 4 bytes longer for the tag (IEEE 802.1Q-2018, 9.6), which wires do.
"""

from __future__ import annotations

from controller.intent.model import Fabric, Intent, Port, Segment

_IP_HEADER = {4: 20, 6: 40}
_ETHERNET_HEADER = 14
_TUNNEL_HEADERS = {Segment.VXLAN: 8 + 8, Segment.GENEVE: 8 + 8, Segment.GRE: 8}


def guest_mtu(segment: Segment, underlay_mtu: int, ip_version: int = 4) -> int:
    """Largest IP packet, in bytes, that a guest of a network may send.

    `segment` is not AUTO; `ip_version` (4 or 6) is the tunnel endpoints'. Raises KeyError for other values.
    """
    if segment is Segment.VLAN:
        return underlay_mtu
    return underlay_mtu - _IP_HEADER[ip_version] - _TUNNEL_HEADERS[segment] - _ETHERNET_HEADER


def endpoint_versions(intent: Intent) -> dict[str, int]:
    """IP version of the tunnel endpoints that each network's ports are at, by network id.

    The greater one where both occur, and 4 for a network without any endpoint.
    """
    versions = dict.fromkeys(intent.networks, 4)
    for port in intent.ports.values():
        if endpoint_version(intent.fabric, port) == 6:
            versions.update(dict.fromkeys(port.networks, 6))
    return versions


def endpoint_version(fabric: Fabric, port: Port) -> int:
    """IP version of the tunnel endpoint that a port is at; 4 without any."""
    switch = fabric.switches.get(port.switch or "")
    endpoint = port.endpoint or (switch.endpoint if switch else None)
    return endpoint.version if endpoint else 4
