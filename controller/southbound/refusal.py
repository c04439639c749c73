"""What a switch did not take, in words: for whom we wanted it, what the switch said, and what it was."""

from __future__ import annotations

from dataclasses import dataclass

from controller.dataplane.flow import Flow, Group, Meter, Reason
from controller.dataplane.text import flow_text, group_text, meter_text
from controller.southbound.items import Item

_DELETION = Reason("southbound", "deletion of what is no longer wanted")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something that a switch did not take."""

    switch: str
    reason: Reason
    """Why we wanted it."""
    said: str
    """The switch's error in words."""
    text: str
    """The flow, group or meter as ovs-ofctl(8) writes it."""


def refusal_of(switch: str, item: Item, wanted: Flow | Group | Meter | None, said: str) -> Refusal:
    """The refusal of `wanted`, or of the deletion of `item`."""
    return Refusal(switch, wanted.reason if wanted else _DELETION, said, _text(item, wanted))


def _text(item: Item, wanted: Flow | Group | Meter | None) -> str:
    kind, number = item
    match wanted:
        case Flow():
            return flow_text(wanted, number)
        case Group():
            return group_text(wanted)
        case Meter():
            return meter_text(wanted)
        case None:
            return f"delete {kind.value} {number:#x}"
