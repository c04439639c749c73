"""Loop guard: probes that come in from outside go to the controller, and blocked ports neither send nor receive.

The daemon sends probes out of tenants' ports (`controller.loop_watch`), to a group address that bridges forward. What
comes in as a probe, wherever, is copied to the controller and goes nowhere else, so the fabric never carries one. It is
one flow for a whole switch, with a meter of its own: a storm of other frames does not use it up. A guest that forges
probes could, to the harm of others, so an interface from which too many come is not heard for a while.

At a port that is *blocked*, as its network is looped outside of us there, all but probes is dropped on entry; it is on
no flood list, and what is for an address behind it is dropped.
"""

from __future__ import annotations

from collections.abc import Iterator

from apps.access import vlan_of
from apps.pipeline import CLASSIFY, DESTINATION
from apps.units import NetworkUnit, SwitchUnit
from controller.dataplane.fields import ETH_OUI_EXTENDED
from controller.dataplane.flow import Flow, Meter, Reason, ToController
from controller.dataplane.table import match_of

APP = "loop guard"
PROBES = 0x037E74000001
"""The destination of probes: a group address that is locally administered (IEEE 802-2014, 8.2), so nobody else's."""
RATE = 500
BURST = 500


def switch_flows(unit: SwitchUnit) -> Iterator[Flow]:
    """The end of all probes."""
    probe = {"eth_dst": PROBES, "eth_type": ETH_OUI_EXTENDED}
    actions = (ToController(unit.probes),)
    yield CLASSIFY.flow("probe", match_of(**probe), Reason(APP, "probe"), actions=actions)
    for interface in unit.unheard:
        reason = Reason(APP, f"too many probes at interface {interface}")
        yield CLASSIFY.flow("unheard", match_of(in_port=interface, **probe), reason)


def switch_meters(unit: SwitchUnit) -> Iterator[Meter]:
    """The limit on probes."""
    if unit.probes is not None:
        yield Meter(unit.probes, RATE, BURST, Reason(APP, "probes"))


def network_flows(unit: NetworkUnit) -> Iterator[Flow]:
    """The end of what enters at blocked ports, and of what is for addresses behind them."""
    for port in unit.blocked:
        if unit.enters:
            # A frame that is dropped has no use for metadata. It makes the flow another one for each network: two tags
            # of a trunk port can change places, and the flow of one's old network goes when that of the new is there.
            match = match_of(in_port=port.interface, vlan_vid=vlan_of(port))
            yield CLASSIFY.flow("port", match, unit.reason(APP, "blocked", port.id), metadata=unit.number)
        for address in port.addresses:
            yield DESTINATION.flow(
                "address",
                match_of(metadata=unit.flooded_or_not, eth_dst=address.mac),
                unit.reason(APP, "behind a blocked port", port.id),
            )
