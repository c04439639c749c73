"""What a switch lost, or was given, behind our back: the difference between what it was left with and what it holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from controller.dataplane.flow import Flow, Reason
from controller.southbound.items import Item, Kind


@dataclass(frozen=True, slots=True)
class Drift:
    """What an audit found; it is being repaired. Empty if all is as it was left."""

    missing: Mapping[Reason, int]
    """How many flows are gone, by what they were for."""
    extra: int
    """How many flows have our mark and are not ours."""
    groups: tuple[int, ...]
    """Groups in our range that were changed, deleted or added."""
    meters: tuple[int, ...]
    """The same of meters."""
    altered: Mapping[Reason, int] = field(default_factory=dict)
    """How many flows were changed and kept their cookie, or got a second one beside them under it."""

    def __bool__(self) -> bool:
        return bool(self.missing or self.extra or self.groups or self.meters or self.altered)

    def __str__(self) -> str:
        found = [f"{kind} {count}" for kind, count in self.counts.items() if count]
        return ", ".join(found) or "nothing"

    @property
    def counts(self) -> dict[str, int]:
        """How much of each kind."""
        return {
            "flows missing": sum(self.missing.values()),
            "flows changed": sum(self.altered.values()),
            "flows extra": self.extra,
            "groups": len(self.groups),
            "meters": len(self.meters),
        }


def drift_of(missing: Iterable[Flow], altered: Iterable[Flow], extra: int, items: Collection[Item]) -> Drift:
    """The drift made of these flows, so many extra ones, and these groups and meters."""
    return Drift(
        Counter(flow.reason for flow in missing),
        extra,
        tuple(sorted(number for kind, number in items if kind is Kind.GROUP)),
        tuple(sorted(number for kind, number in items if kind is Kind.METER)),
        Counter(flow.reason for flow in altered),
    )
