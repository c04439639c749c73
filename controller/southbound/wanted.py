"""What one switch should hold: flows by cookie, groups and meters by item.

Every edit says what it touched, so that the synchroniser looks at that and at nothing else. How many wanted flows use
each group is counted along: a switch that deletes a group deletes the flows that use it, too, so a group stays until
the last of them has gone, even if it is no longer asked for. (Units are compiled one after the other; a group may leave
with one and its flows with the next.)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from controller.dataplane.flow import Flow, Group, Meter, Program, ToGroup
from controller.dataplane.program import Share
from controller.southbound.items import Item, Kind, numbered


@dataclass(frozen=True, slots=True)
class Edit:
    """What an edit touched."""

    come: Collection[int]
    """Flows that became wanted."""
    gone: Mapping[int, Flow]
    """Flows that became unwanted."""
    passed: Mapping[int, Flow]
    """Wanted flows that are the same to the switch, but passed to another network, as they were."""
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
        gone = {cookie: flow for cookie, flow in self.flows.items() if cookie not in flows}
        come = flows.keys() - self.flows.keys()
        passed = self._passed(flows)
        old, new = self.numbered, numbered(program.groups.values(), program.meters.values())
        self.flows, self.numbered = flows, new
        items = {item for item in old.keys() | new.keys() if old.get(item) != new.get(item)}
        items |= self._count((flows[cookie] for cookie in come), gone.values())
        return Edit(come, gone, passed, items)

    def change(self, before: Share, after: Share) -> Edit:
        """Want what was wanted, with `after` in place of `before`."""
        flows = after.flows
        leave = (cookie for cookie in before.flows if cookie not in flows and cookie in self.flows)
        gone = {cookie: self.flows.pop(cookie) for cookie in leave}
        come = {cookie: flow for cookie, flow in flows.items() if cookie not in self.flows}
        passed = self._passed(flows)
        self.flows.update(flows)
        old, new = numbered(before.groups, before.meters), numbered(after.groups, after.meters)
        items = {item for item in old if item not in new} | {
            item for item in new if self.numbered.get(item) != new[item]
        }
        for item in items:
            if item in new:
                self.numbered[item] = new[item]
            else:
                self.numbered.pop(item, None)
        items |= self._count(come.values(), gone.values())
        return Edit(come.keys(), gone, passed, items)

    def _passed(self, flows: Mapping[int, Flow]) -> dict[int, Flow]:
        """Those that are wanted and pass to another network, as they were."""
        both = ((cookie, flow, self.flows.get(cookie)) for cookie, flow in flows.items())
        return {cookie: old for cookie, new, old in both if old and old.reason.network != new.reason.network}

    def _count(self, added: Iterable[Flow], left: Iterable[Flow]) -> set[Item]:
        """Count the users of groups; returns the groups that were kept only for users that have gone."""
        self._users.update(_uses(added))
        released: set[Item] = set()
        for group in _uses(left):
            self._users[group] -= 1
            if not self._users[group]:
                del self._users[group]
                released.add((Kind.GROUP, group))
        return released - self.numbered.keys()


def _uses(flows: Iterable[Flow]) -> Iterator[int]:
    """Each use of a group by one of the flows; a flow that uses one twice counts twice."""
    return (action.group for flow in flows for action in flow.actions if isinstance(action, ToGroup))
