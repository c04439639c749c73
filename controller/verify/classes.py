"""A class of frames: those that meet a condition as they enter a switch, and what was written into them since.

The condition is a value under a mask for each field, less other such conditions (flows of higher priority). No action
copies a field into another, so a field has its value of entry or a constant. Whether a frame has a tag is the same for
all of a class: entries are examined with and without. Everything is as `controller.dataplane.packet` has it, the tag
behind the outermost one included, which shows only as the Ethernet type.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from controller.dataplane.fields import (
    ETH_SERVICE_VLAN,
    ETH_TYPE,
    ETH_VLAN,
    FIELDS,
    IN_PORT,
    METADATA,
    TUN_DST,
    TUN_ID,
    TUN_IPV6_DST,
    TUN_IPV6_SRC,
    TUN_SRC,
    VLAN_PCP,
    VLAN_PRESENT,
    VLAN_VID,
    Field,
)
from controller.dataplane.flow import Action, AllowReturn, Match, PopVlan, PushVlan, SetField

Where: TypeAlias = Mapping[Field, tuple[int, int]]
"""Conditions on fields as they were on entry: (value, mask)."""
Tag: TypeAlias = tuple[int | None, int | None]
"""(VLAN ID, priority) of a tag; None is what it was on entry."""

ENTERED: Tag = (None, None)
NO_TUNNEL: Mapping[Field, int] = dict.fromkeys((METADATA, TUN_ID, TUN_SRC, TUN_DST, TUN_IPV6_SRC, TUN_IPV6_DST), 0)
UNTAGGED_TYPES: tuple[Match, ...] = (((ETH_TYPE, ETH_VLAN, None),), ((ETH_TYPE, ETH_SERVICE_VLAN, None),))
"""What the type of a frame without tag cannot be."""
_OTHER_FAMILY = {TUN_DST: TUN_IPV6_DST, TUN_IPV6_DST: TUN_DST}
BITS = {field: field.all_ones for field in FIELDS.values()} | {VLAN_VID: 0x1FFF, VLAN_PCP: 7}
"""The bits that each field has."""


@dataclass(frozen=True, slots=True)
class FrameClass:
    """Frames that have the same way through the tables so far."""

    where: Where
    written: Mapping[Field, int]
    """Constants in the place of what was there on entry. The metadata is always among them."""
    tags: tuple[Tag, ...] = ()
    """Tags that a match can see, outermost first."""
    without: tuple[Match, ...] = ()
    """Conditions, again on fields as they were on entry, that the frames do not meet."""

    def constant(self, field: Field) -> int | None:
        """The field's value where it was written; None while it is what it was on entry."""
        if field is VLAN_VID:
            if not self.tags:
                return 0
            vid = self.tags[0][0]
            return None if vid is None else VLAN_PRESENT | vid
        if field is VLAN_PCP:
            return self.tags[0][1] if self.tags else 0
        return self.written.get(field)

    def fixed(self, field: Field) -> int | None:
        """The field's value if all frames of the class have the same."""
        value = self.constant(field)
        return self.entered_with(field) if value is None else value

    def entered_with(self, field: Field) -> int | None:
        """The field's value on entry if all frames of the class had the same."""
        value, mask = self.where.get(field, (0, 0))
        return value if mask == BITS[field] else None

    def narrowed(self, match: Match) -> FrameClass | None:
        """Those that meet a match; None when it is plain that there are none."""
        where: dict[Field, tuple[int, int]] | None = None
        for field, value, mask in match:
            bits = BITS[field] if mask is None else mask & BITS[field]
            constant = self.constant(field)
            if constant is not None:
                if constant & bits != value & bits:
                    return None
                continue
            known = (self.where if where is None else where).get(field)
            if known is None:
                narrower = value, bits
            elif (known[0] ^ value) & known[1] & bits:
                return None
            else:
                narrower = known[0] | value, known[1] | bits
            if narrower != known:
                if where is None:
                    where = dict(self.where)
                where[field] = narrower
        return self if where is None else FrameClass(where, self.written, self.tags, self.without)

    def residue(self, match: Match) -> Match:
        """What a match asks of fields as they were on entry; what it asks of constants has to be met."""
        return tuple(criterion for criterion in match if self.constant(criterion[0]) is None)

    def less(self, conditions: tuple[Match, ...]) -> FrameClass:
        """Those that meet none of these conditions."""
        return replace(self, without=self.without + conditions) if conditions else self

    def acted(self, action: Action) -> FrameClass:
        """The frames after an action that changes them; any other leaves them as they are."""
        match action:
            case SetField(field, value):
                return self._with(field, value)
            case PushVlan():
                return FrameClass(self.where, self.written, ((0, 0), *self.tags), self.without)
            case PopVlan():
                return FrameClass(self.where, self.written, self.tags[1:], self.without)
            case AllowReturn():
                return self._with(IN_PORT, 0)
        return self

    def on_to_next(self, metadata: int | None, mask: int) -> FrameClass:
        """The frames after the metadata instruction."""
        if metadata is None:
            return self
        return self._with(METADATA, self.written[METADATA] & ~mask | metadata & mask)

    def forgetful(self) -> FrameClass:
        """A class with more frames: of what was asked on entry only the tag is kept, while it can still be seen.

        Zeros are forgotten, too, but for the metadata. Most are of tunnels that there were not, and without them frames
        from ports are one class with those from tunnels.
        """
        is_visible = bool(self.tags) and self.tags[-1][0] is None and VLAN_VID in self.where
        where = {VLAN_VID: self.where[VLAN_VID]} if is_visible else {}
        written = {field: value for field, value in self.written.items() if value or field is METADATA}
        return FrameClass(where, written, self.tags)

    def _with(self, field: Field, value: int) -> FrameClass:
        if field is VLAN_VID or field is VLAN_PCP:
            if not self.tags:
                return self
            vid, priority = self.tags[0]
            tag = (value & ~VLAN_PRESENT, priority) if field is VLAN_VID else (vid, value)
            return FrameClass(self.where, self.written, (tag, *self.tags[1:]), self.without)
        written = {**self.written, field: value}
        other = _OTHER_FAMILY.get(field)
        if other is not None:
            # A packet has one receiver.
            written[other] = 0
        return FrameClass(self.where, written, self.tags, self.without)
