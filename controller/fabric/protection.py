"""Which detours switches have and may use, and how they change (`controller.fabric.detours`).

A frame on a detour follows marks from switch to switch, so all switches must agree on the two trees towards its
destination; a mixture of old and new ones could be a circle. So a destination's trees are exchanged in three steps,
each begun when every switch that has a link confirmed the one before: nobody turns frames aside towards it any more
(and a rest, until frames that are marked have arrived); the new trees are laid; frames may be turned aside again. It is
begun only when next hops have settled, or the detours that save the traffic just now would be taken away.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import Enum

from controller.fabric.detours import Blocks, Detours
from controller.fabric.paths import Paths


class Stage(Enum):
    """How far the exchange of a destination's trees is."""

    ARMED = "laid and in use"
    ENDING = "nobody is to turn frames aside; not all have confirmed"
    LAID = "laid, not all have confirmed"


@dataclass(frozen=True, slots=True)
class Protection:
    """Detours at one moment."""

    laid: Mapping[str, Detours] = field(default_factory=dict)
    """For each destination, in order, what switches were told."""
    armed: frozenset[str] = frozenset()
    """Destinations towards which frames may be turned aside."""

    @staticmethod
    def of(paths: Paths) -> Protection:
        """Every switch is a destination, and all is in force."""
        blocks = Blocks(paths)
        return Protection({name: blocks.towards(name) for name in paths.graph}, frozenset(paths.graph))


@dataclass(slots=True)
class ProtectionTransition:
    """Detours as switches were told, and as they are to be."""

    _laid: dict[str, Detours] = field(default_factory=dict)
    _wanted: dict[str, Detours] = field(default_factory=dict)
    _stages: dict[str, Stage] = field(default_factory=dict)

    @property
    def is_settled(self) -> bool:
        """Whether all detours are those that are wanted, and may be used."""
        return self._laid == self._wanted and all(stage is Stage.ARMED for stage in self._stages.values())

    def snapshot(self) -> Protection:
        """The detours at this moment."""
        armed = (name for name, stage in self._stages.items() if stage is Stage.ARMED)
        return Protection(dict(sorted(self._laid.items())), frozenset(armed))

    def retarget(self, paths: Paths, destinations: Collection[str]) -> None:
        """Want the detours that these paths allow. Those towards a new destination are in force at once."""
        blocks = Blocks(paths)
        wanted = {name: blocks.towards(name) for name in sorted(destinations)}
        # Equal ones stay the same value, which knows what it was asked before.
        self._wanted = {name: laid if (laid := self._laid.get(name)) == one else one for name, one in wanted.items()}
        for name in self._laid.keys() - self._wanted.keys():
            del self._laid[name], self._stages[name]
        for name in self._wanted.keys() - self._laid.keys():
            self._laid[name], self._stages[name] = self._wanted[name], Stage.ARMED

    def advance(self, *, is_rested: bool) -> bool:
        """Every switch with a link has what it was told, and next hops have settled. Whether a step was taken.

        `is_rested` says that frames which were sent before they confirmed have arrived.
        """
        has_moved = False
        for name, wanted in self._wanted.items():
            stage = self._stages[name]
            if stage is Stage.ARMED and self._laid[name] != wanted:
                self._stages[name] = Stage.ENDING
            elif stage is Stage.ENDING and is_rested:
                self._laid[name], self._stages[name] = wanted, Stage.LAID
            elif stage is Stage.LAID:
                self._stages[name] = Stage.ARMED if self._laid[name] == wanted else Stage.ENDING
            else:
                continue
            has_moved = True
        return has_moved
