"""Finding one frame of a class, or that there is none.

Begin with what the class asks, and for all other bits a plain frame. If that meets a condition that it must not, change
one bit of that condition that is still free, and keep it changed. If that leads nowhere, keep the bit as it was and try
the next one: all are tried, so the search is complete.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address, IPv6Address

from controller.dataplane.fields import (
    ETH_DST,
    ETH_SRC,
    ETH_TYPE,
    TUN_DST,
    TUN_ID,
    TUN_IPV6_DST,
    TUN_IPV6_SRC,
    TUN_SRC,
    VLAN_PCP,
    VLAN_PRESENT,
    VLAN_VID,
    Field,
    mac_text,
)
from controller.dataplane.flow import Match
from controller.dataplane.packet import Packet, Tunnel
from controller.verify.classes import BITS, FrameClass, Where

PLAIN = {ETH_DST: 0x02DEAD000001, ETH_SRC: 0x02DEAD000002, ETH_TYPE: 0x0800, VLAN_VID: VLAN_PRESENT | 1, TUN_ID: 1}
"""Of a frame of which nothing else is asked."""


def solve(where: Where, without: tuple[Match, ...]) -> dict[Field, int] | None:
    """Values of fields that meet all conditions of `where` and none of `without`; None when there are none."""
    open_ones = [match for match in without if _may_be_met(match, where)]
    values = {field: value | PLAIN.get(field, 0) & ~mask & BITS[field] for field, (value, mask) in where.items()}
    met = [match for match in open_ones if _is_met(match, values)]
    if not met:
        return values
    # The one that leaves the least choice first, or what cannot be would be found out again and again. A bit whose
    # change led nowhere is kept as it was for the other ones: no two branches look at the same frames (Davis, Logemann
    # and Loveland, "A machine program for theorem-proving", 1962).
    narrower = dict(where)
    for field, bit in min((_free_bits(match, where) for match in met), key=len):
        known, fixed = narrower.get(field, (0, 0))
        now = values.get(field, PLAIN.get(field, 0))
        found = solve({**narrower, field: (known | ~now & bit, fixed | bit)}, tuple(open_ones))
        if found is not None:
            return found
        narrower[field] = (known | now & bit, fixed | bit)
    return None


def solve_for_each(
    where: Where, without: tuple[Match, ...], named: tuple[tuple[Field, tuple[int, ...]], ...]
) -> Iterator[dict[Field, int]]:
    """Solutions with each value of some fields that has a name, and two without.

    What does not have one is alike: two things that follow from such values are the same for all of them, or for one at
    most (a constant against the value itself). A solution may come twice.
    """
    values = solve(where, without)
    if values is None:
        return
    yield values
    if not named:
        return
    (field, names), *others = named
    known, fixed = where.get(field, (0, 0))
    for value in names:
        if (known ^ value) & fixed == 0:
            yield from solve_for_each({**where, field: (value, BITS[field])}, without, tuple(others))
    without = (*without, *(((field, value, None),) for value in names))
    for _ in range(2):
        other = solve(where, without)
        if other is None:
            return
        value = other.get(field, PLAIN.get(field, 0))
        yield from solve_for_each({**where, field: (value, BITS[field])}, without, tuple(others))
        without = (*without, ((field, value, None),))


def _may_be_met(match: Match, where: Where) -> bool:
    for field, value, mask in match:
        known, fixed = where.get(field, (0, 0))
        if (known ^ value) & fixed & (BITS[field] if mask is None else mask):
            return False
    return True


def _free_bits(match: Match, where: Where) -> list[tuple[Field, int]]:
    """The bits that a condition asks for and `where` does not."""
    found = []
    for field, _, mask in match:
        free = (BITS[field] if mask is None else mask & BITS[field]) & ~where.get(field, (0, 0))[1]
        found += [(field, 1 << at) for at in range(free.bit_length()) if free >> at & 1]
    return found


def frame_of(values: Mapping[Field, int], is_tagged: bool, inner: int | None = None) -> Packet:
    """The frame with these values on entry, and with a second tag if `inner` is one."""
    tags = (values.get(VLAN_VID, PLAIN[VLAN_VID]) & ~VLAN_PRESENT,) if is_tagged else ()
    source, destination = _address(values, TUN_SRC, TUN_IPV6_SRC), _address(values, TUN_DST, TUN_IPV6_DST)
    return Packet(
        eth_dst=values.get(ETH_DST, PLAIN[ETH_DST]),
        eth_src=values.get(ETH_SRC, PLAIN[ETH_SRC]),
        eth_type=values.get(ETH_TYPE, PLAIN[ETH_TYPE]) if inner is None else PLAIN[ETH_TYPE],
        tags=tags if inner is None else (*tags, inner),
        priority=values.get(VLAN_PCP, 0) if is_tagged else 0,
        tunnel=Tunnel(values.get(TUN_ID, PLAIN[TUN_ID]), source, destination) if source else Packet(0, 0).tunnel,
    )


def sent_as(packet: Packet, frames: FrameClass) -> Packet:
    """What became of a frame of a class when it leaves."""
    first = packet.tags[0] if packet.tags else 0
    seen = tuple(first if vid is None else vid for vid, _ in frames.tags)
    is_parsed = bool(packet.tags)
    hidden = packet.tags[1:] if is_parsed else ()
    changed = frames.written
    priority = frames.tags[0][1] if frames.tags else 0
    four, six = changed.get(TUN_DST), changed.get(TUN_IPV6_DST)
    receiver = IPv4Address(four) if four else IPv6Address(six) if six else None
    keeps_receiver = four is None and six is None
    return Packet(
        eth_dst=changed.get(ETH_DST, packet.eth_dst),
        eth_src=changed.get(ETH_SRC, packet.eth_src),
        eth_type=packet.eth_type,
        tags=(*seen, *hidden),
        priority=packet.priority if priority is None else priority,
        tunnel=Tunnel(
            changed.get(TUN_ID, packet.tunnel.id),
            packet.tunnel.source,
            packet.tunnel.destination if keeps_receiver else receiver,
        ),
    )


def frame_text(packet: Packet) -> str:
    """A frame for people."""
    parts = [f"{mac_text(packet.eth_src)} > {mac_text(packet.eth_dst)}", f"type {packet.eth_type:#06x}"]
    parts += [f"VLAN {tag}" for tag in packet.tags]
    if packet.priority:
        parts.append(f"priority {packet.priority}")
    if packet.tunnel.source is not None or packet.tunnel.destination is not None:
        ends = (
            f"{word} {end}" for word, end in (("from", packet.tunnel.source), ("to", packet.tunnel.destination)) if end
        )
        parts.append(f"tunnel ID {packet.tunnel.id} {' '.join(ends)}")
    return ", ".join(parts)


def _is_met(match: Match, values: Mapping[Field, int]) -> bool:
    return all(
        (values.get(field, PLAIN.get(field, 0)) ^ value) & (BITS[field] if mask is None else mask & BITS[field]) == 0
        for field, value, mask in match
    )


def _address(values: Mapping[Field, int], four: Field, six: Field) -> IPv4Address | IPv6Address | None:
    if values.get(four):
        return IPv4Address(values[four])
    return IPv6Address(values[six]) if values.get(six) else None
