"""Overlay networks: frames inside VXLAN, Geneve or GRE between tunnel endpoints, the network's key as tunnel ID.

Each encapsulation has one flow-based tunnel interface on each switch; a flow says whom to send to. Only the key is
carried and the receiver looks the address up again, so the whole key space is there and any plain endpoint can take
part. Frames are accepted from our own endpoints, and from an outside endpoint only for the networks that name it.

Flooding is done by the sender, one copy for each endpoint with members. A frame that came out of a tunnel cannot be
sent into it again: it would have to leave by the interface it came from (OpenFlow 1.3.5, 5.12), and a network has one
encapsulation.

Sources: RFC 7348 (VXLAN), RFC 8926 (Geneve), RFC 2784 and RFC 2890 (GRE with key, carrying Ethernet).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from apps.pipeline import CLASSIFY, DESTINATION, SOURCE, TUNNEL, encapsulation_number, network_number
from apps.units import NetworkUnit, OutsidePort, RemoteAddress, SwitchUnit
from controller.dataplane.fields import TUN_ID, VLAN_NONE, tunnel_destination, tunnel_source
from controller.dataplane.flow import Action, Flow, Output, Reason, SetField
from controller.dataplane.table import match_of
from controller.intent.model import IpAddress, Segment, SegmentKey

APP = "overlay"


def switch_flows(unit: SwitchUnit) -> Iterator[Flow]:
    """Packets of each encapsulation from our own endpoints; all other senders are dropped."""
    for encapsulation, interface in unit.tunnels:
        for peer in unit.peers:
            yield _endpoint(encapsulation, interface, peer)


def network_flows(unit: NetworkUnit) -> Iterator[Flow]:
    """Entry from tunnels and outside endpoints, and the way to addresses behind endpoints."""
    if unit.tunnel is None:
        return
    yield _entry(unit.segment, unit.network)
    for port in unit.outside:
        yield _outside_entry(unit, port, unit.tunnel)
    for address in unit.remote:
        yield _towards(unit.segment, unit.network, address, unit.tunnel)


def flood_steps(unit: NetworkUnit) -> Iterator[Action]:
    """A copy of an untagged frame for each endpoint with members."""
    if unit.tunnel is None or not unit.peers:
        return
    yield _set_key(unit.segment.key)
    for peer in unit.peers:
        yield from _to(peer, unit.tunnel)


# A network's units are compiled one after the other, and on most switches the tunnel has the same number. So most of
# what follows is the same for all of them, and made once.


@lru_cache(maxsize=4096)
def _endpoint(encapsulation: Segment, interface: int, peer: IpAddress) -> Flow:
    return CLASSIFY.flow(
        "endpoint",
        match_of(in_port=interface, **{tunnel_source(peer).name: int(peer)}),
        Reason(APP, f"{encapsulation.value} from {peer}"),
        goto=TUNNEL,
        metadata=encapsulation_number(encapsulation),
    )


@lru_cache(maxsize=64)
def _entry(segment: SegmentKey, network: str) -> Flow:
    return TUNNEL.flow(
        "network",
        match_of(metadata=encapsulation_number(segment.segment), tun_id=segment.key, vlan_vid=VLAN_NONE),
        Reason(APP, "from a tunnel", network),
        goto=DESTINATION,
        metadata=network_number(segment),
    )


@lru_cache(maxsize=16384)
def _towards(segment: SegmentKey, network: str, address: RemoteAddress, tunnel: int) -> Flow:
    if address.endpoint is None:
        raise ValueError(f"an address of overlay network {network} without an endpoint")
    second = address.twin.endpoint if address.twin else None
    return DESTINATION.flow(
        "address",
        match_of(metadata=network_number(segment), eth_dst=address.mac),
        Reason(APP, "towards its endpoint", network, address.port),
        actions=send(segment.key, address.endpoint, tunnel) + (_to(second, tunnel) if second else ()),
    )


@lru_cache(maxsize=4096)
def send(key: int, endpoint: IpAddress, tunnel: int) -> tuple[Action, ...]:
    """A copy of an untagged frame to an endpoint."""
    return _set_key(key), *_to(endpoint, tunnel)


@lru_cache(maxsize=64)
def _set_key(key: int) -> Action:
    return SetField(TUN_ID, key)


@lru_cache(maxsize=4096)
def _to(endpoint: IpAddress, tunnel: int) -> tuple[Action, ...]:
    return SetField(tunnel_destination(endpoint), int(endpoint)), Output(tunnel)


def _outside_entry(unit: NetworkUnit, port: OutsidePort, tunnel: int) -> Flow:
    sender = {tunnel_source(port.endpoint).name: int(port.endpoint)}
    return CLASSIFY.flow(
        "outside",
        match_of(in_port=tunnel, tun_id=unit.segment.key, vlan_vid=VLAN_NONE, **sender),
        unit.reason(APP, f"from outside endpoint {port.endpoint}", port.id),
        goto=SOURCE,
        metadata=unit.number,
    )
