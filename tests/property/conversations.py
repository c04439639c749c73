"""What all members of a network say to each other: frames that must work, beside the generated ones that may not."""

from __future__ import annotations

from collections.abc import Iterator

from controller.dataplane.packet import Packet
from controller.dataplane.walk import Journey
from tests.property.expectation import addresses, members
from tests.property.scene import World
from tests.property.sent_frames import BROADCAST, UNKNOWN, Injection


def conversations(world: World, network: str) -> Iterator[Journey]:
    """The way of each opening."""
    for place, packet in openings(world, network):
        yield world.send(place, packet)


def openings(world: World, network: str) -> Iterator[Injection]:
    """A frame from each member to each address of its network, and to all."""
    here = members(world.scene, network)
    known = {mac for member in here for mac in addresses(world.scene, network, member.port)}
    for sender in here:
        if sender.place:
            own = addresses(world.scene, network, sender.port) or {UNKNOWN}
            for mac in sorted({BROADCAST, *known}):
                yield sender.place, Packet(mac, min(own), tags=sender.tags)
