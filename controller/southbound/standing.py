"""How a switch stands to its program: what is wanted and what it holds, what is to be looked at, and what waits.

Whatever changes is noted as *touched*. The next batch is the difference of what was touched, and the outcome of a batch
is taken in by `confirm`. A flow is in one of these places:

    wanted, not held     is added by the next batch, unless its unit was refused (`controller.southbound.quarantine`)
    wanted and held      is left alone
    held, not wanted     is doomed when the next batch begins, and deleted by its end (`controller.southbound.holding`)

What the switch refuses takes its unit out: the flows of that network count as not to be there until they are tried
again, all at once. An error that shows that the switch does not hold what it was thought to hold is no refusal, the
first time: it is taken in, and the difference made anew.

A group takes the flows that use it with it, and the switch need not say so. So no group is deleted while a wanted flow
uses it, and the flows of a group that is found missing are added again. (When a batch that deletes a group begins, the
flows that use it are doomed, or were before; so none that counts as held can go with it.)
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from itertools import chain

from controller.dataplane.encoder import cookie_of
from controller.dataplane.flow import Flow, Group, Meter
from controller.southbound import error_names
from controller.southbound.batch import Batch
from controller.southbound.difference import Difference
from controller.southbound.events import Held, Refused
from controller.southbound.held_flows import HeldFlows
from controller.southbound.holding import Correction, Holding
from controller.southbound.items import Item, Kind, groups_of, item_of
from controller.southbound.quarantine import Quarantine, Subject
from controller.southbound.readback import content_of
from controller.southbound.wanted import Edit, Wanted


class Standing:
    """Of one switch, for one session."""

    def __init__(self, wanted: Wanted, holding: Holding | None = None) -> None:
        """Everything in which the two differ is touched; nothing while it is not known what the switch holds (None)."""
        self.quarantine = Quarantine()
        self._wanted = wanted
        self._holding = holding or Holding(HeldFlows(Wanted()))
        self._difference = Difference(wanted, self._holding, self.quarantine)
        self._touched_flows: set[int] = holding.flows.unlike_wanted if holding else set()
        self._touched_numbered: set[Item] = _unlike(wanted, holding) if holding else set()
        self._learned: set[Item] = set()
        """Groups and meters that errors showed to be otherwise than thought, since the last audit."""

    @property
    def is_touched(self) -> bool:
        """Whether something is to be looked at."""
        return bool(self._touched_flows or self._touched_numbered)

    @property
    def size(self) -> int:
        """No batch has more messages."""
        wanted = len(self._wanted.flows) + len(self._wanted.numbered)
        return wanted + len(self._holding.doomed) + len(self._holding.contents)

    # What is touched

    def note(self, edit: Edit) -> None:
        """Something else is wanted."""
        self._holding.flows.rebase(edit)
        self._touched_flows.update(edit.come, edit.gone, edit.passed)
        for item in edit.items:
            self._touched_numbered.add(item)
            self.quarantine.release(item)
        if self.quarantine:
            now = (self._wanted.flows[cookie] for cookie in chain(edit.come, edit.passed))
            for network in {flow.reason.network for flow in chain(edit.gone.values(), edit.passed.values(), now)}:
                self.quarantine.reconsider(network)

    def touch(self, item: Item) -> None:
        """Look at this again."""
        kind, number = item
        if kind is Kind.FLOW:
            self._touched_flows.add(number)
        else:
            self._touched_numbered.add(item)

    def compare(self, found: Held) -> Correction:
        """In what the switch, which was read again, differs; nothing comes of it."""
        return self._holding.compare(found)

    def correct(self, found: Held) -> Correction:
        """The switch was read again, and nothing was under way."""
        correction = self._holding.correct(found)
        self._learned.clear()
        self._touched_flows |= correction.missing | correction.extra | correction.altered
        self._touched_numbered |= correction.items
        return correction

    def lost(self, cookie: int, batch: Batch | None) -> bool:
        """The switch dropped a flow, perhaps one that is being added by `batch`. Whether it counted as held."""
        is_held, is_being_added = cookie in self._holding.flows, batch is not None and batch.adds(cookie)
        if batch and is_being_added:
            batch.lost.add(cookie)
        if is_being_added or is_held:
            # The message may be older than our last addition, so the flow may be there.
            self._holding.suspect(cookie)
            # Nor need anything be taken away before it is added once more.
            self._holding.altered.discard(cookie)
            self._touched_flows.add(cookie)
        return is_held

    def learn(self, error: Refused, item: Item, wanted: Flow | Group | Meter | None, batch: Batch) -> bool:
        """Take in what an error says about groups and meters that are or are not there. Whether it is news."""
        said = error.type, error.code
        wrong: set[Item] = set()
        if said in error_names.EXISTS:
            wrong = {item}
            self._holding.contents[item] = b""
        elif said in error_names.UNKNOWN:
            wrong = self._vanished([item], batch)
        elif said == error_names.BAD_OUT_GROUP and isinstance(wanted, Flow):
            wrong = self._vanished([(Kind.GROUP, group) for group in groups_of(wanted)], batch)
        is_news = bool(wrong - self._learned)
        self._learned |= wrong
        return is_news

    def _vanished(self, items: Iterable[Item], batch: Batch) -> set[Item]:
        """Those of the items that were thought to be there; with a group went all flows that used it."""
        gone = {item for item in items if self._holding.contents.pop(item, None) is not None}
        groups = {number for kind, number in gone if kind is Kind.GROUP}
        self._touched_numbered |= gone
        if groups:
            for cookie in [*self._holding.flows, *map(cookie_of, batch.additions)]:
                flow = self._wanted.flows.get(cookie)
                if flow is None or not groups.isdisjoint(groups_of(flow)):
                    self.lost(cookie, batch)
        return gone

    # What becomes of it

    def changes(self, first_xid: int) -> Batch:
        """What was touched."""
        flows, self._touched_flows = self._touched_flows, set()
        items, self._touched_numbered = self._touched_numbered, set()
        return self._batch(first_xid, flows, items, None)

    def retry(self, first_xid: int, now: float) -> Batch:
        """The refused unit that is due, if any, alone."""
        batch = Batch(first_xid, (), (), ())
        while not batch.size and (subject := self.quarantine.due(now)) is not None:
            if isinstance(subject, str):
                batch = self._batch(first_xid, self.quarantine.flows(subject), (), subject)
            elif subject[0] is Kind.FLOW:
                batch = self._batch(first_xid, (subject[1],), (), subject)
            else:
                batch = self._batch(first_xid, (), (subject,), subject)
            if not batch.size:
                self.quarantine.release(subject)
        return batch

    def stays(self, retries: Subject | None) -> Callable[[Item], bool]:
        """Tells whether something is to be there, while such a batch is under way."""
        return lambda item: self._difference.is_to_stay(item, retries)

    def _batch(self, first_xid: int, flows: Iterable[int], items: Collection[Item], retries: Subject | None) -> Batch:
        # Additions first: they find out what is doomed.
        additions = self._difference.additions(flows, retries)
        settings = self._difference.settings(items, retries)
        deletions = self._difference.deletions(items, retries)
        return Batch(first_xid, settings, additions, deletions, retries, self._holding.altered)

    def confirm(self, batch: Batch, carried: int, now: float) -> str:
        """The batch is over: what was carried out (below message `carried`) and not refused is done.

        The rest is touched again. Returns the network that was taken after it was refused; "" for none.
        """
        is_helpful = False
        for thing in batch.accepted_settings(carried):
            self._holding.contents[item_of(thing)] = content_of(thing)
            is_helpful = True
        for cookie in batch.accepted_additions(carried):
            self._holding.added(cookie)
        for item in batch.accepted_deletions(carried):
            self._holding.deleted(item)
        for item in batch.left_over(carried):
            self.touch(item)
        if is_helpful:
            # Flows may have been refused for the want of it.
            self.quarantine.hasten(now)
        if batch.off:
            self._withdraw(batch)
        elif batch.retries and carried == batch.size:
            self.quarantine.release(batch.retries)
            return batch.retries if isinstance(batch.retries, str) else ""
        return ""

    def _withdraw(self, batch: Batch) -> None:
        """What the switch may hold of networks that are off is not to be there."""
        cookies: Iterable[int] = map(cookie_of, batch.additions)
        if not batch.retries:
            flows = self._wanted.flows.items()
            cookies = (cookie for cookie, flow in flows if flow.reason.network in batch.off)
        for cookie in cookies:
            self._holding.doom(cookie)
            self._touched_flows.add(cookie)


def _unlike(wanted: Wanted, holding: Holding) -> set[Item]:
    """Groups and meters that are not held as they are wanted."""
    held = holding.contents
    known = {item: content_of(thing) for item, thing in wanted.numbered.items()}
    return {item for item in held.keys() | known.keys() if held.get(item) != known.get(item)}
