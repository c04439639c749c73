"""Access: a tenant's ports on their interfaces.

An access port's frames must be untagged; a trunk port's must carry the tag of one of its networks, which is taken off
on entry and put on again towards the guest. Anything else a guest sends matches no flow and is dropped.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from apps.pipeline import CLASSIFY, DESTINATION, SOURCE
from apps.units import LocalPort, NetworkUnit, SwitchUnit
from controller.dataplane.fields import VLAN_NONE, VLAN_PRESENT, VLAN_VID
from controller.dataplane.flow import Actions, Flow, Output, PopVlan, PushVlan, Reason, SetField
from controller.dataplane.table import match_of


def switch_flows(unit: SwitchUnit) -> Iterator[Flow]:
    """Untagged frames of trunk ports belong to no network."""
    for interface, port in unit.trunks:
        reason = Reason("access", "untagged frame on a trunk port", port=port)
        yield CLASSIFY.flow("refuse", match_of(in_port=interface, vlan_vid=VLAN_NONE), reason)


def network_flows(unit: NetworkUnit) -> Iterator[Flow]:
    """Entry of each local port, and delivery of each address behind one."""
    for port in unit.local:
        if unit.enters:
            yield CLASSIFY.flow(
                "port",
                match_of(in_port=port.interface, vlan_vid=vlan_of(port)),
                unit.reason("access", "enters", port.id),
                actions=() if port.tag is None else (PopVlan(),),
                goto=SOURCE,
                metadata=unit.number,
            )
        # Where its guest may not be yet, it is `apps.migration` that says what is delivered.
        for address in () if port.stands_by else port.addresses:
            yield DESTINATION.flow(
                "address",
                match_of(metadata=unit.flooded_or_not, eth_dst=address.mac),
                unit.reason("access", "delivered", port.id),
                actions=deliver(port),
            )


def vlan_of(port: LocalPort) -> int:
    """What a match of the VLAN has to be for frames from a port."""
    return VLAN_NONE if port.tag is None else VLAN_PRESENT | port.tag


def deliver(port: LocalPort) -> Actions:
    """Out of the port's interface, tagged when it is a trunk's."""
    if port.tag is None:
        return _out_of(port.interface)
    return (PushVlan(), SetField(VLAN_VID, VLAN_PRESENT | port.tag), Output(port.interface))


@lru_cache(maxsize=4096)
def _out_of(interface: int) -> Actions:
    # Interfaces have the same numbers on all switches, so others need not have it in memory once more.
    return (Output(interface),)
