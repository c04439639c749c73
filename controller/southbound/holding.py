"""What a switch holds of ours, as far as that is known.

A flow that is held and no longer to be there is *doomed*: no longer counted as held, and deleted by the end of the next
batch. That state is needed because adding a flow silently drops the old one of the same match, and of flows read back
only the cookie is known. A doomed flow may be gone already; if it is wanted again, it is added again, whatever there
is. So nothing counts as held unless it was confirmed after all that could have dropped it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Set
from dataclasses import dataclass, field

from controller.southbound.events import Held
from controller.southbound.held_flows import HeldFlows
from controller.southbound.items import Item, Kind
from controller.southbound.readback import contents_of
from controller.southbound.wanted import Wanted

MOST_MENDS = 5
"""A flow that is altered in more audits in a row is let be: the switch itself may write it otherwise than it came."""


@dataclass(frozen=True, slots=True)
class Correction:
    """In what a switch differs from what it was thought to hold."""

    missing: Set[int]
    """Cookies of flows that are not there."""
    extra: Set[int]
    """Cookies of flows that are there, and neither held nor doomed."""
    items: Set[Item]
    """Groups and meters with another content, or none, or one too much."""
    altered: Set[int]
    """Cookies of held flows that are otherwise than they were sent, or under which there is another flow."""


@dataclass(slots=True)
class Holding:
    """Flows by cookie, and contents of groups and meters."""

    flows: HeldFlows
    doomed: set[int] = field(default_factory=set)
    contents: dict[Item, bytes] = field(default_factory=dict)
    altered: set[int] = field(default_factory=set)
    """Cookies under which something else is there, which has to go before the flow is added."""
    _mended: Counter[int] = field(default_factory=Counter)
    """How many audits in a row found a flow altered."""

    @classmethod
    def of(cls, held: Held, wanted: Wanted) -> Holding:
        """What was read back, of a switch of which this is wanted."""
        return cls(HeldFlows(wanted, held.cookies), contents=contents_of(held))

    def doom(self, cookie: int) -> None:
        """If the flow is held, it is not to be there."""
        if cookie in self.flows:
            self.suspect(cookie)

    def suspect(self, cookie: int) -> None:
        """The flow may be there or not."""
        self.flows.discard(cookie)
        self.doomed.add(cookie)

    def added(self, cookie: int) -> None:
        """The flow is there."""
        self.flows.add(cookie)
        self.doomed.discard(cookie)
        self.altered.discard(cookie)

    def deleted(self, item: Item) -> None:
        """It is gone."""
        kind, number = item
        if kind is Kind.FLOW:
            self.doomed.discard(number)
            self.altered.discard(number)
        else:
            self.contents.pop(item, None)

    def compare(self, found: Held) -> Correction:
        """In what it differs from what was found."""
        there = contents_of(found)
        items = {item for item in there.keys() | self.contents.keys() if there.get(item) != self.contents.get(item)}
        altered = {cookie for cookie in found.altered if cookie in self.flows and self._mended[cookie] < MOST_MENDS}
        missing, extra = self.flows.missing_in(found.cookies), self.flows.missed_of(found.cookies) - self.doomed
        return Correction(missing, extra, items, altered)

    def correct(self, found: Held) -> Correction:
        """Hold what was found; of flows that should not be there, all are doomed."""
        correction = self.compare(found)
        self._mended = Counter({cookie: 1 + self._mended[cookie] for cookie in found.altered if cookie in self.flows})
        self.flows.discard_all(correction.missing | correction.altered)
        self.doomed |= correction.altered
        self.altered |= correction.altered
        self.doomed |= correction.extra
        self.contents = contents_of(found)
        return correction
