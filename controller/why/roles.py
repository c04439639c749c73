"""In which roles the two sides are asked about: on which network, with which tag, MAC and IP address."""

from __future__ import annotations

from dataclasses import replace

from controller.dataplane.packet import Packet
from controller.intent.model import IpAddress
from controller.why.frames import Wanted, unspecified
from controller.why.parties import Party, Unclear
from controller.why.payloads import Pair
from controller.why.snapshot import Snapshot
from controller.why.trip import Side

STAND_INS = (0x02FEED000001, 0x02FEED000002)
"""MACs of guests of which none is known."""


def sides_of(known: Snapshot, sender: Party, receiver: Party, asked: str | None) -> tuple[Side, Side]:
    """Both in their roles: on the network that was asked for, or the first that both are on, or each on its first."""
    if asked is not None and asked not in sender.networks:
        raise Unclear("network", f"{sender.name} is not on {asked}")
    network = asked or next(iter(common_networks(sender, receiver)), sender.networks[0])
    other = network if network in receiver.networks or not receiver.networks else receiver.networks[0]
    return _side(known, sender, network, STAND_INS[0]), _side(known, receiver, other, STAND_INS[1])


def common_networks(sender: Party, receiver: Party) -> list[str]:
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


def as_sent(side: Side, packet: Packet) -> Side:
    """The role in which a port sends a frame that was given."""
    port, tag = side.port, packet.tags[0] if packet.tags else None
    network = port.network if tag is None and port else dict(port.trunk).get(tag or 0) if port else None
    return replace(side, network=network, tag=tag, mac=packet.eth_src, is_guessed=False)


def ips_of(sender: Party, receiver: Party, wanted: Wanted) -> Pair:
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
