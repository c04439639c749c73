"""From old trees to new ones: no frame meets half of a change, so none circles and none is lost.

A flooded frame gets a *mark* where it enters, and keeps it (`apps.trees`). There are two marks, each with trees of its
own, and all switches give the same mark except while they change over. To change trees:

1. the new ones are laid under the mark that no frame has, on all switches;
2. when all have confirmed, frames get that mark. Some switches give it before others; both sets of trees are whole;
3. when all have confirmed, and frames with the other mark have arrived, the new trees are laid under that one as well;
4. when all have confirmed, frames get the first mark again.

The last two make what is left depend on links alone, not on how often they changed: a daemon that starts computes what
is there. A daemon may die at any point; what switches hold floods everywhere. Its successor is told what a switch holds
(`Held`) when it comes, and goes on from there: until a switch has confirmed something else, a tree has what both ends
of a link hold of it.

Under a mark that no frame has all may be changed at will. Under one that is in use a link may only join a tree if
nobody floods along links that are no part of it, as two trees at once can contain a circle. So when a link died its
ends stop flooding along it first, as it may come back before they are told; when they have confirmed, the one that
takes its place joins.

A switch without session keeps what it has, trees and mark. If it floods along a live link that should leave a tree,
that tree stays as it was; its dead links are not waited for, or a switch that is gone for good would hold trees back
for ever.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from functools import lru_cache

from controller.fabric.model import End, Link
from controller.fabric.trees import NO_TREES, TREES, Trees

MARKS = 2

Ends = tuple[frozenset[End], ...]
"""For each tree the interfaces along which somebody floods."""


@dataclass(frozen=True, slots=True)
class Floods:
    """How flooded frames go at one moment, as far as switches were told."""

    trees: tuple[Trees, ...] = (NO_TREES,) * MARKS
    """By mark."""
    entry: int = 0
    """The mark that frames get."""


@dataclass(frozen=True, slots=True)
class Held:
    """What one switch was found to hold of trees."""

    ends: tuple[Ends, ...]
    """By mark: the interfaces along which it floods."""
    entry: int | None
    """The mark that it gives; None if frames get none."""


@dataclass(slots=True)
class TreeTransition:
    """The trees that switches were told, those wanted, and whatever else some switch may do.

    `live` are the links that exist, `connected` the switches that do as they are told.
    """

    target: Trees = NO_TREES
    _told: list[Trees] = field(default_factory=lambda: [NO_TREES] * MARKS)
    _entry: int = 0
    _used: list[Ends] = field(default_factory=lambda: [(frozenset(),) * TREES] * MARKS)
    """By mark: along which interfaces some switch may flood."""
    _given: dict[str, set[int]] = field(default_factory=dict)
    """The marks that frames may have which entered at a switch and have not arrived yet."""
    _linked: frozenset[str] = frozenset()
    """The switches that have links."""
    _held: dict[str, Held] = field(default_factory=dict)
    """What switches hold that were not told anything by this daemon yet."""
    _is_odd: bool = False
    """Whether some of that is not what they would be told."""
    _known: set[str] = field(default_factory=set)
    """Those that were."""
    _is_safe: bool = True
    """Whether frames may get the other mark, as far as those are concerned that cannot be told."""

    @property
    def active(self) -> Floods:
        """What switches were told last."""
        return Floods(tuple(self._told), self._entry)

    @property
    def is_pending(self) -> bool:
        """Whether there are steps to take."""
        return self._entry != 0 or any(told != self.target for told in self._told)

    def may_flood(self, link: Link) -> bool:
        """Whether some switch may flood along it, by trees of now or before."""
        return any(link.a in ends or link.b in ends for used in self._used for ends in used)

    def retarget(
        self, target: Trees, names: Collection[str], live: Collection[Link], connected: Collection[str]
    ) -> None:
        """Want other trees, between the switches `names`. Those that only grow are in force at once."""
        self.target = target
        for known in (self._given, self._held):
            for name in known.keys() - set(names):
                del known[name]
        self._known &= set(names)
        self._give(connected)
        self._recall(live)
        self._lay(live, connected)

    def found(self, switch: str, held: Held, live: Collection[Link], connected: Collection[str]) -> None:
        """A switch came that this daemon has not told anything yet, and holds this."""
        if switch in self._known or held.entry is None:
            return
        self._held[switch] = held
        self._given[switch] = {held.entry}
        if not self._is_odd and self._is_as_told(held, live):
            return
        self._is_odd = True
        self._used = [
            tuple(some | more for some, more in zip(used, ends, strict=True))
            for used, ends in zip(self._used, held.ends, strict=True)
        ]
        self._recall(live)
        self._lay(live, connected)

    def advance(self, live: Collection[Link], connected: Collection[str], *, is_rested: bool) -> bool:
        """All connected switches hold what they were told. Whether they are told something else now.

        `is_rested` says that frames which were sent before they confirmed have arrived. A dead link carries none.
        """
        before, living = self.active, _ends(frozenset(live))
        self._give(connected)
        if is_rested:
            self._given.update({name: {self._entry} for name in connected})
        late = frozenset() if is_rested else living
        for mark, (used, told) in enumerate(zip(self._used, self._told, strict=True)):
            self._used[mark] = tuple(
                some & (late | _ends(tree) | _at_others(some, connected)) for some, tree in zip(used, told, strict=True)
            )
        self._lay(live, connected)
        if self.active == before:
            self._change_over(connected)
        return self.active != before

    def _change_over(self, connected: Collection[str]) -> None:
        """If there is something better under the other mark, or all is done, have frames get that one."""
        other = 1 - self._entry
        is_better = self._progress(other) > self._progress(self._entry)
        is_done = self._entry == 1 and self._told[0] == self._told[1]
        if self._is_free(other) and self._is_safe and not self._held and (is_better or is_done):
            self._entry = other
            self._give(connected)

    def _give(self, connected: Collection[str]) -> None:
        """These switches were told what is in force."""
        for name in connected:
            self._given.setdefault(name, set()).add(self._entry)
            self._held.pop(name, None)
        self._known.update(connected)
        self._is_odd &= bool(self._held)

    def _progress(self, mark: int) -> int:
        """How many trees are as they should be."""
        return sum(told == target for told, target in zip(self._told[mark], self.target, strict=True))

    def _is_free(self, mark: int) -> bool:
        """Whether no frame has this mark or will get it; of a switch that has not come yet that is not known."""
        is_given = any(mark in given for given in self._given.values())
        return mark != self._entry and not is_given and self._linked <= self._given.keys()

    def _lay(self, live: Collection[Link], connected: Collection[str]) -> None:
        """Tell what can be told now."""
        # Those that still wait at their gates are told, too, when these open.
        living, reached = _ends(frozenset(live)), {*connected, *self._held}
        self._linked = frozenset(end.switch for end in living)
        for mark in (self._entry, 1 - self._entry):
            used, is_free = self._used[mark], self._is_free(mark)
            others = [_at_others(some, reached) for some in used]
            # Under a free mark those who are reached may do anything: no frame sees it. A dead end of a switch that is
            # not reached does not come back before the switch does.
            risks = [end & living if is_free else some - (end - living) for some, end in zip(used, others, strict=True)]
            self._told[mark] = tuple(
                self._laid(mark, tree, risks[tree], frozenset(live), is_free=is_free) for tree in range(TREES)
            )
            if is_free:
                self._is_safe = all(some <= _ends(tree) for some, tree in zip(risks, self._told[mark], strict=True))
            self._used[mark] = tuple(some | _ends(tree) for some, tree in zip(used, self._told[mark], strict=True))

    def _laid(
        self, mark: int, tree: int, risks: frozenset[End], live: frozenset[Link], *, is_free: bool
    ) -> frozenset[Link]:
        """The new tree if it meets nothing with which it could make a circle, or the one that is in use."""
        target = self.target[tree]
        if risks <= _ends(target):
            return target
        return self._told[self._entry if is_free else mark][tree] & live

    def _recall(self, live: Collection[Link]) -> None:
        """Have what both ends hold of a link, where one is at a switch that was not told anything yet."""
        if not self._is_odd:
            return
        by_end = _by_end(frozenset(live))
        for mark in range(MARKS):
            told = []
            for tree, before in enumerate(self._told[mark]):
                held = frozenset[End]().union(*(one.ends[mark][tree] for one in self._held.values()))
                both = (link for end in held if (link := by_end.get(end)) and link.a in held and link.b in held)
                told.append(frozenset(both) | {link for link in before if self._may_stay(link, held)})
            self._told[mark] = tuple(told)
        if all(given == {1 - self._entry} for given in self._given.values()):
            self._entry = 1 - self._entry

    def _may_stay(self, link: Link, held: Collection[End]) -> bool:
        return all(end in held or end.switch not in self._held for end in (link.a, link.b))

    def _is_as_told(self, held: Held, live: Collection[Link]) -> bool:
        """Whether a switch floods along nothing that it would not be told; branches without members are cut anyway."""
        by_end = _by_end(frozenset(live))
        return held.entry == self._entry and all(
            by_end.get(end) in tree
            for trees, ends_of in zip(self._told, held.ends, strict=True)
            for tree, ends in zip(trees, ends_of, strict=True)
            for end in ends
        )


@lru_cache(maxsize=1)
def _by_end(links: frozenset[Link]) -> dict[End, Link]:
    """Remembered, as hundreds of switches come at once."""
    return {end: link for link in links for end in (link.a, link.b)}


def _at_others(ends: Collection[End], switches: Collection[str]) -> frozenset[End]:
    """Those that are not on these switches."""
    return frozenset(end for end in ends if end.switch not in switches)


@lru_cache(maxsize=8 * TREES)
def _ends(links: frozenset[Link]) -> frozenset[End]:
    """Remembered, as the same trees are asked for in every step."""
    return frozenset(end for link in links for end in (link.a, link.b))
