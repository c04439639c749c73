"""One batch of changes to a switch: what is sent, in which order, and what became of it.

    meters set | groups set | flows added: others, entries | flows deleted: entries, others | groups and meters deleted

*Entries* are the flows of the first table. So what a packet meets beyond it is there before the first packet is sent
there, and stays until the last one was; adding and deleting entries stand side by side, to happen at once even in a
batch that is too large for that as a whole (`switch_over`).

Message number i of the batch has the xid `first_xid + i`, however often and in whatever way it is sent
(`controller.southbound.delivery`). Of a network that the switch has refused (`controller.southbound.quarantine`) no
further flows are sent.

Additions are what was wanted when the batch began, and all are sent: an old flow of the same match is deleted in the
end, and skipping its successor would leave a gap. A deletion is skipped when its item is wanted again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass, field

from controller.dataplane import encoder
from controller.dataplane.flow import Flow, Group, Meter
from controller.southbound.items import Item, Kind, Setting, encode_deletion, item_of
from controller.southbound.quarantine import Subject


@dataclass(slots=True)
class Batch:
    """The messages of a batch by number, and what the switch has refused of it so far."""

    first_xid: int
    settings: Sequence[Setting]
    """Meters first, then groups."""
    additions: Sequence[Flow]
    deletions: Sequence[Item]
    """Flows first, then groups, then meters."""
    retries: Subject | None = None
    """The refused unit of which it is another attempt, and nothing else."""
    altered: Set[int] = frozenset()
    """Cookies of flows whose addition takes away before it what else is there under the cookie."""
    refused: set[int] = field(default_factory=set)
    """Message numbers."""
    off: set[Subject] = field(default_factory=set)
    """Units of which the switch refused something."""
    said: set[tuple[Subject, str]] = field(default_factory=set)
    """Why, in its words."""
    skipped: set[Item] = field(default_factory=set)
    """Deletions that were not sent."""
    lost: set[int] = field(default_factory=set)
    """Cookies of added flows that the switch dropped while the batch was under way."""
    _added: frozenset[int] | None = None

    def __post_init__(self) -> None:
        self.additions = sorted(self.additions, key=_is_entry_flow)
        self.deletions = sorted(self.deletions, key=lambda item: not _is_entry(item))

    @property
    def size(self) -> int:
        """How many messages there are."""
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
    def sections(self) -> tuple[range, range, range]:
        """Numbers of the settings, of the additions, and of the deletions."""
        set_, added = len(self.settings), len(self.settings) + len(self.additions)
        return range(set_), range(set_, added), range(added, self.size)

    @property
    def without_meters(self) -> range:
        """Numbers of all messages but those about meters, which come first and last."""
        first = sum(not isinstance(setting.wanted, Group) for setting in self.settings)
        last = sum(kind is Kind.METER for kind, _ in self.deletions)
        return range(first, self.size - last)

    @property
    def switch_over(self) -> range:
        """Numbers of the messages that add and delete entries."""
        _, added, deleted = self.sections
        entries = sum(map(_is_entry_flow, self.additions))
        return range(added.stop - entries, deleted.start + sum(map(_is_entry, self.deletions)))

    def messages(self, numbers: range, wanted: Callable[[Item], bool]) -> Iterator[bytes]:
        """Those messages, but none that was refused; `wanted` is asked when a deletion's turn comes."""
        set_, added, deleted = (_overlap(numbers, section) for section in self.sections)
        for number in set_:
            if number not in self.refused:
                yield self.settings[number].encode(self.first_xid + number)
        start = len(self.settings)
        for number in added:
            if number not in self.refused:
                flow = self.additions[number - start]
                if not self.off or flow.reason.network not in self.off:
                    cookie = encoder.cookie_of(flow)
                    if cookie in self.altered:
                        yield encoder.encode_flow_delete(cookie, self.first_xid + number)
                    yield encoder.encode_flow_add(flow, cookie, self.first_xid + number)
        start += len(self.additions)
        for number in deleted:
            item = self.deletions[number - start]
            if wanted(item):
                self.skipped.add(item)
            elif number not in self.refused:
                self.skipped.discard(item)
                yield encode_deletion(item, self.first_xid + number)

    def subject(self, number: int) -> tuple[Item, Flow | Group | Meter | None]:
        """What message `number` is about, and what it adds or sets; None if it deletes."""
        if number < len(self.settings):
            wanted = self.settings[number].wanted
            return item_of(wanted), wanted
        number -= len(self.settings)
        if number < len(self.additions):
            flow = self.additions[number]
            return (Kind.FLOW, encoder.cookie_of(flow)), flow
        return self.deletions[number - len(self.additions)], None

    def adds(self, cookie: int) -> bool:
        """Whether the batch adds the flow with this cookie."""
        if self._added is None:
            self._added = frozenset(map(encoder.cookie_of, self.additions))
        return cookie in self._added

    def accepted_settings(self, carried: int) -> Iterator[Group | Meter]:
        """The groups and meters that were set and not refused, when messages below `carried` were carried out."""
        for number, setting in enumerate(self.settings[:carried]):
            if number not in self.refused:
                yield setting.wanted

    def accepted_additions(self, carried: int) -> Iterator[int]:
        """The cookies of the flows that were added, not refused, and not dropped since."""
        start = len(self.settings)
        for number, flow in enumerate(self.additions[: max(carried - start, 0)], start):
            cookie = encoder.cookie_of(flow)
            if number not in self.refused and cookie not in self.lost:
                yield cookie

    def accepted_deletions(self, carried: int) -> Iterator[Item]:
        """What was deleted: neither refused nor skipped."""
        start = len(self.settings) + len(self.additions)
        for number, item in enumerate(self.deletions[: max(carried - start, 0)], start):
            if number not in self.refused and item not in self.skipped:
                yield item

    def left_over(self, carried: int) -> Iterator[Item]:
        """What the messages from `carried` on are about, which were not carried out."""
        for number in range(carried, self.size):
            yield self.subject(number)[0]


def _is_entry_flow(flow: Flow) -> bool:
    return encoder.is_entry(encoder.cookie_of(flow))


def _is_entry(item: Item) -> bool:
    kind, number = item
    return kind is Kind.FLOW and encoder.is_entry(number)


def _overlap(one: range, other: range) -> range:
    return range(max(one.start, other.start), min(one.stop, other.stop))
