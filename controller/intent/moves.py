"""From old segment keys to new ones: without a gap for the network, and without meeting another's frames.

Switches change one after the other, so a network that gets another key takes three steps, each of them begun when all
switches hold the one before:

    entered  second
    old      new       frames still go by the old key, and every switch knows what to do with the new one
    new      old       frames go by the new key, and those of switches that are not so far are still delivered
    new                the old key is left

A key that a network left, or that a removed network had, may be taken by another one only after all switches confirmed
that too (`vacated`), or frames of the one could arrive as the other's. A network waits for its new key on its old one;
when several wait for each other in a circle, one of them goes without until the others have passed. A network that
appears with the key of one of the same tenant that disappears is taken for the same under another name, and waits for
nothing.

No I/O. What is not settled is kept in the key ledger, before switches are told, so that a daemon which was killed in
between goes on where its predecessor stood.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, field

from controller.intent.model import SegmentKey


@dataclass(frozen=True, slots=True)
class Unsettled:
    """Where networks stand that are not simply on the key they hold."""

    moving: Mapping[str, tuple[SegmentKey | None, SegmentKey | None]] = field(default_factory=dict)
    """Network id -> (entered, second)."""
    vacated: Mapping[SegmentKey, str] = field(default_factory=dict)
    """Keys that some switch may still use for a network which has left them."""

    def __bool__(self) -> bool:
        return bool(self.moving or self.vacated)


class Moves:
    """The keys in force, by network id; each step gives another value, or the same when there is none."""

    def __init__(self, held: Mapping[str, SegmentKey], unsettled: Unsettled) -> None:
        """Go on where networks were on the keys they `held`, but for those that were `unsettled`."""
        self.entered = dict(held)
        """The key by which frames of a network's ports go."""
        self.second: dict[str, SegmentKey] = {}
        """A further key whose frames are delivered."""
        self._target: Mapping[str, SegmentKey] = {}
        self._vacated = dict(unsettled.vacated)
        self._moving = set(unsettled.moving)
        for network, (entered, second) in unsettled.moving.items():
            self.entered.pop(network, None)
            if entered:
                self.entered[network] = entered
            if second:
                self.second[network] = second
        self._owner = {key: network for keys in (self.entered, self.second) for network, key in keys.items()}

    @property
    def is_pending(self) -> bool:
        """Whether there is a step to take once all switches confirmed the last."""
        return bool(self._moving or self._vacated)

    @property
    def unsettled(self) -> Unsettled:
        """What a successor has to know."""
        moving = {name: (self.entered.get(name), self.second.get(name)) for name in sorted(self._moving)}
        return Unsettled(moving, dict(self._vacated))

    @property
    def waiting(self) -> dict[str, str]:
        """Networks that wait for their key: the network that has it, or had it."""
        names = [name for name in sorted(self._moving) if name not in self.second and name in self._target]
        owners = {name: self._owner.get(self._target[name]) for name in names}
        return {name: owner or self._vacated.get(self._target[name], name) for name, owner in owners.items()}

    def retargeted(self, target: Mapping[str, SegmentKey]) -> Moves:
        """Want other keys. What needs no confirmation is in force at once."""
        after = self._copy()
        after._target = target
        before = self.entered.get
        after._moving.update(name for name, key in target.items() if before(name) is not key and before(name) != key)
        after._moving.update(self.entered.keys() - target.keys())
        after._settle()
        return after

    def advanced(self, is_complete: bool) -> Moves:
        """All switches with a session hold what is in force; `is_complete` if no other switch may hold anything."""
        after = self._copy()
        if is_complete:
            after._vacated.clear()
        for name in sorted(after._moving & after.second.keys()):
            here, there = after.entered[name], after.second[name]
            if there == after._target.get(name):
                after.entered[name], after.second[name] = there, here
            else:
                after._leave(name, after.second)
        after._settle()
        if after.unsettled == self.unsettled and not self._vacated:
            after._break_circle()
        return self if after.unsettled == self.unsettled else after

    def _copy(self) -> Moves:
        after = copy(self)
        after.entered, after.second, after._owner = self.entered.copy(), self.second.copy(), self._owner.copy()
        after._vacated, after._moving = self._vacated.copy(), self._moving.copy()
        return after

    def _settle(self) -> None:
        for name in sorted(self._moving - self._target.keys()):
            self._leave(name, self.entered)
            self._leave(name, self.second)
            self._moving.discard(name)
        for name in sorted(self._moving - self.second.keys()):
            here, there = self.entered.get(name), self._target[name]
            if here != there and self._is_free(there, name):
                self._owner[there] = name
                self._vacated.pop(there, None)
                (self.second if here else self.entered)[name] = there
            if self.entered.get(name) == there:
                self._moving.discard(name)

    def _break_circle(self) -> None:
        for name in sorted(self._moving & self.entered.keys()):
            self._leave(name, self.entered)
            return

    def _leave(self, name: str, keys: dict[str, SegmentKey]) -> None:
        key = keys.pop(name, None)
        if key:
            del self._owner[key]
            self._vacated[key] = name

    def _is_free(self, key: SegmentKey, name: str) -> bool:
        last = self._vacated.get(key, name)
        is_renamed = last not in self._target and _tenant(last) == _tenant(name)
        return key not in self._owner and (last == name or is_renamed)


def _tenant(network: str) -> str:
    return network.partition("/")[0]
