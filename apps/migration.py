"""Migration: a port at two places, while its guest goes from one hypervisor to another.

The guest is at the first place, *stays* there, and may go on at any moment at the second, which *stands by*. Until the
daemon knows that it did, whatever is for it gets to both, so none of it is lost whenever that moment is:

- other switches send two copies (`RemoteAddress.twin`);
- each of the two hands over what comes in at its own ports, and sends a copy to the other. What comes from links and
  tunnels was copied where it entered, and is handed over only.

The first frame that the guest sends at the second place is what moves the port. It is let in at once, as are those that
follow, and copied to the daemon, like those of unknown senders (`apps.learning`): the guest has gone on, and to hold up
what it sends until its switch is told would lose it. What it sends to all is not handed to its other place, where it
would see itself: IPv6 takes that for a duplicate of its address (RFC 4862, 5.4.3), a bridge for a loop.

Which ports may be at two places, and where, the configuration says (`Port.hosts`).
"""

from __future__ import annotations

from collections.abc import Iterator

from apps import overlay, vlan
from apps.access import deliver
from apps.forwarding import flood_steps
from apps.pipeline import DESTINATION, FLOOD, FLOODED, MARK, NETWORK, SOURCE
from apps.units import Address, LocalPort, NetworkUnit, Presence
from controller.dataplane.fields import VLAN_PRESENT, VLAN_VID
from controller.dataplane.flow import Actions, Flow, PushVlan, SetField, ToController
from controller.dataplane.table import match_of

APP = "migration"


def network_flows(unit: NetworkUnit) -> Iterator[Flow]:
    """What is different at either place of a port that has two."""
    for port in unit.local:
        if port.stands_by and unit.enters:
            yield from _announcing(unit, port)
        if port.stands_by and unit.is_spread:
            yield from (_flooded(unit, port, address) for address in port.addresses)
        if port.presence is not Presence.ALONE:
            for address in port.addresses:
                yield _own(unit, port, address)
                if actions := _both(unit, port, address):
                    match = match_of(metadata=unit.number, eth_dst=address.mac)
                    reason = unit.reason(APP, "delivered, and to its other place", port.id)
                    yield DESTINATION.flow("both", match, reason, actions=actions)


def _announcing(unit: NetworkUnit, port: LocalPort) -> Iterator[Flow]:
    """The guest's frames, each with a copy to the daemon; at such a place no sender falls silent."""
    origin = {"metadata": unit.number, "in_port": port.interface}
    reason = unit.reason(APP, "its guest goes on here", port.id)
    copy = (ToController(port.meter),)
    for address in port.addresses:
        yield SOURCE.flow("address", match_of(eth_src=address.mac, **origin), reason, actions=copy, goto=DESTINATION)
    if port.learns:
        yield SOURCE.flow("learn", match_of(**origin), reason, actions=copy, goto=DESTINATION)


def _flooded(unit: NetworkUnit, port: LocalPort, address: Address) -> Flow:
    """What another switch has flooded gets to both places by itself."""
    return DESTINATION.flow(
        "address",
        match_of(metadata=(FLOODED | unit.number, FLOODED | NETWORK), eth_dst=address.mac),
        unit.reason(APP, "delivered", port.id),
        actions=deliver(port),
    )


def _both(unit: NetworkUnit, port: LocalPort, address: Address) -> Actions:
    """Copies to this place and to the other one; none if there is no way from here."""
    twin = address.twin
    if twin is None:
        return ()
    if twin.endpoint is not None:
        copy = overlay.send(unit.segment.key, twin.endpoint, unit.tunnel) if unit.tunnel is not None else ()
        return (*copy, *deliver(port)) if copy else ()
    tag = SetField(VLAN_VID, VLAN_PRESENT | unit.segment.key)
    tagged = (PushVlan(), tag) if port.tag is None else (tag,)
    return (*deliver(port), *tagged, *vlan.towards(address.mac, twin.label))


def _own(unit: NetworkUnit, port: LocalPort, address: Address) -> Flow:
    """The network's flood list, without this place."""
    return FLOOD.flow(
        "own",
        match_of(metadata=unit.flooded_or_not, eth_src=address.mac),
        unit.reason(APP, "flooded, and not to itself", port.id),
        actions=tuple(flood_steps(unit, port)),
        goto=MARK if unit.is_spread else None,
    )
