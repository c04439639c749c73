"""Underlay: probes between tunnel endpoints, by which the daemon knows who reaches whom (`controller.underlay_watch`).

They travel through the tunnels, with the tunnel ID that no network can have, so that they meet whatever guests' packets
meet on the way. Two group addresses say what becomes of one:

- A frame to `HEARD` ends here and is copied to the controller.
- A frame to `ASKED` is sent back at once, to `HEARD`. The switch does so by itself: it needs no session for that, so a
  switch whose session is lost is not taken for one that is cut off, and one that is dead is found without a session.

Both are accepted only from the endpoints of our other switches, as all frames from tunnels. What a guest sends to these
addresses stays in its network, which has another tunnel ID. No answer is answered, so nothing can go round.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from apps.pipeline import TUNNEL, encapsulation_number
from apps.units import SwitchUnit
from controller.dataplane.fields import (
    ETH_DST,
    ETH_OUI_EXTENDED,
    TUN_ID,
    VLAN_NONE,
    tunnel_destination,
    tunnel_source,
)
from controller.dataplane.flow import Actions, AllowReturn, Flow, Meter, Output, Reason, SetField, ToController
from controller.dataplane.table import match_of
from controller.intent.model import IpAddress, Segment

APP = "underlay"
TUNNEL_ID = 0
"""Networks' begin with 1."""
ASKED = 0x037E74000002
HEARD = 0x037E74000003
"""Group addresses that are locally administered (IEEE 802-2014, 8.2), as the one of `apps.loop_guard`."""
RATE = 500
BURST = 500


def switch_flows(unit: SwitchUnit) -> Iterator[Flow]:
    """The end of probes, and the way back for each endpoint that may ask."""
    for encapsulation, interface in unit.tunnels:
        yield _heard(encapsulation, unit.underlay)
        for peer in unit.peers:
            yield _asked(encapsulation, interface, peer)


def switch_meters(unit: SwitchUnit) -> Iterator[Meter]:
    """The limit on probes that are copied to the controller."""
    if unit.underlay is not None and unit.tunnels:
        yield Meter(unit.underlay, RATE, BURST, Reason(APP, "probes of the underlay"))


@lru_cache(maxsize=16384)
def sending(endpoint: IpAddress, tunnel: int) -> Actions:
    """The actions that send a probe to an endpoint by a tunnel interface."""
    return (
        SetField(TUN_ID, TUNNEL_ID),
        SetField(tunnel_destination(endpoint), int(endpoint)),
        Output(tunnel),
    )


@lru_cache(maxsize=64)
def _heard(encapsulation: Segment, meter: int | None) -> Flow:
    return TUNNEL.flow(
        "probe",
        match_of(**_probe(encapsulation, HEARD)),
        Reason(APP, f"probe out of {encapsulation.value}"),
        actions=(ToController(meter),),
    )


@lru_cache(maxsize=4096)
def _asked(encapsulation: Segment, interface: int, peer: IpAddress) -> Flow:
    return TUNNEL.flow(
        "probe",
        match_of(**_probe(encapsulation, ASKED), **{tunnel_source(peer).name: int(peer)}),
        Reason(APP, f"probe of {peer} sent back, {encapsulation.value}"),
        actions=(SetField(ETH_DST, HEARD), AllowReturn(), *sending(peer, interface)),
    )


def _probe(encapsulation: Segment, address: int) -> dict[str, int]:
    return {
        "metadata": encapsulation_number(encapsulation),
        "tun_id": TUNNEL_ID,
        "vlan_vid": VLAN_NONE,
        "eth_dst": address,
        "eth_type": ETH_OUI_EXTENDED,
    }
