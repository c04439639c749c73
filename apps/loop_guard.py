"""Loop guard: probes that come in from outside go to the controller, and blocked ports neither send nor receive.

The daemon sends probes out of tenants' ports (`controller.loop_watch`), to a group address that bridges forward. One
that comes in at a port, even a blocked one, is copied to the controller and goes nowhere else, so the fabric never
carries one. The copy carries the cookie of the flow of that port and network, which says where it came in. Each
interface has a meter for it: a guest that forges probes uses up its own, and a storm of other frames none.

At a port that is *blocked*, as its network is looped outside of us there, all else is dropped on entry; it is on no
flood list, and what is for an address behind it is dropped.
"""

from __future__ import annotations

from collections.abc import Iterator

from apps.access import vlan_of
from apps.pipeline import CLASSIFY, DESTINATION
from apps.units import LocalPort, NetworkUnit, OutsidePort
from controller.dataplane.fields import ETH_OUI_EXTENDED, VLAN_NONE, tunnel_source
from controller.dataplane.flow import Flow, Meter, Reason, ToController
from controller.dataplane.table import match_of

APP = "loop guard"
PROBES = 0x037E74000001
"""The destination of probes: a group address that is locally administered (IEEE 802-2014, 8.2), so nobody else's."""
RATE = 20
BURST = 20


def network_meters(unit: NetworkUnit) -> Iterator[Meter]:
    """The limit for each interface at which probes may come in."""
    ports: tuple[LocalPort | OutsidePort, ...] = (*unit.local, *unit.blocked, *unit.outside)
    for number in sorted({port.probes for port in ports if port.probes is not None}):
        yield Meter(number, RATE, BURST, Reason(APP, "probes that come in"))


def network_flows(unit: NetworkUnit) -> Iterator[Flow]:
    """The end of probes at each port, and of all other frames at blocked ones."""
    if unit.enters:
        for port in (*unit.local, *unit.blocked):
            yield _probe(unit, port, in_port=port.interface, vlan_vid=vlan_of(port))
        if unit.tunnel is not None:
            for outside in unit.outside:
                sender = {tunnel_source(outside.endpoint).name: int(outside.endpoint)}
                yield _probe(unit, outside, in_port=unit.tunnel, tun_id=unit.segment.key, vlan_vid=VLAN_NONE, **sender)
        for port in unit.blocked:
            yield CLASSIFY.flow(
                "port",
                match_of(in_port=port.interface, vlan_vid=vlan_of(port)),
                unit.reason(APP, "blocked", port.id),
                metadata=unit.number,
            )
    for port in unit.blocked:
        for address in port.addresses:
            yield DESTINATION.flow(
                "address",
                match_of(metadata=unit.flooded_or_not, eth_dst=address.mac),
                unit.reason(APP, "behind a blocked port", port.id),
            )


def _probe(unit: NetworkUnit, port: LocalPort | OutsidePort, **origin: int) -> Flow:
    # The metadata is of no use to a frame that ends here. It makes the flow another one for each network, as two flows
    # of different networks must not be alike: the one of a port's old network goes when that of its new one is there.
    return CLASSIFY.flow(
        "probe",
        match_of(eth_dst=PROBES, eth_type=ETH_OUI_EXTENDED, **origin),
        unit.reason(APP, "probe", port.id),
        actions=(ToController(port.probes),),
        metadata=unit.number,
    )
