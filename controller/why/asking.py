"""The question itself: who, what, and the way there and back.

Everything is a generator that yields often, so that whoever answers can let others have their turn in between. What
others may change meanwhile is looked at once, in `snapshot.take`.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, replace

from controller.answers import Answers
from controller.dataplane.fields import mac_text
from controller.dataplane.packet import Packet
from controller.intent.model import IpAddress, Port
from controller.why.answer import Answer, way_of
from controller.why.frames import GROUP, Ends, Wanted, packet_of, unspecified
from controller.why.parties import Party, Unclear, looked_up, pair_of
from controller.why.payloads import Pair
from controller.why.snapshot import IsOff, Snapshot, take
from controller.why.trip import Side, Trip, follow

STAND_INS = (0x02FEED000001, 0x02FEED000002)
"""MACs of guests of which none is known."""


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
    here, there = _sides(known, sender, receiver, question)
    ips = _ips(sender, receiver, question.wanted)
    packet = packet_of(question.wanted, Ends(here.mac, there.mac, ips, here.tags))
    trip = yield from follow(known, _as_sent(here, packet) if question.wanted.raw else here, there, packet)
    back = yield from _back(known, there, here, trip)
    ways = way_of(known, trip), way_of(known, back) if back else None
    switches = dict.fromkeys(hop.switch for way in ways if way for hop in way.hops)
    others = [name for name in _common(sender, receiver) if name != trip.sender.network]
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


def _sides(known: Snapshot, sender: Party, receiver: Party, question: Question) -> tuple[Side, Side]:
    """Both in their roles: on the network that was asked for, or the first that both are on, or each on its first."""
    if question.network is not None and question.network not in sender.networks:
        raise Unclear("network", f"{sender.name} is not on {question.network}")
    network = question.network or next(iter(_common(sender, receiver)), sender.networks[0])
    other = network if network in receiver.networks or not receiver.networks else receiver.networks[0]
    return _side(known, sender, network, STAND_INS[0]), _side(known, receiver, other, STAND_INS[1])


def _common(sender: Party, receiver: Party) -> list[str]:
    """Networks that both are on."""
    return [name for name in sender.networks if name in receiver.networks]


def _side(known: Snapshot, party: Party, network: str, stand_in: int) -> Side:
    port = party.port
    if port is None:
        return Side(None, network, None, party.mac or 0)
    tag = next((tag for tag, name in port.trunk if name == network), None)
    macs = known.macs(network, port)
    if party.mac is not None or macs:
        return Side(port, network, tag, macs[0] if party.mac is None else party.mac)
    while known.holder(network, stand_in):
        stand_in += len(STAND_INS)
    return Side(port, network, tag, stand_in, is_guessed=True)


def _as_sent(side: Side, packet: Packet) -> Side:
    """The role in which a port sends a frame that was given."""
    port, tag = side.port, packet.tags[0] if packet.tags else None
    network = port.network if tag is None and port else dict(port.trunk).get(tag or 0) if port else None
    return replace(side, network=network, tag=tag, mac=packet.eth_src, is_guessed=False)


def _ips(sender: Party, receiver: Party, wanted: Wanted) -> Pair:
    """Addresses of one IP version: of that which is asked for, or else IPv4 if both have that, or IPv6 if both do."""
    given = {party.ip.version for party in (sender, receiver) if party.ip}
    versions = [wanted.version] if wanted.version else sorted(given) or [4, 6]
    if len(given) > 1 or (given and versions[0] not in given):
        raise Unclear("packet", "the addresses are not of the IP version that is asked about, or of two")
    ips = {version: [_ip(party, version) for party in (sender, receiver)] for version in versions}
    best = next((version for version in versions if all(ips[version])), versions[0])
    source, destination = (one or unspecified(best) for one in ips[best])
    return Pair(source, destination)


def _ip(party: Party, version: int) -> IpAddress | None:
    if party.ip:
        return party.ip
    return next((one for one in (party.port.ip if party.port else ()) if one.version == version), None)


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
