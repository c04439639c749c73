"""The difference between what a switch should hold and what it holds: what has to be set, added and deleted.

Only what is named is looked at, except that all doomed flows are deleted (`controller.southbound.holding`). What waits
in quarantine is left out: a network's flows are kept back, and those that may be there are deleted although they are
wanted; each other piece waits for itself. When a unit is tried again, `retries` names it and lets it through.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from controller.dataplane.flow import Flow, Group
from controller.southbound.holding import Holding
from controller.southbound.items import Item, Kind, Setting
from controller.southbound.quarantine import Quarantine, Subject, subject_of
from controller.southbound.readback import content_of
from controller.southbound.wanted import Wanted

_DELETION_ORDER = {Kind.FLOW: 0, Kind.GROUP: 1, Kind.METER: 2}


@dataclass(frozen=True, slots=True)
class Difference:
    """Compares what is wanted with what is held and with what waits; these are looked at, and change."""

    wanted: Wanted
    holding: Holding
    quarantine: Quarantine

    def is_to_stay(self, item: Item, retries: Subject | None) -> bool:
        """Whether it is wanted, and of no network that waits."""
        kind, number = item
        if kind is not Kind.FLOW or not self.quarantine:
            return item in self.wanted
        flow = self.wanted.flows.get(number)
        return flow is not None and (flow.reason.network == retries or flow.reason.network not in self.quarantine)

    def additions(self, cookies: Iterable[int], retries: Subject | None) -> list[Flow]:
        """Those of the flows that are to be added; those that are held and no longer wanted are doomed."""
        found = []
        for cookie in cookies:
            flow = self.wanted.flows.get(cookie)
            if flow is None:
                self.quarantine.release((Kind.FLOW, cookie))
                self.holding.doom(cookie)
            elif cookie not in self.holding.flows and not self._waits(cookie, flow, retries):
                found.append(flow)
        return found

    def settings(self, items: Iterable[Item], retries: Subject | None) -> list[Setting]:
        """Those of the groups and meters that are to be set, meters first, as buckets may use them."""
        found = []
        for item in items:
            wanted, there = self.wanted.numbered.get(item), self.holding.contents.get(item)
            if wanted is not None and there != content_of(wanted) and self._is_open(item, retries):
                found.append(Setting(wanted, there is not None))
        return sorted(found, key=lambda setting: isinstance(setting.wanted, Group))

    def deletions(self, items: Iterable[Item], retries: Subject | None) -> list[Item]:
        """Doomed flows, then those of the groups and meters that are to go.

        A group that is still used is not: it is touched again when its last user leaves.
        """
        found: list[Item] = [(Kind.FLOW, cookie) for cookie in self.holding.doomed]
        found += sorted((item for item in items if item in self.holding.contents), key=lambda i: _DELETION_ORDER[i[0]])
        return [item for item in found if not self.is_to_stay(item, retries) and self._is_open(item, retries)]

    def _waits(self, cookie: int, flow: Flow, retries: Subject | None) -> bool:
        if not self.quarantine:
            return False
        if retries is None:
            return self.quarantine.keeps_back(flow.reason.network, cookie) or (Kind.FLOW, cookie) in self.quarantine
        # A flow may have passed to another network since it was kept back.
        return subject_of((Kind.FLOW, cookie), flow) != retries

    def _is_open(self, item: Item, retries: Subject | None) -> bool:
        return item == retries or item not in self.quarantine
