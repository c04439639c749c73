"""Flows, groups and meters: what a switch can be told, as immutable values.

A flow is table, priority, match, and what it does: actions in order, a value for the metadata, the next table. No goto
and no output means drop. A `Reason` says why the flow is there (app, tenant, network, port); it is *not* part of the
flow's content, so two flows that differ only in reason are the same flow to a switch.

Groups and meters that are ours carry numbers from ranges of their own (`OUR_GROUPS`, `OUR_METERS`); all others on the
switch belong to somebody else and are left alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from controller.dataplane.fields import Field

COOKIE_MARK = 0x7E
"""First byte of the cookie of every flow that is ours."""
OUR_GROUPS = range(0x54000000, 0x55000000)
OUR_METERS = range(0x8000, 0x10000)
"""Below OVS's bound of 65,536 meters on the userspace datapath."""


WHOLE = 0xFFFFFFFFFFFFFFFF
"""The mask of the whole metadata."""


class PipelineError(ValueError):
    """A flow that the pipeline's declaration does not allow, or two flows for one match: a bug of an app."""


@dataclass(frozen=True, slots=True)
class Output:
    """Send the packet out of interface number `port` (never back to where it came from: OpenFlow 1.3.5, 5.12)."""

    port: int


@dataclass(frozen=True, slots=True)
class ToGroup:
    """Hand a copy of the packet to group `group`."""

    group: int


@dataclass(frozen=True, slots=True)
class ToController:
    """Send a copy to the controller, at most as many as meter `meter` lets through (None: not limited)."""

    meter: int | None


@dataclass(frozen=True, slots=True)
class SetField:
    """Write `value` into `field`."""

    field: Field
    value: int


@dataclass(frozen=True, slots=True)
class PushVlan:
    """Put an 802.1Q tag in front; its VLAN ID is set by a `SetField` that follows."""


@dataclass(frozen=True, slots=True)
class PopVlan:
    """Take the outermost tag off."""


@dataclass(frozen=True, slots=True)
class AllowReturn:
    """Let an `Output` that follows send the packet to where it came from, too."""


Action: TypeAlias = Output | ToGroup | ToController | SetField | PushVlan | PopVlan | AllowReturn
Actions: TypeAlias = tuple[Action, ...]

Match: TypeAlias = tuple[tuple[Field, int, int | None], ...]
"""(field, value, mask or None) in the order of the fields' ranks; an empty match takes every packet."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a flow is there, in the operator's names; empty where it does not apply."""

    app: str
    note: str
    network: str = ""
    port: str = ""

    def __str__(self) -> str:
        where = " ".join(f"{kind} {name}" for kind, name in (("network", self.network), ("port", self.port)) if name)
        return f"{self.app}: {self.note}" + (f" ({where})" if where else "")


@dataclass(frozen=True, slots=True)
class Flow:
    """One flow. Build it with `controller.dataplane.table.Table.flow`, which checks it against the declaration."""

    table: int
    priority: int
    match: Match
    actions: Actions
    goto: int | None
    metadata: int | None
    """Value written to the metadata before `goto`, where `metadata_mask` has ones."""
    idle_timeout: int
    """Seconds without a packet after which the switch drops the flow and says so; 0 for never."""
    reason: Reason = field(compare=False)
    metadata_mask: int = WHOLE
    cookie: int = field(default=0, init=False, repr=False, compare=False)
    """0 until `controller.dataplane.encoder.cookie_of` is asked for the first time; a flow serves many switches."""

    @property
    def reports(self) -> bool:
        """Whether the switch tells us of it: it copies packets to us, or expires."""
        # Asked of every flow on every switch: a generator would take most of the time.
        return self.idle_timeout > 0 or bool([action for action in self.actions if isinstance(action, ToController)])


class GroupKind(StrEnum):
    """How a group uses its buckets (OpenFlow 1.3.5, 5.6.1)."""

    ALL = "all"
    FAST_FAILOVER = "fast_failover"


@dataclass(frozen=True, slots=True)
class Bucket:
    """Actions of a group; in a fast-failover group used while `watch_port` is up."""

    actions: Actions
    watch_port: int | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """A numbered list of buckets that flows share."""

    id: int
    kind: GroupKind
    buckets: tuple[Bucket, ...]
    reason: Reason = field(compare=False)


@dataclass(frozen=True, slots=True)
class Meter:
    """A limit of `rate` packets a second with bursts of `burst` packets; what exceeds it is dropped."""

    id: int
    rate: int
    burst: int
    reason: Reason = field(compare=False)


@dataclass(frozen=True, slots=True)
class Program:
    """Everything one switch should hold: flows by cookie, groups and meters by number."""

    flows: Mapping[int, Flow] = field(default_factory=dict)
    groups: Mapping[int, Group] = field(default_factory=dict)
    meters: Mapping[int, Meter] = field(default_factory=dict)
