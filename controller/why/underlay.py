"""Whether tunnels get through, where the fabric below them is ours, too.

The underlay of hypervisors may itself be a network: its ports are the interfaces to which their uplinks are wired, and
have the tunnel endpoints as their `ip`. Then a packet between two endpoints is a frame between two such ports, which is
followed like any other. Of an underlay of others nothing is known, and it counts as working.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator

from controller.answers import Answers
from controller.dataplane.packet import Packet
from controller.intent.model import IpAddress, Port
from controller.why.causes import causes
from controller.why.parties import PIECE
from controller.why.snapshot import IsOff, Snapshot, take
from controller.why.trip import Side, Trip, follow


def cut_below(core: Answers, is_off: IsOff, known: Snapshot, trip: Trip) -> Generator[None, None, str]:
    """Why a tunnel on the way of a frame that arrives carries nothing; "" when it does, as far as is known."""
    for ends in dict.fromkeys(_tunnels(known, trip)):
        ports = yield from _ports_with(known, ends)
        if ports and core.situation.intent is known.intent:
            below = take(core.situation, core.compiler, set(ports[0].networks), is_off)
            inner = yield from _between(below, *ports)
            if inner and inner.arrival is None:
                return f"the tunnel from {ends[0]} to {ends[1]} is cut: {causes(below, inner)[0]}"
    return ""


def _tunnels(known: Snapshot, trip: Trip) -> Iterator[tuple[IpAddress, IpAddress]]:
    """(sender, receiver) of the tunnels on the way."""
    if trip.arrival is None:
        return
    for visit in trip.way:
        here = known.wiring.endpoints.get(visit.place[0])
        if visit.packet.tunnel.source and here:
            yield visit.packet.tunnel.source, here
    visit, left = trip.arrival
    here = known.wiring.endpoints.get(visit.place[0])
    if left.endpoint and here:
        yield here, left.endpoint


def _ports_with(known: Snapshot, ends: tuple[IpAddress, IpAddress]) -> Generator[None, None, tuple[Port, Port] | None]:
    """The two ports that have these addresses, if it is one each, on a network that both are on."""
    found: list[list[Port]] = [[], []]
    for number, port in enumerate(known.intent.ports.values()):
        for ours, end in zip(found, ends, strict=True):
            if end in port.ip:
                ours.append(port)
        if number % PIECE == 0:
            yield
    here, there = found
    is_clear = len(here) == len(there) == 1 and here[0].network and here[0].network == there[0].network
    return (here[0], there[0]) if is_clear else None


def _between(below: Snapshot, here: Port, there: Port) -> Generator[None, None, Trip | None]:
    """A packet between two ports; None when their addresses are not known, as nothing was heard of them."""
    network = here.network or ""
    macs = [below.macs(network, port) for port in (here, there)]
    if not all(macs):
        return None
    source, destination = (known[0] for known in macs)
    sides = Side(here, network, None, source), Side(there, network, None, destination)
    return (yield from follow(below, *sides, Packet(destination, source)))
