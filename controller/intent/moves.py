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
between goes on where its predecessor stood. A step costs what moves, not what there is; it can be taken back (`undo`)
when it cannot be stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

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


@dataclass(frozen=True, slots=True)
class KeyChanges:
    """Networks whose keys in force changed, by id; None where there is none now."""

    entered: Mapping[str, SegmentKey | None] = field(default_factory=dict)
    second: Mapping[str, SegmentKey | None] = field(default_factory=dict)


class Moves:
    """The keys in force, by network id."""

    def __init__(self, held: Mapping[str, SegmentKey], unsettled: Unsettled) -> None:
        """Go on where networks were on the keys they `held`, but for those that were `unsettled`."""
        self.entered = dict(held)
        """The key by which frames of a network's ports go."""
        self.second: dict[str, SegmentKey] = {}
        """A further key whose frames are delivered."""
        self._target = dict(held)
        self._vacated = dict(unsettled.vacated)
        self._moving = dict.fromkeys(unsettled.moving, True)
        for network, (entered, second) in unsettled.moving.items():
            self.entered.pop(network, None)
            if entered:
                self.entered[network] = entered
            if second:
                self.second[network] = second
        self._owner = {key: network for keys in (self.entered, self.second) for network, key in keys.items()}
        self._log: list[tuple[dict[Any, Any], Any, Any]] = []
        """(mapping, key, value before) of all that the last step changed."""

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

    @property
    def changes(self) -> KeyChanges:
        """What the last step changed of the keys in force."""
        entered = {name for mapping, name, _ in self._log if mapping is self.entered}
        second = {name for mapping, name, _ in self._log if mapping is self.second}
        return KeyChanges(
            {name: self.entered.get(name) for name in entered}, {name: self.second.get(name) for name in second}
        )

    def retarget(self, changed: Mapping[str, SegmentKey | None]) -> None:
        """Want other keys for some networks, or none. What needs no confirmation is in force at once."""
        self._log = []
        for name, key in changed.items():
            self._put(self._target, name, key)
            if self.entered.get(name) != key:
                self._put(self._moving, name, True)
        self._settle()

    def advance(self, is_complete: bool) -> bool:
        """All switches with a session hold what is in force; `is_complete` if no other switch may hold anything.

        Whether there was a step to take.
        """
        self._log = []
        for key in list(self._vacated) if is_complete else ():
            self._put(self._vacated, key, None)
        for name in sorted(self._moving.keys() & self.second.keys()):
            here, there = self.entered[name], self.second[name]
            if there == self._target.get(name):
                self._put(self.entered, name, there)
                self._put(self.second, name, here)
            else:
                self._leave(name, self.second)
        self._settle()
        if not self._log and not self._vacated:
            self._break_circle()
        return bool(self._log)

    def undo(self) -> None:
        """Take the last step back."""
        for mapping, key, before in reversed(self._log):
            if before is None:
                mapping.pop(key, None)
            else:
                mapping[key] = before
        self._log = []

    def _put(self, mapping: dict[Any, Any], key: object, value: object) -> None:
        self._log.append((mapping, key, mapping.get(key)))
        if value is None:
            mapping.pop(key, None)
        else:
            mapping[key] = value

    def _settle(self) -> None:
        # Not by difference of keys, which looks at all that are taken away: every network there is.
        for name in sorted(name for name in self._moving if name not in self._target):
            self._leave(name, self.entered)
            self._leave(name, self.second)
            self._put(self._moving, name, None)
        for name in sorted(name for name in self._moving if name not in self.second):
            here, there = self.entered.get(name), self._target[name]
            if here != there and self._is_free(there, name):
                self._put(self._owner, there, name)
                self._put(self._vacated, there, None)
                self._put(self.second if here else self.entered, name, there)
            if self.entered.get(name) == there:
                self._put(self._moving, name, None)

    def _break_circle(self) -> None:
        for name in sorted(self._moving.keys() & self.entered.keys()):
            self._leave(name, self.entered)
            return

    def _leave(self, name: str, keys: dict[str, SegmentKey]) -> None:
        key = keys.get(name)
        if key:
            self._put(keys, name, None)
            self._put(self._owner, key, None)
            self._put(self._vacated, key, name)

    def _is_free(self, key: SegmentKey, name: str) -> bool:
        last = self._vacated.get(key, name)
        is_renamed = last not in self._target and _tenant(last) == _tenant(name)
        return key not in self._owner and (last == name or is_renamed)


def _tenant(network: str) -> str:
    return network.partition("/")[0]
