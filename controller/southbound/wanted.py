"""What one switch should hold: flows by cookie, groups and meters by item.

Every edit says what it touched, so that the synchroniser looks at that and at nothing else. How many wanted flows use
each group is counted along: a switch that deletes a group deletes the flows that use it, too, so a group stays until
the last of them has gone, even if it is no longer asked for. (Units are compiled one after the other; a group may leave
with one and its flows with the next.)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from controller.dataplane.flow import Flow, Group, Meter, Program
from controller.dataplane.program import Share
from controller.southbound.items import Item, Kind, groups_of, numbered


@dataclass(frozen=True, slots=True)
class Edit:
    """What an edit touched."""

    cookies: Collection[int]
    """Flows that became wanted or unwanted."""
    left: Collection[Flow]
    """Those that became unwanted."""
    items: Collection[Item]
    """Groups and meters whose content changed, or that became wanted or unwanted, or unused while unwanted."""


class Wanted:
    """Flows, groups and meters that a switch should hold."""

    def __init__(self) -> None:
        self.flows: dict[int, Flow] = {}
        self.numbered: dict[Item, Group | Meter] = {}
        self._users: Counter[int] = Counter()
        """Group -> how many wanted flows use it."""

    def __contains__(self, item: Item) -> bool:
        """Whether it is to be there: it is asked for, or is a group in use."""
        kind, number = item
        if kind is Kind.FLOW:
            return number in self.flows
        return item in self.numbered or (kind is Kind.GROUP and number in self._users)

    def replace(self, program: Program) -> Edit:
        """Want exactly this program."""
        flows = dict(program.flows)
        gone, added = self.flows.keys() - flows.keys(), flows.keys() - self.flows.keys()
        left = [self.flows[cookie] for cookie in gone]
        passed = self._passed(flows)
        old, new = self.numbered, numbered(program.groups.values(), program.meters.values())
        self.flows, self.numbered = flows, new
        items = {item for item in old.keys() | new.keys() if old.get(item) != new.get(item)}
        items |= self._count((flows[cookie] for cookie in added), left)
        return Edit(gone | added | passed.keys(), [*left, *passed.values()], items)

    def change(self, before: Share, after: Share) -> Edit:
        """Want what was wanted, with `after` in place of `before`."""
        gone, come = before.flows, after.flows
        left = [self.flows.pop(cookie) for cookie in gone.keys() - come.keys() if cookie in self.flows]
        added = [flow for cookie, flow in come.items() if cookie not in self.flows]
        passed = self._passed(come)
        self.flows.update(come)
        old, new = numbered(before.groups, before.meters), numbered(after.groups, after.meters)
        items = {item for item in old if item not in new} | {
            item for item in new if self.numbered.get(item) != new[item]
        }
        for item in items:
            if item in new:
                self.numbered[item] = new[item]
            else:
                self.numbered.pop(item, None)
        items |= self._count(added, left)
        return Edit((gone.keys() ^ come.keys()) | passed.keys(), [*left, *passed.values()], items)

    def _passed(self, flows: Mapping[int, Flow]) -> dict[int, Flow]:
        """Wanted flows that are the same to the switch, but pass to another network, as they were."""
        both = ((cookie, flow, self.flows.get(cookie)) for cookie, flow in flows.items())
        return {cookie: old for cookie, new, old in both if old and old.reason.network != new.reason.network}

    def _count(self, added: Iterable[Flow], left: Iterable[Flow]) -> set[Item]:
        """Count the users of groups; returns the groups that were kept only for users that have gone."""
        for flow in added:
            self._users.update(groups_of(flow))
        released: set[Item] = set()
        for flow in left:
            for group in groups_of(flow):
                self._users[group] -= 1
                if not self._users[group]:
                    del self._users[group]
                    released.add((Kind.GROUP, group))
        return released - self.numbered.keys()
