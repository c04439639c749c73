"""A packet's way through all switches: the interpreter at each, wires and tunnels between them.

The walk ends when every copy has left the switches. A copy that travels further than any fabric is wide is a loop, and
is an error, not an endless walk. `visits` takes it switch by switch, for who has other things to do in between.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
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
    down: frozenset[Place] = frozenset()
    """Interfaces that are down: nothing leaves by them."""


@dataclass(frozen=True, slots=True)
class Exit:
    """A packet that leaves a switch, as it is outside."""

    place: Place
    packet: Packet
    entry: Place | None = None
    """Where it enters next."""
    endpoint: IpAddress | None = None
    """Whom it is encapsulated for, if that is none of our switches."""
    is_lost: bool = False
    """Whether it gets nowhere: the interface is down, or a tunnel that was not told where to."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A packet in one switch."""

    place: Place
    packet: Packet
    outcome: Outcome
    exits: tuple[Exit, ...] = ()
    before: Visit | None = None
    """Where it came from."""

    @property
    def way(self) -> tuple[Visit, ...]:
        """All visits from where the packet entered first to this one."""
        found = [self]
        while found[-1].before:
            found.append(found[-1].before)
        return tuple(reversed(found))


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
    found = tuple(visits(interpreters, wiring, start, packet))
    ended = [one for visit in found for one in visit.exits if one.entry is None and not one.is_lost]
    delivered = tuple((one.place, one.packet) for one in ended if one.endpoint is None)
    departed = tuple((one.endpoint, wiring.tunnels[one.place], one.packet) for one in ended if one.endpoint is not None)
    return Journey(found, delivered, departed)


def visits(interpreters: Mapping[str, Interpreter], wiring: Wiring, start: Place, packet: Packet) -> Iterator[Visit]:
    """The same switch by switch, those that are nearer to `start` first. Raises ForwardingLoop."""
    way = _Way(wiring)
    waiting: deque[tuple[Place, Packet, Visit | None, int]] = deque([(start, packet, None, 0)])
    while waiting:
        place, packet, before, hops = waiting.popleft()
        if hops > 2 * len(interpreters):
            raise ForwardingLoop(f"{packet} still travels at {place} after {hops} switches")
        outcome = interpreters[place[0]].run(packet, place[1])
        exits = tuple(way.exit((place[0], number), sent) for number, sent in outcome.emitted)
        visit = Visit(place, packet, outcome, exits, before)
        yield visit
        waiting += [(one.entry, one.packet, visit, hops + 1) for one in exits if one.entry is not None]


class _Way:
    """Where packets get that leave switches."""

    def __init__(self, wiring: Wiring) -> None:
        self._wiring = wiring
        self._owners = {address: switch for switch, address in wiring.endpoints.items()}
        self._receivers = {(switch, kind): number for (switch, number), kind in wiring.tunnels.items()}

    def exit(self, place: Place, sent: Packet) -> Exit:
        wiring = self._wiring
        if place in wiring.down:
            return Exit(place, sent, is_lost=True)
        if place not in wiring.tunnels:
            return Exit(place, replace(sent, tunnel=NO_TUNNEL), wiring.wires.get(place))
        kind, destination = wiring.tunnels[place], sent.tunnel.destination
        packet = replace(sent, tunnel=Tunnel(sent.tunnel.id, wiring.endpoints.get(place[0]), destination))
        switch = self._owners.get(destination) if destination else None
        if switch and (switch, kind) in self._receivers:
            return Exit(place, packet, (switch, self._receivers[switch, kind]))
        return Exit(place, packet, endpoint=destination, is_lost=destination is None)
