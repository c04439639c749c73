"""What a switch has refused: what becomes of it, and when it is tried again.

The *unit* of a refusal is a network on a switch. When a switch refuses a flow of a network, the network is off on that
switch until the switch takes it whole: what it holds of it is deleted, and nothing of it is added. Half a network could
do harm that no network does: without its way to an address it floods what other switches send back, and two switches
that go by different trees let a frame circle. One that is off drops its frames on this switch, and nothing else. So a
switch that has settled has of each network all or nothing, and whoever waits for switches to follow may rely on that.

What a switch has regardless of networks is a unit that is never off, as all networks stand on it. Each flow, group and
meter of it waits for itself, and any part of it is safe: none of its flows gives a frame a network, and what matches
nothing is dropped. A network that needs what is missing (a next-hop group, a meter) is refused by the switch in turn.

Each unit waits for itself, twice as long after every refusal, and is tried alone, in a batch of its own, when nothing
else is to be sent: a full table is asked again in a minute and not a thousand times a second, and what others are told
meanwhile goes out as ever, in one piece. Deletions do not wait: an old flow may let through what is no longer allowed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from controller.dataplane.flow import Flow, Group, Meter
from controller.southbound.items import Item

FIRST_WAIT = 1.0
LONGEST_WAIT = 60.0

Subject: TypeAlias = str | Item
"""What waits: a network by its id, or one piece of what the switch has regardless of networks."""


def subject_of(item: Item, wanted: Flow | Group | Meter | None) -> Subject:
    """The unit that suffers when `wanted` is refused; that of a deletion (None) is the item alone."""
    network = wanted.reason.network if isinstance(wanted, Flow) else ""
    return network or item


@dataclass(slots=True)
class _Wait:
    since: float
    seconds: float
    until: float
    flows: set[int] = field(default_factory=set)
    """Cookies of the network's flows that are kept back."""


class Quarantine:
    """The units that a switch refused."""

    def __init__(self) -> None:
        self._waits: dict[Subject, _Wait] = {}

    def __len__(self) -> int:
        return len(self._waits)

    def __contains__(self, subject: Subject) -> bool:
        return subject in self._waits

    @property
    def next_attempt(self) -> float | None:
        """The earliest time at which something is due; None when nothing waits."""
        return min((wait.until for wait in self._waits.values()), default=None)

    def due(self, now: float) -> Subject | None:
        """What has waited longest of all that may be tried again."""
        over = ((wait.until, number, subject) for number, (subject, wait) in enumerate(self._waits.items()))
        until, _, subject = min(over, default=(now + 1, 0, ""))
        return subject if until <= now else None

    def refuse(self, subject: Subject, now: float) -> None:
        """Have the unit wait, longer than the last time."""
        wait = self._waits.setdefault(subject, _Wait(now, FIRST_WAIT / 2, now))
        wait.since, wait.seconds = now, min(2 * wait.seconds, LONGEST_WAIT)
        wait.until = now + wait.seconds

    def release(self, subject: Subject) -> None:
        """Forget the unit, as it was accepted or is no longer wanted."""
        self._waits.pop(subject, None)

    def hasten(self, now: float) -> None:
        """Make all due: what was missing for them may be there now."""
        for wait in self._waits.values():
            wait.until = min(wait.until, now)

    def reconsider(self, subject: Subject) -> None:
        """The unit is another one than was refused: try it soon, but not more often than once in `FIRST_WAIT`."""
        if wait := self._waits.get(subject):
            wait.until = min(wait.until, wait.since + FIRST_WAIT)

    def keeps_back(self, network: str, cookie: int) -> bool:
        """Whether the network waits, and so this flow of it; the flow is remembered then."""
        wait = self._waits.get(network)
        if wait is None:
            return False
        wait.flows.add(cookie)
        return True

    def flows(self, network: str) -> frozenset[int]:
        """Cookies of the network's flows that were kept back, some of which may no longer be wanted."""
        return frozenset(self._waits[network].flows)
