"""Whether a frame that breaks the invariant of one switch gets from port to port, as things are wired now.

It is followed from where it enters, with the reference interpreter, and so are some that are like it. One that enters
from a link or tunnel is sent by nobody in particular: then frames of its owner's ports are tried, with the addresses
that flows there speak of. That is a search by trying, so that none was found proves nothing; the invariant is broken
all the same.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice, product
from typing import TypeAlias

from controller.dataplane.fields import ETH_DST, ETH_SRC, IN_PORT
from controller.dataplane.flow import Program
from controller.dataplane.interpreter import Interpreter
from controller.dataplane.packet import NO_TUNNEL, Packet, Tunnel
from controller.dataplane.walk import Place, Wiring
from controller.verify.borders import Border, Owner
from controller.verify.rules import Holding
from controller.verify.search import Breach
from controller.verify.solving import PLAIN

MOST_FRAMES = 200
"""Frames that are tried for one breach."""
BROADCAST = 0xFFFFFFFFFFFF


@dataclass(frozen=True, slots=True)
class Hop:
    """A frame in one switch."""

    switch: str
    entered: int
    packet: Packet
    """As it entered."""
    left: int
    sent: Packet


@dataclass(frozen=True, slots=True)
class Leak:
    """A way of a frame from a port to where it should not be."""

    owner: Owner
    hops: tuple[Hop, ...]
    reached: Owner


_Step: TypeAlias = tuple[Place, Packet, tuple[Hop, ...]]


class Journeys:
    """Follows frames through all switches whose tables are known."""

    def __init__(self, holdings: Mapping[str, Holding], borders: Mapping[str, Border], wiring: Wiring) -> None:
        self._borders = borders
        self._holdings = holdings
        self._wiring = wiring
        self._programs: dict[str, Program] = {}

    def leak(self, breach: Breach) -> Leak | None:
        """A frame that gets from a port to another owner's, by the breach or as it does."""
        interpreters: dict[str, Interpreter] = {}
        for start, packet in islice(self._starts(breach), MOST_FRAMES):
            found = self._follow(start, packet, breach, interpreters)
            if found:
                return found
        return None

    def _starts(self, breach: Breach) -> Iterator[tuple[Place, Packet]]:
        if breach.entered in self._borders[breach.switch].ports:
            start = breach.switch, breach.entered
            yield start, breach.packet
            for destination, priority in product(
                (breach.packet.eth_dst, BROADCAST), range(8 if breach.packet.tags else 1)
            ):
                yield start, replace(breach.packet, eth_dst=destination, priority=priority)
            return
        for name, border in self._borders.items():
            if name in self._holdings:
                for interface in border.interfaces_of(breach.owner):
                    yield from self._guesses((name, interface), breach)

    def _guesses(self, start: Place, breach: Breach) -> Iterator[tuple[Place, Packet]]:
        """Frames that a port's guest may send, those that may be the breach's first."""
        port = self._borders[start[0]].ports[start[1]]
        tags = [()] if isinstance(port, str) else [(tag,) for tag, owner in port.items() if owner == breach.owner]
        sources = {PLAIN[ETH_SRC]: None}
        destinations = dict.fromkeys((breach.packet.eth_dst, BROADCAST, PLAIN[ETH_DST]))
        for rule in self._holdings[start[0]].rules:
            values = {field: value for field, value, mask in rule.flow.match if mask is None}
            if values.get(IN_PORT) == start[1] and ETH_SRC in values:
                sources[values[ETH_SRC]] = None
            if ETH_DST in values:
                destinations[values[ETH_DST]] = None
        for destination, source, tag in product(destinations, reversed(sources), tags):
            yield start, Packet(destination, source, breach.packet.eth_type, tag)

    def _follow(
        self, start: Place, packet: Packet, breach: Breach, interpreters: dict[str, Interpreter]
    ) -> Leak | None:
        owner = _owner(self._borders[start[0]], start[1], packet, is_entering=True)
        waiting: deque[_Step] = deque([(start, packet, ())])
        while waiting:
            place, packet, before = waiting.popleft()
            if place[0] not in interpreters:
                interpreters[place[0]] = self._interpreter(place[0], breach)
            for port, sent in interpreters[place[0]].run(packet, place[1]).emitted:
                hops = (*before, Hop(place[0], place[1], packet, port, sent))
                further = self._further((place[0], port), sent)
                if further is not None and len(hops) <= 2 * len(self._holdings):
                    waiting.append((*further, hops))
                reached = _owner(self._borders[place[0]], port, sent, is_entering=False)
                if further is None and reached != owner and self._is_outside(place[0], port, sent):
                    return Leak(owner, hops, reached)
        return None

    def _further(self, exit_: Place, sent: Packet) -> tuple[Place, Packet] | None:
        """Where a frame enters next, if a switch that is known is there."""
        wiring = self._wiring
        if exit_ in wiring.tunnels:
            kind, receiver = wiring.tunnels[exit_], sent.tunnel.destination
            outer = Tunnel(sent.tunnel.id, wiring.endpoints.get(exit_[0]), receiver)
            for place, other in wiring.tunnels.items():
                if other == kind and receiver is not None and wiring.endpoints.get(place[0]) == receiver:
                    return (place, replace(sent, tunnel=outer)) if place[0] in self._holdings else None
            return None
        there = wiring.wires.get(exit_)
        return (there, replace(sent, tunnel=NO_TUNNEL)) if there and there[0] in self._holdings else None

    def _is_outside(self, switch: str, port: int, sent: Packet) -> bool:
        """Whether whoever gets a frame there is no switch of ours."""
        border = self._borders[switch]
        return port in border.ports or (port in border.tunnels and sent.tunnel.destination not in border.ground.ours)

    def _interpreter(self, switch: str, breach: Breach) -> Interpreter:
        if switch not in self._programs:
            holding = self._holdings[switch]
            plain = (rule.flow for rule in holding.rules if not rule.unknown and not rule.more_criteria)
            self._programs[switch] = Program(dict(enumerate(plain)), holding.groups)
        down = breach.down if switch == breach.switch else frozenset()
        return Interpreter(self._programs[switch], lambda interface: interface not in down)


def _owner(border: Border, interface: int, packet: Packet, *, is_entering: bool) -> Owner:
    tag = packet.tags[0] if packet.tags else None
    remote = packet.tunnel.source if is_entering else packet.tunnel.destination
    return border.owner(interface, tag, packet.tunnel.id, remote)
