"""One batch of changes to a switch: ordered, pre-encoded in chunks, closed by a barrier.

    meters and groups set | flows added | flows, groups and meters deleted

A barrier stands at each `|` that has something on both sides, so that a switch that reorders messages still has every
group before the flows that use it, new flows before the old ones go, and no group deleted under a flow. The last
barrier's reply settles the batch: whatever was not refused is done. The parts of a batch do not wait for replies, so a
batch costs one round trip.

Additions are what was wanted when the batch began, and all are sent: an old flow of the same match is deleted in the
end, and skipping its successor would leave a gap. A deletion is skipped when its item is wanted again.

Here is the seam for bundles: a `Batch` knows all its messages and which of them may be in a bundle.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from controller.dataplane import encoder
from controller.dataplane.flow import Flow, Group, Meter
from controller.southbound import messages as wire
from controller.southbound.items import Item, Kind, Setting, encode_deletion, item_of

MESSAGES_PER_WRITE = 128


@dataclass(slots=True)
class Batch:
    """What goes out up to a closing barrier, and what the switch has refused of it so far.

    Message number i of the batch has xid `first_xid + i`; the barriers come after the last of them.
    """

    first_xid: int
    settings: Sequence[Setting]
    additions: Sequence[tuple[int, Flow]]
    deletions: Sequence[Item]
    """Flows first, then groups, then meters."""
    refused: set[int] = field(default_factory=set)
    """Message numbers."""
    skipped: set[Item] = field(default_factory=set)
    """Deletions that were not sent."""
    lost: set[int] = field(default_factory=set)
    """Cookies of added flows that the switch dropped while the batch was under way."""
    _added: frozenset[int] | None = None

    @property
    def size(self) -> int:
        """How many messages there are, barriers aside."""
        return len(self.settings) + len(self.additions) + len(self.deletions)

    @property
    def counts(self) -> dict[str, int]:
        """How many messages there are of each kind."""
        return {
            "groups and meters set": len(self.settings),
            "flows added": len(self.additions),
            "deletions": len(self.deletions),
            "batches": 1,
        }

    @property
    def last_xid(self) -> int:
        """The xid of the barrier that settles the batch."""
        return self.first_xid + self.size + 2

    def chunks(self, wanted: Callable[[Item], bool]) -> Iterator[bytes]:
        """The messages in order, `MESSAGES_PER_WRITE` at a time; `wanted` is asked when a deletion's turn comes."""
        pending: list[bytes] = []
        for message in self._messages(wanted):
            pending.append(message)
            if len(pending) == MESSAGES_PER_WRITE:
                yield b"".join(pending)
                pending.clear()
        if pending:
            yield b"".join(pending)

    def subject(self, number: int) -> tuple[Item, Flow | Group | Meter | None]:
        """What message `number` is about, and what it adds or sets; None if it deletes."""
        if number < len(self.settings):
            wanted = self.settings[number].wanted
            return item_of(wanted), wanted
        number -= len(self.settings)
        if number < len(self.additions):
            cookie, flow = self.additions[number]
            return (Kind.FLOW, cookie), flow
        return self.deletions[number - len(self.additions)], None

    def adds(self, cookie: int) -> bool:
        """Whether the batch adds the flow with this cookie."""
        if self._added is None:
            self._added = frozenset(added for added, _ in self.additions)
        return cookie in self._added

    def accepted_settings(self) -> Iterator[Group | Meter]:
        """The groups and meters that were set and not refused; to be asked once the last barrier is passed."""
        for number, setting in enumerate(self.settings):
            if number not in self.refused:
                yield setting.wanted

    def accepted_additions(self) -> Iterator[int]:
        """The cookies of the flows that were added, not refused, and not dropped since."""
        for number, (cookie, _) in enumerate(self.additions, len(self.settings)):
            if number not in self.refused and cookie not in self.lost:
                yield cookie

    def accepted_deletions(self) -> Iterator[Item]:
        """What was deleted: neither refused nor skipped."""
        for number, item in enumerate(self.deletions, len(self.settings) + len(self.additions)):
            if number not in self.refused and item not in self.skipped:
                yield item

    def _messages(self, wanted: Callable[[Item], bool]) -> Iterator[bytes]:
        xid = self.first_xid
        barrier = xid + self.size
        for setting in self.settings:
            yield setting.encode(xid)
            xid += 1
        if self.settings and (self.additions or self.deletions):
            yield wire.message(wire.BARRIER_REQUEST, barrier)
        for cookie, flow in self.additions:
            yield encoder.encode_flow_add(flow, cookie, xid)
            xid += 1
        if self.additions and self.deletions:
            yield wire.message(wire.BARRIER_REQUEST, barrier + 1)
        for item in self.deletions:
            if wanted(item):
                self.skipped.add(item)
            else:
                yield encode_deletion(item, xid)
            xid += 1
        yield wire.message(wire.BARRIER_REQUEST, self.last_xid)
