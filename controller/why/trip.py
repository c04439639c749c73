"""One frame from one side to the other: whom it is between, where it enters, and what became of it."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace

from apps.pipeline import FLOOD
from controller.dataplane.packet import Packet, Tunnel
from controller.dataplane.walk import Exit, ForwardingLoop, Place, Visit, visits
from controller.intent.model import Port
from controller.why.frames import GROUP
from controller.why.snapshot import Snapshot

MOST_VISITS = 4
"""To each switch on average, before a frame counts as going round. One that is flooded visits each once."""


@dataclass(frozen=True, slots=True)
class Side:
    """A port in its role on one network."""

    port: Port | None
    """None for a MAC that nobody is known to have."""
    network: str | None
    """None when its frames belong to none."""
    tag: int | None
    """Of the network towards the guest."""
    mac: int
    is_guessed: bool = False
    """Whether no address of it is known, and `mac` stands for one."""

    @property
    def tags(self) -> tuple[int, ...]:
        """What its frames carry."""
        return () if self.tag is None else (self.tag,)


@dataclass(frozen=True, slots=True)
class Trip:
    """What became of a frame."""

    sender: Side
    receiver: Side
    packet: Packet
    """As it was sent."""
    visits: tuple[Visit, ...] = ()
    """All; none if it could not enter anywhere."""
    arrival: tuple[Visit, Exit] | None = None
    """Where it left towards the receiver."""
    copies: int = 0
    """How often it did."""
    is_circling: bool = False
    """Whether it goes round for ever."""
    cut: str = ""
    """Why a tunnel on its way carries nothing (`controller.why.underlay`)."""

    @property
    def is_to_all(self) -> bool:
        """Whether it is for a group of receivers."""
        return bool(self.packet.eth_dst & GROUP)

    @property
    def way(self) -> tuple[Visit, ...]:
        """The visits on the way to the receiver, or to where it ended that is nearest to him."""
        if self.arrival:
            return self.arrival[0].way
        home = self.receiver.port.switch if self.receiver.port else None
        there = [visit for visit in self.visits if visit.place[0] == home]
        if there:
            return there[0].way
        is_one_way = all(sum(one.entry is not None for one in visit.exits) <= 1 for visit in self.visits)
        return self.visits if is_one_way else self.visits[:1]

    @property
    def is_flooded(self) -> bool:
        """Whether it was sent to all on its way, as its address led nowhere."""
        flows = (step.flow for visit in self.way for step in visit.outcome.steps)
        return not self.is_to_all and any(flow and flow.table == FLOOD.id for flow in flows)


def follow(known: Snapshot, sender: Side, receiver: Side, packet: Packet) -> Generator[None, None, Trip]:
    """Follow a frame; yields after each switch."""
    start = _entry(known, sender, receiver, packet)
    if start is None:
        return Trip(sender, receiver, packet)
    found: list[Visit] = []
    is_circling = False
    try:
        for visit in visits(known.interpreters, known.wiring, *start):
            found.append(visit)
            yield
            if len(found) > MOST_VISITS * len(known.interpreters):
                raise ForwardingLoop
    except ForwardingLoop:
        is_circling = True
    arrivals = [(visit, one) for visit in found for one in visit.exits if _is_there(known, receiver, one)]
    return Trip(sender, receiver, packet, tuple(found), next(iter(arrivals), None), len(arrivals), is_circling)


def _entry(known: Snapshot, sender: Side, receiver: Side, packet: Packet) -> tuple[Place, Packet] | None:
    """Where the frame enters; None when it does not get into any switch."""
    port, key = sender.port, known.keys.get(sender.network or "")
    if port is None or port.endpoint is None:
        place = known.place(port)
        return None if place is None or place in known.wiring.down else (place, packet)
    there = receiver.port.switch if receiver.port else None
    tunnel = known.tunnel(there, key) if there and key else None
    return (
        None
        if tunnel is None or key is None
        else (tunnel, replace(packet, tunnel=Tunnel(key.key, port.endpoint, None)))
    )


def _is_there(known: Snapshot, receiver: Side, left: Exit) -> bool:
    """Whether what left a switch gets to the receiver."""
    port, key = receiver.port, known.keys.get(receiver.network or "")
    if port is None or left.is_lost or left.entry is not None:
        return False
    if port.endpoint is None:
        return left.endpoint is None and left.place == known.place(port)
    kind = known.wiring.tunnels.get(left.place)
    return key is not None and (left.endpoint, kind, left.packet.tunnel.id) == (
        port.endpoint,
        key.segment.value,
        key.key,
    )
