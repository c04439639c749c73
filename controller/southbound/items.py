"""What a program is made of, piece by piece: an *item* is known by its kind and a number.

A flow's number is its cookie, which is also its content. A group or meter keeps its number while its content changes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from controller.dataplane import encoder
from controller.dataplane.flow import Flow, Group, Meter, ToGroup


class Kind(Enum):
    """The three kinds of things that a program is made of."""

    FLOW = "flow"
    GROUP = "group"
    METER = "meter"


Item: TypeAlias = tuple[Kind, int]
"""A flow by its cookie, a group or meter by its number."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A group or meter to add, or to give new content if `exists`."""

    wanted: Group | Meter
    exists: bool

    def encode(self, xid: int) -> bytes:
        """The message that sets it."""
        if isinstance(self.wanted, Group):
            return (encoder.encode_group_modify if self.exists else encoder.encode_group_add)(self.wanted, xid)
        return (encoder.encode_meter_modify if self.exists else encoder.encode_meter_add)(self.wanted, xid)


def item_of(thing: Group | Meter) -> Item:
    """What a group or meter is known by."""
    return (Kind.GROUP if isinstance(thing, Group) else Kind.METER), thing.id


def numbered(groups: Iterable[Group], meters: Iterable[Meter]) -> dict[Item, Group | Meter]:
    """Groups and meters by item."""
    things: list[Group | Meter] = [*groups, *meters]
    return {item_of(thing): thing for thing in things}


def groups_of(flow: Flow) -> set[int]:
    """Numbers of the groups that a flow hands packets to; it lives no longer than they do (OpenFlow 1.3.5, 6.5)."""
    return {action.group for action in flow.actions if isinstance(action, ToGroup)}


def encode_deletion(item: Item, xid: int) -> bytes:
    """The message that deletes it."""
    kind, number = item
    match kind:
        case Kind.FLOW:
            return encoder.encode_flow_delete(number, xid)
        case Kind.GROUP:
            return encoder.encode_group_delete(number, xid)
        case Kind.METER:
            return encoder.encode_meter_delete(number, xid)
