"""Keeping one switch equal to its program: what it should hold, what it holds, and the few messages between.

No I/O and no clock. `replace` and `change` say what is wanted; `connect` says what a switch was found to hold; `take`
gives what to write next; `passed`, `answered`, `refused` and `lost` bring the switch's answers. One batch is under way
at a time (`controller.southbound.delivery`). Whatever changes meanwhile is only noted
(`controller.southbound.standing`), so a slow switch gets the difference in the end, not the history, and a change costs
what it touches, not what the program is.

When nothing else is to be sent, one unit that the switch refused is tried again (`controller.southbound.quarantine`),
but not while an audit reads, which says something only if nothing was sent meanwhile.

A deletion is always by the exact cookie, so flows of others are never hit. Deletions go out even where the successor
was refused.
"""

from __future__ import annotations

from collections.abc import Mapping

from controller.dataplane.flow import Program
from controller.dataplane.program import Share
from controller.southbound import error_names
from controller.southbound.batch import Batch
from controller.southbound.delivery import Delivery, Support, Turn
from controller.southbound.drift import Drift, drift_of
from controller.southbound.events import Held, Refused
from controller.southbound.holding import Correction, Holding
from controller.southbound.quarantine import subject_of
from controller.southbound.refusal import Refusal, refusal_of
from controller.southbound.session import OWN_XIDS
from controller.southbound.standing import Standing
from controller.southbound.wanted import Edit, Wanted

LARGE = 2_000
"""Messages of a batch with which a switch may be busy for long."""


class Synchroniser:
    """What one switch should hold, what it holds, and what is under way."""

    def __init__(self, switch: str) -> None:
        self._switch = switch
        self._wanted = Wanted()
        self._connected = False
        self._xid = 1
        self._disconnect()

    def _disconnect(self) -> None:
        self._standing = Standing(self._wanted)
        self._delivery: Delivery | None = None
        self._turn: Turn | None = None
        self._support = Support()
        self.waits_for_gate = False
        """Whether it connected with something of ours, and may not be changed yet."""
        self._is_audited = False

    # What is wanted

    def replace(self, program: Program) -> None:
        """Want exactly this program."""
        self._note(self._wanted.replace(program))

    def change(self, before: Share, after: Share) -> None:
        """Want what was wanted, with `after` in place of `before`."""
        self._note(self._wanted.change(before, after))

    def _note(self, edit: Edit) -> None:
        if self._connected:  # Otherwise what differs is seen when it connects.
            self._standing.note(edit)

    def is_off(self, network: str) -> bool:
        """Whether the switch refused the network, so that nothing of it is there until it takes all of it."""
        return network in self._standing.quarantine

    @property
    def flows(self) -> int:
        """How many flows it should hold."""
        return len(self._wanted.flows)

    # What the switch says

    def connect(self, held: Held) -> None:
        """The switch is there and holds this of ours."""
        self._disconnect()
        self._connected = True
        self._standing = Standing(self._wanted, Holding.of(held, self._wanted))
        self.waits_for_gate = bool(held)

    def disconnect(self) -> None:
        """The switch is gone; what it holds is unknown."""
        self._connected = False
        self._disconnect()

    def open_gate(self) -> None:
        """The view of the switch is complete: it may be changed, although it connected with something of ours."""
        self.waits_for_gate = False

    def begin_audit(self) -> None:
        """The switch is asked again what it holds; `is_idle` has to hold."""
        self._is_audited = self.is_idle

    def audited(self, found: Held) -> Drift | None:
        """The answer; what differs is repaired. None if something was done meanwhile, so that it says nothing."""
        return self._drift(self._standing.correct(found)) if self._end_audit() else None

    def looked_at(self, found: Held) -> Drift | None:
        """The same, and nothing is repaired."""
        return self._drift(self._standing.compare(found)) if self._end_audit() else None

    def _end_audit(self) -> bool:
        """Whether nothing was done since it began."""
        is_valid, self._is_audited = self._is_audited and self.is_idle, False
        return is_valid

    def _drift(self, correction: Correction) -> Drift:
        missing = (self._wanted.flows[cookie] for cookie in correction.missing)
        altered = (self._wanted.flows[cookie] for cookie in correction.altered)
        return drift_of(missing, altered, len(correction.extra), correction.items)

    def lost(self, cookie: int) -> bool:
        """The switch dropped a flow; if it is still wanted, it is added again. Whether it counted as held."""
        return self._standing.lost(cookie, self._batch)

    def answered(self, xid: int) -> None:
        """The switch did with a bundle what was asked."""
        if self._delivery:
            self._delivery.answered(xid)

    def passed(self, xid: int, now: float) -> str:
        """The switch answered a barrier: the batch takes its next turn, or is through.

        Returns the network that the switch has taken now, after it was refused; "" for none.
        """
        delivery = self._delivery
        if delivery is None or self._turn or xid != delivery.awaited:
            return ""
        self._turn = delivery.next_turn()
        if self._turn is not None:
            return ""
        self._delivery = None
        self._xid = delivery.next_xid
        return self._standing.confirm(delivery.batch, delivery.carried, now)

    def refused(self, error: Refused, now: float) -> Refusal | None:
        """The switch refused a message; None if it was none of this batch, does no harm, or was said before."""
        number = self._delivery.refused(error) if self._delivery else None
        if self._delivery is None or number is None:
            return None
        batch = self._delivery.batch
        item, wanted = batch.subject(number)
        is_news = self._standing.learn(error, item, wanted, batch)
        if wanted is None and (error.type, error.code) in error_names.UNKNOWN:
            return None
        batch.refused.add(number)
        if is_news:
            self._standing.touch(item)
            return None
        subject = subject_of(item, wanted)
        if subject not in batch.off:
            batch.off.add(subject)
            self._standing.quarantine.refuse(subject, now)
        if (subject, error.text) in batch.said:
            return None
        batch.said.add((subject, error.text))
        return refusal_of(self._switch, item, wanted, error.text)

    # What to do

    @property
    def _batch(self) -> Batch | None:
        return self._delivery.batch if self._delivery else None

    @property
    def settled(self) -> bool:
        """Whether the switch is connected, and has taken or refused all that is wanted: of each network all or none.

        What was refused may be on another attempt.
        """
        is_changing = self._batch is not None and self._batch.retries is None
        return self._connected and not (self.waits_for_gate or is_changing or self._standing.is_touched)

    @property
    def holds_all(self) -> bool:
        """Whether nothing is to be looked at: the switch holds what is wanted, and nothing else of ours."""
        return not self._standing.is_touched

    @property
    def is_idle(self) -> bool:
        """Whether it is settled, and nothing is under way."""
        return self.settled and self._delivery is None

    @property
    def has_confirmed(self) -> bool:
        """Whether nothing that it was told in this session is open: it is settled, or still waits for its gate."""
        return self.waits_for_gate or self.settled

    @property
    def is_busy(self) -> bool:
        """Whether a batch is under way that may take the switch seconds."""
        return self._delivery is not None and self._delivery.batch.size > LARGE

    @property
    def next_attempt(self) -> float | None:
        """When something that was refused is to be tried again."""
        return self._standing.quarantine.next_attempt

    def take(self, now: float) -> Turn | None:
        """What is to be written now, if anything: the next turn of the batch under way, or the first of a new one."""
        if not self._connected or self.waits_for_gate:
            return None
        first: Mapping[str, int] = {}
        if self._delivery is None:
            batch = self._standing.changes(self._next_xid())
            if not batch.size and not self._is_audited:
                batch = self._standing.retry(self._next_xid(), now)
            if not batch.size:
                return None
            first = batch.counts
            self._is_audited = False
            self._delivery = Delivery(batch, self._standing.stays(batch.retries), self._support)
            self._turn = self._delivery.next_turn()
        turn, self._turn = self._turn, None
        return Turn(turn.chunks, {**first, **turn.counts}) if turn else None

    def _next_xid(self) -> int:
        # Barriers and bundles need some, too.
        return self._xid if self._xid + 2 * self._standing.size + 1000 < OWN_XIDS else 1
