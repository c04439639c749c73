"""Audits of all switches: whose turn it is, what they found, and what of that was repaired since.

What is found is counted, and counted again as repaired when the switch has taken all that is wanted. Whoever asks for
an audit gets the outcome of one that began after that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from controller.southbound.auditor import Auditor
from controller.southbound.drift import Drift
from controller.southbound.statistics import Statistics


class Audits:
    """Of all switches that have a session."""

    def __init__(self, statistics: Statistics) -> None:
        self._statistics = statistics
        self._auditor = Auditor()
        self._unrepaired: dict[str, Counter[str]] = {}
        self._outcomes: dict[str, Drift] = {}
        self._owed: set[str] = set()
        """Switches for whose outcome somebody waits."""
        self._seen: dict[str, Drift] = {}
        self._unseen: set[str] = set()
        """Switches that somebody wants to look at."""

    def ready(self, switch: str, now: float) -> None:
        """A switch was read back just now. If it left while somebody waited for it, its turn comes again."""
        self._auditor.ready(switch, now)
        if switch in self._owed:
            self._auditor.ask(switch, now)
        if switch in self._unseen:
            self._auditor.look(switch)

    def lost(self, switch: str) -> None:
        """A switch has no session any more. What was found there since somebody asked stays the answer."""
        self._auditor.lost(switch)
        self._unrepaired.pop(switch, None)

    def ask(self, switches: Iterable[str], now: float) -> None:
        """Somebody wants to know now."""
        for switch in switches:
            self._outcomes.pop(switch, None)
            self._owed.add(switch)
            self._auditor.ask(switch, now)

    def look(self, switches: Iterable[str]) -> None:
        """Somebody wants to see how these are now, and nothing repaired for that."""
        self._seen, self._unseen = {}, set(switches)
        for switch in self._unseen:
            self._auditor.look(switch)

    @property
    def only_looks(self) -> bool:
        """Whether the switch that is being read is not to be repaired."""
        return self._auditor.is_look

    def next(self, now: float, is_idle: Callable[[str], bool]) -> str | None:
        """The switch that is to be read now; its `done` or `lost` has to come before there is another."""
        return self._auditor.next(now, is_idle)

    def done(self, switch: str, now: float, drift: Drift | None) -> None:
        """A switch was read and compared; None when that says nothing."""
        if self._auditor.seen(switch, drift is not None) and drift is not None:
            self._seen[switch] = drift
            self._unseen.discard(switch)
        if self._auditor.is_look:
            return
        is_outcome = self._auditor.done(switch, now, drift is not None)
        if drift is None:
            return
        self._statistics.audits += 1
        if is_outcome:
            self._outcomes[switch] = drift
            self._owed.discard(switch)
        if drift:
            self._note(switch, drift.counts)

    def flow_lost(self, switch: str) -> None:
        """A switch reported that a flow was deleted; those without idle time-out go without a word: look for more."""
        self._auditor.suspect(switch)
        self._note(switch, {"flows reported deleted": 1})

    def settled(self, switch: str) -> None:
        """A switch has taken all that is wanted."""
        self._statistics.drift_repaired.update(self._unrepaired.pop(switch, Counter()))

    def outcome(self, switch: str) -> Drift | None:
        """What the first audit found that began after the last `ask`; None while there is none."""
        return self._outcomes.get(switch)

    def seen(self, switch: str) -> Drift | None:
        """How a switch was first found after the last `look`; None while it was not."""
        return self._seen.get(switch)

    def is_repaired(self, switch: str) -> bool:
        """Whether nothing that was found is left to be repaired."""
        return switch not in self._unrepaired

    def _note(self, switch: str, counts: Mapping[str, int]) -> None:
        self._statistics.drift_found.update(counts)
        self._unrepaired.setdefault(switch, Counter()).update(counts)
