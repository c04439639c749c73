"""The question itself: who, what, and the way there and back.

Everything is a generator that yields often, so that whoever answers can let others have their turn in between. What
others may change meanwhile is looked at once, in `snapshot.take`.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, replace

from controller.answers import Answers
from controller.dataplane.fields import mac_text
from controller.intent.model import Port
from controller.why.answer import Answer, way_of
from controller.why.frames import GROUP, Ends, Wanted, packet_of
from controller.why.parties import Party, looked_up, pair_of
from controller.why.roles import as_sent, common_networks, ips_of, sides_of
from controller.why.snapshot import IsOff, Snapshot, take
from controller.why.trip import Side, Trip, follow
from controller.why.underlay import cut_below


@dataclass(frozen=True, slots=True)
class Question:
    """Who and what."""

    sender: str
    receiver: str
    wanted: Wanted
    tenant: str | None = None
    """Whose ports count for addresses."""
    network: str | None = None
    """Which, when both sides are on several."""


def explain(
    core: Answers, is_off: IsOff, health: Callable[[str], str | None], question: Question
) -> Iterator[Answer | None]:
    """Yields None while it works, and the answer at last. Raises Unclear.

    `health` says what is to be noted about a switch, if it may not do what is computed.
    """
    sender, receiver = yield from _parties(core, question)
    known = take(core.situation, core.compiler, {*sender.networks, *receiver.networks}, is_off)
    here, there = sides_of(known, sender, receiver, question.network)
    ips = ips_of(sender, receiver, question.wanted)
    packet = packet_of(question.wanted, Ends(here.mac, there.mac, ips, here.tags))
    trip = yield from follow(known, as_sent(here, packet) if question.wanted.raw else here, there, packet)
    back = yield from _back(known, there, here, trip)
    trip = replace(trip, cut=(yield from cut_below(core, is_off, known, trip)))
    if back:
        back = replace(back, cut=(yield from cut_below(core, is_off, known, back)))
    ways = way_of(known, trip), way_of(known, back) if back else None
    switches = dict.fromkeys(hop.switch for way in ways if way for hop in way.hops)
    others = [name for name in common_networks(sender, receiver) if name != trip.sender.network]
    more = [f"both are on {', '.join(others)}, too"] if others else []
    notes = (*more, *_notes(trip), *filter(None, map(health, switches)))
    macs = _macs(known, sender.port), _macs(known, receiver.port)
    yield Answer(trip.sender, there, question.wanted.text, *ways, notes, *macs)


def _parties(core: Answers, question: Question) -> Generator[None, None, tuple[Party, Party]]:
    """Who is meant, in the intent that is in force when that is found."""
    while True:
        intent, learned = core.situation.intent, core.situation.addresses.by_network
        senders = yield from looked_up(intent, learned, question.sender, "from", question.tenant)
        receivers = yield from looked_up(intent, learned, question.receiver, "to", question.tenant)
        if core.situation.intent is intent:
            return pair_of(senders, receivers)


def _back(known: Snapshot, there: Side, here: Side, trip: Trip) -> Generator[None, None, Trip | None]:
    """The way of what the receiver would answer."""
    if there.port is None or trip.packet.eth_src & GROUP:
        return None
    if here.network != there.network and here.port and set(here.port.networks) & set(there.port.networks):
        # It was asked about a network that only one of them is on; what is sent on the other is no answer.
        return None
    answer = replace(trip.packet, eth_dst=trip.packet.eth_src, eth_src=there.mac, tags=there.tags, priority=0)
    return (yield from follow(known, there, here, answer))


def _notes(trip: Trip) -> Iterator[str]:
    for side in (trip.sender, trip.receiver):
        if side.is_guessed and side.port:
            yield f"no address of {side.port.id} is known; {mac_text(side.mac)} stands for it"
    if trip.copies > 1:
        yield f"it arrives {trip.copies} times"


def _macs(known: Snapshot, port: Port | None) -> tuple[int, ...]:
    """All that are known of a port."""
    if port is None:
        return ()
    return tuple(sorted({mac for network in port.networks for mac in known.macs(network, port)}))
