"""The second look: is there a frame that leaves where it should not, by a given flow?

From every place where frames of the origin may enter, all ways through the tables that lead to the flow are followed
with everything that is asked on them: what each flow matches, less what flows of higher priority take. Of two flows of
one priority either may decide (OpenFlow 1.3.5, 5.3). Where what is asked can be met, there is a frame.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain, groupby

from controller.dataplane.fields import (
    ETH_TYPE,
    ETH_VLAN,
    IN_PORT,
    TUN_ID,
    TUN_IPV6_SRC,
    TUN_SRC,
    VLAN_PRESENT,
    VLAN_VID,
    Field,
    tunnel_source,
)
from controller.dataplane.flow import Group, Match
from controller.dataplane.packet import Packet
from controller.intent.model import IpAddress, Segment, SegmentKey
from controller.verify.actions import BACK, NOTHING, Sent, exits, perform
from controller.verify.borders import Border, Owner
from controller.verify.classes import BITS, ENTERED, NO_TUNNEL, UNTAGGED_TYPES, FrameClass, Where
from controller.verify.rules import TELLING, Rule, RuleIndex
from controller.verify.solving import frame_of, sent_as, solve, solve_for_each
from controller.verify.sweep import FROM_TUNNEL, TAGGED, Suspect

SECOND_TAG: Match = ((ETH_TYPE, ETH_VLAN, None),)


@dataclass(frozen=True, slots=True)
class Breach:
    """A frame that leaves a switch where it should not."""

    switch: str
    entered: int
    """Interface."""
    packet: Packet
    """As it entered."""
    owner: Owner
    """Whose it was."""
    rules: tuple[Rule, ...]
    """By which it went through the tables; the last one sent it."""
    left: int | None
    """Interface; None where the last flow does what is not modelled, so that it may leave anywhere."""
    sent: Packet | None
    """As it left."""
    reached: Owner | None
    """Whose it is there."""
    down: frozenset[int] = NOTHING
    """Interfaces that have to be down for it."""


class Search:
    """Looks for frames in one switch."""

    def __init__(self, border: Border, groups: Mapping[int, Group], *layers: RuleIndex) -> None:
        self._border = border
        self._groups = groups
        self._layers = layers

    def find(self, suspect: Suspect) -> Breach | None:
        """A frame that leaves wrongly by the suspect, into another network if there is one; None if there is none."""
        first: Breach | None = None
        for frames in self._entries(suspect):
            for rules, met in self._ways(0, frames, suspect.rule, ()):
                breach = self._breach(suspect, rules, met)
                if breach and breach.reached in self._border.ground.keys:
                    return breach
                first = first or breach
        return first

    def _entries(self, suspect: Suspect) -> Iterator[FrameClass]:
        """What may enter of the origin's frames: a class for each interface, with and without tag."""
        border, owner = self._border, suspect.origin.owner
        keys = border.ground.keys.get(owner, ()) if owner is not None else ()
        ports = border.interfaces_of(owner) if owner is not None else []
        if keys or ports:
            yield from self._of_network(ports, keys)
            return
        for interface, port in border.ports.items():
            if not isinstance(port, str):
                yield from _any(interface)
        for interface in sorted(border.links):
            yield from _any(interface)
        for interface in border.tunnels:
            yield from self._from_tunnel(interface, {TUN_ID: (0, 0)})

    def _of_network(self, ports: list[int], keys: tuple[SegmentKey, ...]) -> Iterator[FrameClass]:
        for interface in ports:
            yield from _any(interface)
        for key in keys:
            if key.segment is Segment.VLAN:
                tag = {VLAN_VID: (VLAN_PRESENT | key.key, BITS[VLAN_VID])}
                yield from (_tagged(interface, NO_TUNNEL, tag) for interface in sorted(self._border.links))
            for interface, segment in self._border.tunnels.items():
                if segment is key.segment:
                    yield from self._from_tunnel(interface, {TUN_ID: (key.key, BITS[TUN_ID])})

    def _from_tunnel(self, interface: int, where: Where) -> Iterator[FrameClass]:
        """From each known endpoint, and from any other."""
        known = sorted(
            (*self._border.ground.ours, *self._border.ground.outside), key=lambda one: (one.version, int(one))
        )
        for sender in known:
            origin = {tunnel_source(sender): (int(sender), BITS[tunnel_source(sender)])}
            yield from _both(interface, _written(tunnel_source(sender)), {**where, **origin}, ())
        for source in (TUN_SRC, TUN_IPV6_SRC):
            others: tuple[Match, ...] = tuple(
                ((source, int(sender), None),) for sender in known if tunnel_source(sender) is source
            )
            yield from _both(interface, _written(source), where, (*others, ((source, 0, None),)))

    def _ways(
        self, table: int, frames: FrameClass, target: Rule, before: tuple[Rule, ...]
    ) -> Iterator[tuple[tuple[Rule, ...], FrameClass]]:
        """All ways from a table to the target, each with the frames that take it."""
        fixed = {field: value for field in TELLING if (value := frames.fixed(field)) is not None}
        candidates = chain.from_iterable(layer.candidates(table, fixed) for layer in self._layers)
        rules = sorted(candidates, key=lambda rule: -rule.flow.priority)
        taken: tuple[Match, ...] = ()
        for _, level in groupby(rules, key=lambda rule: rule.flow.priority):
            above = taken
            for rule in level:
                met = frames.narrowed(rule.flow.match)
                if met is None:
                    continue
                met = met.less(above)
                if rule is target:
                    yield (*before, rule), met
                elif rule.flow.goto is not None:
                    _, after = perform(rule.flow.actions, met, {})
                    after = after.on_to_next(rule.flow.metadata, rule.flow.metadata_mask)
                    yield from self._ways(rule.flow.goto, after, target, (*before, rule))
                if not rule.more_criteria:
                    taken = (*taken, frames.residue(rule.flow.match))
            if () in taken:
                return

    def _breach(self, suspect: Suspect, rules: tuple[Rule, ...], frames: FrameClass) -> Breach | None:
        if suspect.port is None:
            values = solve(frames.where, frames.without)
            if values is None:
                return None
            packet = frame_of(values, VLAN_VID in frames.where)
            owner = self._owner(values[IN_PORT], packet, packet.tunnel.source)
            return Breach(self._border.switch, values[IN_PORT], packet, owner, rules, None, None, None)
        sent, _ = perform(rules[-1].flow.actions, frames, self._groups)
        owner = suspect.origin.owner or ""
        there = (each for one in sent for each in exits(one, self._border) if each.port == suspect.port)
        return next((breach for each in there if (breach := self._escape(each, owner, rules))), None)

    def _escape(self, sent: Sent, owner: Owner, rules: tuple[Rule, ...]) -> Breach | None:
        """A frame of a class that leaves by the wrong place, if one does."""
        if sent.port == sent.frames.fixed(IN_PORT):
            # Not sent to where it came from (OpenFlow 1.3.5, 5.12).
            return None
        entered = sent.frames.entered_with(IN_PORT)
        for frames, has_second in self._variants(sent, owner):
            named = tuple(
                (field, self._named(field, {entered, entered if sent.port == BACK else sent.port}))
                for field in (VLAN_VID, TUN_ID)
                if field in frames.where and frames.entered_with(field) is None
            )
            # Owners follow from these two and the interfaces.
            for values in solve_for_each(frames.where, frames.without, named):
                port = values[IN_PORT] if sent.port == BACK else sent.port
                breach = self._judged(values, port, replace(sent, frames=frames), has_second, rules)
                if breach:
                    return breach
        return None

    def _named(self, field: Field, interfaces: set[int | None]) -> tuple[int, ...]:
        """Values of a field that make a frame a network's at one of these interfaces."""
        numbers = self._border.ground.numbers
        if field is TUN_ID:
            segments = {self._border.tunnels.get(interface) for interface in interfaces if interface is not None}
            return tuple(sorted({key for segment in segments if segment for key in numbers[segment]}))
        ports = (self._border.ports.get(interface) for interface in interfaces if interface is not None)
        trunks = (tag for port in ports if port is not None and not isinstance(port, str) for tag in port)
        return tuple(VLAN_PRESENT | tag for tag in sorted({*numbers[Segment.VLAN], *trunks}))

    def _variants(self, sent: Sent, owner: Owner) -> Iterator[tuple[FrameClass, bool]]:
        """The class in parts, each with whether its frames have a second tag."""
        frames = sent.frames
        if VLAN_VID not in frames.where:
            yield frames, False
            return
        single, second = frames.less((SECOND_TAG,)), frames.narrowed(SECOND_TAG)
        if frames.tags and frames.fixed(VLAN_VID) is None:
            # To show somebody else's tag tells more than one of nobody.
            tag = VLAN_PRESENT | self._border.tag_of_another(sent.port, owner)
            shown = single.narrowed(((VLAN_VID, tag, None),))
            if shown is not None:
                yield shown, False
        yield single, False
        if second is not None:
            yield second, True

    def _judged(
        self,
        values: Mapping[Field, int],
        port: int,
        sent: Sent,
        has_second: bool,
        rules: tuple[Rule, ...],
    ) -> Breach | None:
        interface = values[IN_PORT]
        is_tagged = VLAN_VID in sent.frames.where
        plain = frame_of(values, is_tagged)
        owner = self._owner(interface, plain, plain.tunnel.source)
        packet = frame_of(values, is_tagged, self._border.tag_of_another(port, owner)) if has_second else plain
        left = sent_as(packet, sent.frames)
        reached = self._owner(port, left, left.tunnel.destination)
        if reached == owner:
            return None
        return Breach(self._border.switch, interface, packet, owner, rules, port, left, reached, sent.down)

    def _owner(self, interface: int, packet: Packet, remote: IpAddress | None) -> Owner:
        tag = packet.tags[0] if packet.tags else None
        return self._border.owner(interface, tag, packet.tunnel.id, remote)


def _any(interface: int) -> Iterator[FrameClass]:
    yield from _both(interface, NO_TUNNEL, {}, ())


def _both(
    interface: int, written: Mapping[Field, int], where: Where, without: tuple[Match, ...]
) -> Iterator[FrameClass]:
    """Frames without tag, and with any."""
    place = {**where, IN_PORT: (interface, BITS[IN_PORT])}
    yield FrameClass(place, written, (), (*without, *UNTAGGED_TYPES))
    yield replace(_tagged(interface, written, {**where, **TAGGED}), without=without)


def _tagged(interface: int, written: Mapping[Field, int], where: Where) -> FrameClass:
    return FrameClass({**where, IN_PORT: (interface, BITS[IN_PORT])}, written, (ENTERED,))


def _written(source: Field) -> dict[Field, int]:
    """What is known of a packet's outer header beside."""
    return {**FROM_TUNNEL, (TUN_IPV6_SRC if source is TUN_SRC else TUN_SRC): 0}
