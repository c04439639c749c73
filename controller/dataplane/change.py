"""A change of a switch's program: what comes, and what goes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from controller.dataplane.flow import Flow, Group, Meter


@dataclass(frozen=True, slots=True)
class Change:
    """The difference between two programs. What comes may replace what is there under the same number."""

    flows: Mapping[int, Flow] = field(default_factory=dict)
    """New flows by cookie."""
    removed_flows: Collection[int] = ()
    """Cookies."""
    groups: Collection[Group] = ()
    removed_groups: Collection[int] = ()
    meters: Collection[Meter] = ()
    removed_meters: Collection[int] = ()
