"""Keeping one switch equal to its program: what it should hold, what it holds, and the few messages between.

No I/O and no clock. `replace` and `change` say what is wanted; `connect` says what a switch was found to hold; `take`
gives what to write next; `passed`, `answered`, `refused` and `lost` bring the switch's answers. One batch is under way
at a time (`controller.southbound.delivery`). Whatever changes meanwhile is only noted in `touched`, so a slow switch
gets the difference in the end, not the history, and a change costs what it touches, not what the program is.

A flow is in one of these places:

    wanted, not held     is added by the next batch, unless the switch refused it a moment ago (`quarantine`)
    wanted and held      is left alone
    held, not wanted     is *doomed* when the next batch begins: no longer counted as held, and deleted by its end

The middle state is needed because adding a flow silently drops the old one of the same match, and of flows read back
only the cookie is known. A doomed flow may be gone already; if it is wanted again, it is added again, whatever is
there. So nothing counts as held unless it was confirmed after all that could have dropped it.

A group takes the flows that use it with it, and the switch need not say so. So no group is deleted while a wanted flow
uses it, and the flows of a group that is found missing are added again. (When a batch that deletes a group begins, the
flows that use it are doomed, or were before; so none that counts as held can go with it.)

A deletion is always by the exact cookie, so flows of others are never hit. Deletions go out even where the successor
was refused: an old flow may let through what is no longer allowed.
"""

from __future__ import annotations

from collections.abc import Mapping

from controller.dataplane.flow import Flow, Group, Program
from controller.dataplane.program import Share
from controller.southbound import error_names
from controller.southbound.batch import Batch
from controller.southbound.delivery import Delivery, Support, Turn
from controller.southbound.drift import Drift, drift_of
from controller.southbound.events import Held, Refused
from controller.southbound.items import Item, Kind, Setting, groups_of, item_of
from controller.southbound.quarantine import Quarantine
from controller.southbound.readback import content_of, contents_of
from controller.southbound.refusal import Refusal, refusal_of
from controller.southbound.session import OWN_XIDS
from controller.southbound.wanted import Edit, Wanted

_DELETION_ORDER = {Kind.GROUP: 0, Kind.METER: 1}
_EXISTS = {error_names.GROUP_EXISTS, error_names.METER_EXISTS}
_UNKNOWN = {error_names.UNKNOWN_GROUP, error_names.UNKNOWN_METER}


class Synchroniser:
    """What one switch should hold, what it holds, and what is under way."""

    def __init__(self, switch: str) -> None:
        self._switch = switch
        self._wanted = Wanted()
        self._connected = False
        self._xid = 1
        self._disconnect()

    def _disconnect(self) -> None:
        self._held: set[int] = set()
        self._doomed: set[int] = set()
        self._contents: dict[Item, bytes] = {}
        self._touched_flows: set[int] = set()
        self._touched_numbered: set[Item] = set()
        self._delivery: Delivery | None = None
        self._turn: Turn | None = None
        self._support = Support()
        self._quarantine = Quarantine()
        self._waits_for_gate = False
        self._is_audited = False

    # What is wanted

    def replace(self, program: Program) -> None:
        """Want exactly this program."""
        self._note(self._wanted.replace(program))

    def change(self, before: Share, after: Share) -> None:
        """Want what was wanted, with `after` in place of `before`."""
        self._note(self._wanted.change(before, after))

    def _note(self, edit: Edit) -> None:
        self._touched_flows.update(edit.cookies)
        for item in edit.items:
            self._touched_numbered.add(item)
            self._quarantine.release(item)

    def _doom(self, cookie: int) -> None:
        if cookie in self._held:
            self._held.discard(cookie)
            self._doomed.add(cookie)

    # What the switch says

    def connect(self, held: Held) -> None:
        """The switch is there and holds this of ours."""
        self._disconnect()
        self._connected = True
        self._held = set(held.cookies)
        self._contents = contents_of(held)
        self._touched_flows = self._held ^ self._wanted.flows.keys()
        self._touched_numbered = self._contents.keys() | self._wanted.numbered.keys()
        self._waits_for_gate = bool(held)

    def disconnect(self) -> None:
        """The switch is gone; what it holds is unknown."""
        self._connected = False
        self._disconnect()

    def open_gate(self) -> None:
        """The view of the switch is complete: it may be changed, although it connected with something of ours."""
        self._waits_for_gate = False

    def begin_audit(self) -> None:
        """The switch is asked again what it holds."""
        self._is_audited = True

    def audited(self, found: Held) -> Drift | None:
        """The answer; what differs is repaired. None if something was done meanwhile, so that it says nothing."""
        if not (self._is_audited and self.settled):
            return None
        missing = self._held - found.cookies
        extra = found.cookies - self._held - self._doomed
        there = contents_of(found)
        items = {item for item in there.keys() | self._contents.keys() if there.get(item) != self._contents.get(item)}
        self._held -= missing
        self._doomed |= extra
        self._contents = there
        self._touched_flows |= missing | extra
        self._touched_numbered |= items
        return drift_of((self._wanted.flows[cookie] for cookie in missing), len(extra), items)

    def lost(self, cookie: int) -> bool:
        """The switch dropped a flow; if it is still wanted, it is added again. Whether it counted as held."""
        batch = self._delivery.batch if self._delivery else None
        is_held, is_being_added = cookie in self._held, batch is not None and batch.adds(cookie)
        if batch and is_being_added:
            batch.lost.add(cookie)
        if is_being_added or is_held:
            # The message may be older than our last addition, so the flow may be there.
            self._held.discard(cookie)
            self._doomed.add(cookie)
            self._touched_flows.add(cookie)
        return is_held

    def answered(self, xid: int) -> None:
        """The switch did with a bundle what was asked."""
        if self._delivery:
            self._delivery.answered(xid)

    def passed(self, xid: int, now: float) -> None:
        """The switch answered a barrier: the batch takes its next turn, or is through."""
        delivery = self._delivery
        if delivery is None or self._turn or xid != delivery.awaited:
            return
        self._turn = delivery.next_turn()
        if self._turn is None:
            self._delivery = None
            self._xid = delivery.next_xid
            self._confirm(delivery.batch, now)

    def _confirm(self, batch: Batch, now: float) -> None:
        """What was not refused is done."""
        helpful = False
        for thing in batch.accepted_settings():
            self._contents[item_of(thing)] = content_of(thing)
            self._quarantine.release(item_of(thing))
            helpful = True
        for cookie in batch.accepted_additions():
            self._held.add(cookie)
            self._doomed.discard(cookie)
            if self._quarantine:
                self._quarantine.release((Kind.FLOW, cookie))
        for kind, number in batch.accepted_deletions():
            if kind is Kind.FLOW:
                self._doomed.discard(number)
            else:
                self._contents.pop((kind, number), None)
        if helpful:
            # Flows may have been refused for the want of it.
            self._quarantine.hasten(now)

    def refused(self, error: Refused, now: float) -> Refusal | None:
        """The switch refused a message; None if it was none of this batch, or does no harm."""
        number = self._delivery.refused(error) if self._delivery else None
        if self._delivery is None or number is None:
            return None
        batch = self._delivery.batch
        item, wanted = batch.subject(number)
        said = error.type, error.code
        if said in _EXISTS:
            self._contents[item] = b""
        elif said in _UNKNOWN:
            self._vanished(item)
            if wanted is None:
                return None
        elif said == error_names.BAD_OUT_GROUP and isinstance(wanted, Flow):
            for group in groups_of(wanted):
                self._vanished((Kind.GROUP, group))
        batch.refused.add(number)
        self._quarantine.refuse(item, now)
        return refusal_of(self._switch, item, wanted, error.text)

    def _vanished(self, item: Item) -> None:
        """A group or meter turns out not to be there; with a group went all flows that used it."""
        if self._contents.pop(item, None) is None:
            return
        self._touched_numbered.add(item)
        kind, number = item
        if kind is Kind.GROUP:
            added = [cookie for cookie, _ in self._delivery.batch.additions] if self._delivery else []
            for cookie in [*self._held, *added]:
                flow = self._wanted.flows.get(cookie)
                if flow is None or number in groups_of(flow):
                    self.lost(cookie)

    # What to do

    @property
    def settled(self) -> bool:
        """Whether the switch is connected, and has taken or refused all that is wanted."""
        touched = self._touched_flows or self._touched_numbered
        return self._connected and not (self._waits_for_gate or self._delivery or touched)

    @property
    def has_confirmed(self) -> bool:
        """Whether the switch does nothing else than what it was told: it is settled, or still waits for its gate."""
        return self._waits_for_gate or self.settled

    @property
    def next_attempt(self) -> float | None:
        """When something that was refused is to be tried again."""
        return self._quarantine.next_attempt

    def take(self, now: float) -> Turn | None:
        """What is to be written now, if anything: the next turn of the batch under way, or the first of a new one."""
        if not self._connected or self._waits_for_gate:
            return None
        first: Mapping[str, int] = {}
        if self._delivery is None:
            batch = self._begin(now)
            if not batch.size:
                return None
            first = batch.counts
            self._is_audited = False
            self._delivery = Delivery(batch, self._wanted.__contains__, self._support)
            self._turn = self._delivery.next_turn()
        turn, self._turn = self._turn, None
        return Turn(turn.chunks, {**first, **turn.counts}) if turn else None

    def _begin(self, now: float) -> Batch:
        for kind, number in self._quarantine.due(now):
            if kind is Kind.FLOW:
                self._touched_flows.add(number)
            else:
                self._touched_numbered.add((kind, number))
        settings, drops = self._numbered_changes(now)
        additions, deletions = self._flow_changes(now)
        return Batch(self._xids(), settings, additions, [*deletions, *drops])

    def _flow_changes(self, now: float) -> tuple[list[tuple[int, Flow]], list[Item]]:
        touched, self._touched_flows = self._touched_flows, set()
        additions = []
        for cookie in touched:
            flow = self._wanted.flows.get(cookie)
            if flow is None:
                self._quarantine.release((Kind.FLOW, cookie))
                self._doom(cookie)
            elif cookie not in self._held and not self._quarantine.waits((Kind.FLOW, cookie), now):
                additions.append((cookie, flow))
        doomed: list[Item] = [(Kind.FLOW, cookie) for cookie in self._doomed if cookie not in self._wanted.flows]
        return additions, [item for item in doomed if not self._quarantine.waits(item, now)]

    def _numbered_changes(self, now: float) -> tuple[list[Setting], list[Item]]:
        touched, self._touched_numbered = self._touched_numbered, set()
        settings, drops = [], []
        for item in touched:
            if self._quarantine.waits(item, now):
                continue
            wanted, there = self._wanted.numbered.get(item), self._contents.get(item)
            if wanted is None and there is not None:
                # A group that is still used is touched again when its last user leaves.
                if item not in self._wanted:
                    drops.append(item)
            elif wanted is not None and there != content_of(wanted):
                settings.append(Setting(wanted, there is not None))
            else:
                self._quarantine.release(item)
        # Buckets may use meters.
        settings.sort(key=lambda setting: isinstance(setting.wanted, Group))
        drops.sort(key=lambda item: _DELETION_ORDER[item[0]])
        return settings, drops

    def _xids(self) -> int:
        wanted = len(self._wanted.flows) + len(self._wanted.numbered)
        most = wanted + len(self._doomed) + len(self._contents)
        # Barriers and bundles need some, too.
        return self._xid if self._xid + 2 * most + 1000 < OWN_XIDS else 1
