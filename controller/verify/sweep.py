"""The first look: every flow of a switch, with every class of frames that may come to it.

A class is known by its *origin*: the owner of its frames, or how the owner follows from what is not fixed yet, the tag
of a frame from a link or a trunk port, the tunnel ID and sender of one from a tunnel. A flow that matches one tag
settles it. Between tables a class forgets what was asked of it, so classes of one owner become one, and flows of higher
priority are not taken away: what is found is suspected, not certain (`controller.verify.search`). What is not found is
not there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from itertools import chain
from typing import TypeAlias

from controller.dataplane.fields import (
    IN_PORT,
    METADATA,
    TUN_DST,
    TUN_ID,
    TUN_IPV6_DST,
    TUN_IPV6_SRC,
    TUN_SRC,
    VLAN_PRESENT,
    VLAN_VID,
)
from controller.dataplane.flow import Group
from controller.intent.model import IpAddress
from controller.verify.actions import BACK, Sent, exits, perform
from controller.verify.borders import Border, Owner
from controller.verify.classes import BITS, ENTERED, NO_TUNNEL, FrameClass
from controller.verify.rules import TELLING, Rule, RuleIndex

FROM_TUNNEL = {METADATA: 0}
TAGGED = {VLAN_VID: (VLAN_PRESENT, VLAN_PRESENT)}
VID = VLAN_PRESENT - 1
LINKS = -1
"""Stands for every interface that is neither a tenant's nor a tunnel."""
ANYWHERE = -2


@dataclass(frozen=True, slots=True)
class Origin:
    """Whose frames are, or where they entered if that depends on more."""

    owner: Owner | None = None
    interface: int = ANYWHERE
    """A trunk port's or a tunnel, or `LINKS`; `ANYWHERE` once it makes no difference."""
    sender: IpAddress | None = None
    """Out of a tunnel: its endpoint once it is known, the same one for all of ours."""


ANY_LINK = Origin(None, LINKS)


@dataclass(frozen=True, slots=True)
class Suspect:
    """A flow by which frames of an origin may leave where they should not."""

    origin: Origin
    rule: Rule
    port: int | None
    """None where the flow does what is not modelled."""


State: TypeAlias = tuple[int, Origin, FrameClass]
"""Table, origin, and the class that comes there."""


class Sweep:
    """Looks at one switch, or at a part of what it holds."""

    def __init__(self, border: Border, groups: Mapping[int, Group], *layers: RuleIndex) -> None:
        self.border = border
        self.groups = groups
        self.layers = layers
        self.suspects: dict[Suspect, None] = {}
        self._known: dict[object, State] = {}
        self._waiting: list[State] = []
        self._receivers: dict[tuple[int | None, int | None], tuple[IpAddress | None, bool]] = {}

    @property
    def states(self) -> Collection[State]:
        """All that was looked at."""
        return self._known.values()

    def run(self, states: Iterable[State]) -> None:
        """Look at these classes, and at all that comes of them."""
        for state in states:
            self.take(*state)
        while self._waiting:
            self.look(self._waiting.pop(), self.layers)

    def take(self, table: int, origin: Origin, frames: FrameClass) -> None:
        """Have a class looked at in a table, unless it was."""
        key = (table, origin, frozenset(frames.written.items()), frames.tags, *frames.where.items())
        if key not in self._known:
            state = self._known[key] = (table, origin, frames)
            self._waiting.append(state)

    def look(self, state: State, layers: Iterable[RuleIndex]) -> None:
        """Look at what becomes of a class by these rules; what goes on to other tables waits for its turn."""
        table, origin, frames = state
        fixed = {field: value for field in TELLING if (value := frames.fixed(field)) is not None}
        for rule in chain.from_iterable(layer.candidates(table, fixed) for layer in layers):
            if rule.is_end:
                continue
            met = frames.narrowed(rule.flow.match)
            if met is not None and self._may_enter(origin, met):
                self._follow(self._settled(origin, met), rule, met)

    def _may_enter(self, origin: Origin, frames: FrameClass) -> bool:
        """Whether the interface where frames of a class entered can be one of the origin's."""
        interface = frames.entered_with(IN_PORT) if origin.interface == LINKS else None
        return interface is None or self.border.is_link(interface)

    def _follow(self, origin: Origin, rule: Rule, frames: FrameClass) -> None:
        flow = rule.flow
        if rule.unknown:
            self.suspects[Suspect(origin, rule, None)] = None
        sent, after = perform(flow.actions, frames, self.groups)
        for one in sent:
            for each in exits(one, self.border):
                if not self._belongs(origin, each):
                    self.suspects[Suspect(origin, rule, each.port)] = None
        if flow.goto is not None:
            self.take(flow.goto, origin, after.on_to_next(flow.metadata, flow.metadata_mask).forgetful())

    def _settled(self, origin: Origin, frames: FrameClass) -> Origin:
        """The origin, with all that the class says of it."""
        if origin.owner is not None:
            return origin
        segment = self.border.tunnels.get(origin.interface)
        if segment is not None:
            sender = origin.sender or self._sender(frames)
            key = frames.entered_with(TUN_ID)
            if sender is None or key is None:
                return Origin(None, origin.interface, sender)
            return Origin(self.border.ground.of_tunnel(segment, key, sender))
        vid = frames.entered_with(VLAN_VID)
        if vid is None:
            return origin
        # As for an interface that is not there, LINKS has its frames' owners by their tags.
        return Origin(self.border.owner(origin.interface, vid & VID, 0, None))

    def _sender(self, frames: FrameClass) -> IpAddress | None:
        four, six = frames.entered_with(TUN_SRC), frames.entered_with(TUN_IPV6_SRC)
        address = IPv4Address(four) if four else IPv6Address(six) if six else None
        return self.border.ground.alike(address) if address else None

    def _receiver(self, frames: FrameClass) -> tuple[IpAddress | None, bool]:
        """To which endpoint frames go, and whether it is ours. Most flows name one of few, and addresses are slow."""
        named = frames.constant(TUN_DST), frames.constant(TUN_IPV6_DST)
        if (found := self._receivers.get(named)) is None:
            four, six = named
            address = IPv4Address(four) if four else IPv6Address(six) if six else None
            found = self._receivers[named] = address, address in self.border.ground.ours
        return found

    def _belongs(self, origin: Origin, sent: Sent) -> bool:
        """Whether it is plain that frames leave where they belong."""
        port, frames = sent.port, sent.frames
        if port == BACK:
            return False
        place = self.border.ports.get(port)
        if isinstance(place, str):
            return place == origin.owner
        segment = self.border.tunnels.get(port)
        if segment is not None:
            receiver, is_ours = self._receiver(frames)
            key = frames.fixed(TUN_ID)
            if key is None:
                return False
            ground = self.border.ground
            return (
                ground.of_key(segment, key) if is_ours else ground.of_tunnel(segment, key, receiver)
            ) == origin.owner
        if not frames.tags:
            # It may have had a second tag, which is its first now.
            return False
        vid = frames.fixed(VLAN_VID)
        if vid is None:
            return place is None and origin == ANY_LINK
        return self.border.owner(port, vid & VID, 0, None) == origin.owner


def entries(border: Border) -> Iterator[State]:
    """All frames that can enter, as classes; those from all links are one."""
    yield from entries_at(border, border.ports)
    yield 0, Origin(border.ground.of_vlan(None), LINKS), FrameClass({}, NO_TUNNEL)
    yield 0, ANY_LINK, FrameClass(TAGGED, NO_TUNNEL, (ENTERED,))
    for interface in border.tunnels:
        where = {IN_PORT: (interface, BITS[IN_PORT])}
        yield 0, Origin(None, interface), FrameClass(where, FROM_TUNNEL)
        yield 0, Origin(None, interface), FrameClass({**where, **TAGGED}, FROM_TUNNEL, (ENTERED,))


def entries_at(border: Border, interfaces: Iterable[int]) -> Iterator[State]:
    """All frames that can enter at interfaces of tenants."""
    for interface in interfaces:
        port, where = border.ports[interface], {IN_PORT: (interface, BITS[IN_PORT])}
        yield 0, Origin(border.owner(interface, None, 0, None)), FrameClass(where, NO_TUNNEL)
        tagged = Origin(port) if isinstance(port, str) else Origin(None, interface)
        yield 0, tagged, FrameClass({**where, **TAGGED}, NO_TUNNEL, (ENTERED,))
