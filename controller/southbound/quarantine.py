"""What a switch has refused, and when to try it again.

Each item waits on its own, twice as long after every refusal, so that a full table is tried again in a minute and not a
thousand times a second, and one bad flow holds up no other.
"""

from __future__ import annotations

from controller.southbound.items import Item

FIRST_WAIT = 1.0
LONGEST_WAIT = 60.0


class Quarantine:
    """Refused items: when each may be tried again."""

    def __init__(self) -> None:
        self._until: dict[Item, tuple[float, float]] = {}
        """Item -> (time of the next attempt, how long the wait for it is)."""

    def __len__(self) -> int:
        return len(self._until)

    @property
    def next_attempt(self) -> float | None:
        """The earliest time at which something is due; None when nothing waits."""
        return min((until for until, _ in self._until.values()), default=None)

    def refuse(self, item: Item, now: float) -> None:
        """Have the item wait, longer than the last time."""
        _, wait = self._until.get(item, (0.0, FIRST_WAIT / 2))
        wait = min(2 * wait, LONGEST_WAIT)
        self._until[item] = now + wait, wait

    def release(self, item: Item) -> None:
        """Forget the item, as it was accepted or is no longer wanted."""
        self._until.pop(item, None)

    def hasten(self, now: float) -> None:
        """Make all due: what was missing for them may be there now."""
        self._until = {item: (now, wait) for item, (_, wait) in self._until.items()}

    def waits(self, item: Item, now: float) -> bool:
        """Whether the item is refused and not due yet."""
        entry = self._until.get(item)
        return entry is not None and entry[0] > now

    def due(self, now: float) -> list[Item]:
        """What may be tried again."""
        return [item for item, (until, _) in self._until.items() if until <= now]
