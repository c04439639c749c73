"""The answer as a value: the verdict in one line, where the frame went, and which flow decided in each table."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from controller.dataplane.encoder import cookie_of
from controller.dataplane.text import flow_text
from controller.dataplane.walk import Exit, Visit
from controller.intent.model import IpAddress, Segment, SegmentKey
from controller.why.causes import TABLES, causes, reason_of
from controller.why.frames import frame_of
from controller.why.snapshot import Snapshot
from controller.why.trip import Side, Trip

KINDS = {Segment.VLAN: "VLAN", Segment.VXLAN: "VXLAN", Segment.GENEVE: "Geneve", Segment.GRE: "GRE"}


class Verdict(StrEnum):
    """What becomes of the frame."""

    DELIVERED = "delivered"
    BLOCKED = "blocked"
    FLOODED = "flooded"
    """It gets there, and to all others of the network, as its address is not known."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Hop:
    """The frame in one switch on its way."""

    switch: str
    dpid: int
    entered: str
    """Name of the interface by which it enters; `entered_by` is its OpenFlow number."""
    entered_by: int
    left: str | None
    """Name of the interface by which it leaves on that way; None where it ends."""
    sends: tuple[tuple[int, str], ...]
    """All that leaves: (OpenFlow number, name) of interfaces."""
    frame: bytes
    """As it enters."""
    tunnel: tuple[int, IpAddress] | None
    """Tunnel ID and sender, if it came out of a tunnel."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What one table did."""

    switch: str
    table: str
    flow: str | None
    """As `ovs-ofctl add-flow` takes it; None when none matched."""
    cookie: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Way:
    """A verdict about one direction."""

    verdict: Verdict
    text: str
    """In one line."""
    causes: tuple[str, ...] = ()
    """All that is in the way, what matters most first."""
    hops: tuple[Hop, ...] = ()
    steps: tuple[Decision, ...] = ()

    @property
    def arrives(self) -> bool:
        """Whether it gets to whom it is for."""
        return self.verdict in (Verdict.DELIVERED, Verdict.FLOODED)


@dataclass(frozen=True, slots=True)
class Answer:
    """Both directions."""

    sender: Side
    receiver: Side
    packet: str
    """What was asked about, for people."""
    there: Way
    back: Way | None
    """None when nobody could send back."""
    notes: tuple[str, ...] = ()
    sender_macs: tuple[int, ...] = ()
    """All that are known of its port."""
    receiver_macs: tuple[int, ...] = ()

    @property
    def text(self) -> str:
        """The verdict in one line."""
        is_half = self.there.arrives and self.back is not None and not self.back.arrives
        return f"{self.there.text}; but nothing comes back" if is_half else self.there.text


def way_of(known: Snapshot, trip: Trip) -> Way:
    """What became of a frame, in words."""
    hops, steps = tuple(_hops(known, trip)), tuple(_decisions(trip))
    if trip.receiver.port is None:
        return Way(Verdict.UNKNOWN, f"unknown: {_to_nobody(known, trip)}", (), hops, steps)
    if trip.arrival is None:
        found = tuple(causes(known, trip))
        return Way(Verdict.BLOCKED, f"blocked: {found[0]}", found, hops, steps)
    if trip.cut:
        return Way(Verdict.BLOCKED, f"blocked: {trip.cut}", (trip.cut,), hops, steps)
    verdict = Verdict.FLOODED if trip.is_flooded else Verdict.DELIVERED
    why = ""
    if trip.is_flooded:
        is_guess = trip.receiver.is_guessed
        why = f"; no address of {trip.receiver.port.id} is known" if is_guess else "; its address leads nowhere"
    return Way(verdict, f"{verdict}: {_route(known, trip, hops)}{why}", (), hops, steps)


def _to_nobody(known: Snapshot, trip: Trip) -> str:
    reached = {one.place for visit in trip.visits for one in visit.exits if one.entry is None and not one.is_lost}
    mac = trip.packet.eth_dst.to_bytes(6, "big").hex(":")
    ports = f"{len(reached)} interface{'s' if len(reached) != 1 else ''}"
    if not trip.visits or not trip.visits[0].exits:
        return f"nobody is known to have {mac}; {causes(known, trip)[0]}"
    return f"nobody on {trip.sender.network} is known to have {mac}; flooded to {ports}"


def _route(known: Snapshot, trip: Trip, hops: tuple[Hop, ...]) -> str:
    names = [hops[0].entered, *(hop.switch for hop in hops), hops[-1].left or ""]
    if trip.sender.port and trip.sender.port.endpoint:
        names.insert(0, str(trip.sender.port.endpoint))
    if trip.receiver.port and trip.receiver.port.endpoint:
        names.append(str(trip.receiver.port.endpoint))
    key = known.keys.get(trip.sender.network or "")
    is_carried = key is not None and (len(hops) > 1 or hops[0].tunnel is not None or len(names) > len(hops) + 2)
    parts = [" -> ".join(names)]
    if is_carried and key:
        parts.append(key_text(key))
    return ", ".join([*parts, f"{len(hops)} hop{'s' if len(hops) != 1 else ''}"])


def key_text(key: SegmentKey) -> str:
    """A segment and key for people."""
    return f"{KINDS[key.segment]} {key.key}"


def _hops(known: Snapshot, trip: Trip) -> list[Hop]:
    way = trip.way
    left: list[Exit | None] = [_exit_to(one, other) for one, other in pairwise(way)]
    left += [trip.arrival[1] if trip.arrival else None] if way else []
    return [_hop(known, visit, by) for visit, by in zip(way, left, strict=True)]


def _exit_to(one: Visit, other: Visit) -> Exit | None:
    return next((left for left in one.exits if (left.entry, left.packet) == (other.place, other.packet)), None)


def _hop(known: Snapshot, visit: Visit, left: Exit | None) -> Hop:
    switch, number = visit.place
    tunnel = visit.packet.tunnel
    return Hop(
        switch=switch,
        dpid=known.fabric.switches[switch].dpid,
        entered=known.interface(visit.place),
        entered_by=number,
        left=known.interface(left.place) if left else None,
        sends=tuple((one.place[1], known.interface(one.place)) for one in visit.exits),
        frame=frame_of(visit.packet),
        tunnel=(tunnel.id, tunnel.source) if tunnel.source else None,
    )


def _decisions(trip: Trip) -> list[Decision]:
    found = []
    for visit in trip.way:
        for step in visit.outcome.steps:
            cookie = cookie_of(step.flow) if step.flow else None
            text = flow_text(step.flow, cookie_of(step.flow)) if step.flow else None
            reason = reason_of(step) if step.flow else f"{reason_of(step)}: dropped"
            found.append(Decision(visit.place[0], TABLES[step.table], text, cookie, reason))
    return found
