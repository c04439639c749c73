"""A packet's way through all switches: the interpreter at each, wires and tunnels between them.

The walk ends when every copy has left the switches. A copy that travels further than any fabric is wide is a loop, and
is an error, not an endless walk.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from controller.dataplane.interpreter import Interpreter, Outcome
from controller.dataplane.packet import NO_TUNNEL, Packet, Tunnel
from controller.intent.model import IpAddress

Place: TypeAlias = tuple[str, int]
"""(switch, interface number)."""


class ForwardingLoop(AssertionError):
    """A copy of a packet does not stop travelling."""


@dataclass(frozen=True, slots=True)
class Wiring:
    """How switches are connected."""

    wires: Mapping[Place, Place]
    """Both directions of each link."""
    endpoints: Mapping[str, IpAddress]
    """Tunnel endpoint of each switch that has one."""
    tunnels: Mapping[Place, str]
    """Tunnel interfaces, by what they encapsulate."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A packet in one switch."""

    place: Place
    packet: Packet
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Journey:
    """All that became of one packet."""

    visits: tuple[Visit, ...]
    delivered: tuple[tuple[Place, Packet], ...]
    """What left by an interface with no link or tunnel of ours behind it."""
    departed: tuple[tuple[IpAddress, str, Packet], ...]
    """What was encapsulated for an endpoint that is not ours: (endpoint, encapsulation, packet)."""


def walk(interpreters: Mapping[str, Interpreter], wiring: Wiring, start: Place, packet: Packet) -> Journey:
    """Follow a packet that enters at `start`.

    Raises:
        ForwardingLoop: when a copy visits more switches than there are, twice over.
    """
    owners = {address: switch for switch, address in wiring.endpoints.items()}
    receivers = {(switch, kind): number for (switch, number), kind in wiring.tunnels.items()}
    visits: list[Visit] = []
    delivered: list[tuple[Place, Packet]] = []
    departed: list[tuple[IpAddress, str, Packet]] = []
    waiting = deque([(start, packet, 0)])
    while waiting:
        place, packet, hops = waiting.popleft()
        if hops > 2 * len(interpreters):
            raise ForwardingLoop(f"{packet} still travels at {place} after {hops} switches")
        outcome = interpreters[place[0]].run(packet, place[1])
        visits.append(Visit(place, packet, outcome))
        for number, sent in outcome.emitted:
            exit_ = (place[0], number)
            if exit_ in wiring.tunnels:
                kind, destination = wiring.tunnels[exit_], sent.tunnel.destination
                outer = Tunnel(sent.tunnel.id, wiring.endpoints.get(place[0]), destination)
                switch = owners.get(destination) if destination else None
                if switch and (switch, kind) in receivers:
                    waiting.append(((switch, receivers[switch, kind]), replace(sent, tunnel=outer), hops + 1))
                elif destination:
                    departed.append((destination, kind, replace(sent, tunnel=outer)))
            elif exit_ in wiring.wires:
                waiting.append((wiring.wires[exit_], replace(sent, tunnel=NO_TUNNEL), hops + 1))
            else:
                delivered.append((exit_, replace(sent, tunnel=NO_TUNNEL)))
    return Journey(tuple(visits), tuple(delivered), tuple(departed))
