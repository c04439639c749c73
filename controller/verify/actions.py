"""What actions do with a class of frames: where it leaves, in which form, and what interfaces must be down for it.

A bucket of a fast-failover group is possible unless one before it is always live, or watches the same interface; it is
used while those that the others before it watch are down.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from controller.dataplane.flow import Actions, Bucket, Group, GroupKind, Output, ToGroup
from controller.verify.borders import Border
from controller.verify.classes import FrameClass

NOTHING: frozenset[int] = frozenset()
BACK, FLOOD, ALL = 0xFFFFFFF8, 0xFFFFFFFB, 0xFFFFFFFC
"""OFPP_IN_PORT, OFPP_FLOOD and OFPP_ALL: interfaces that an output can name otherwise than by number."""


@dataclass(frozen=True, slots=True)
class Sent:
    """Frames that leave by an interface, or by what stands for several."""

    port: int
    frames: FrameClass
    down: frozenset[int] = NOTHING
    """Interfaces that have to be down for it."""


def perform(actions: Actions, frames: FrameClass, groups: Mapping[int, Group]) -> tuple[list[Sent], FrameClass]:
    """All that actions may send, and the frames afterwards. A group that there is not sends nothing."""
    sent: list[Sent] = []
    for action in actions:
        if type(action) is Output:
            sent.append(Sent(action.port, frames))
        elif type(action) is ToGroup:
            sent += _grouped(action.group, frames, groups, NOTHING, ())
        else:
            frames = frames.acted(action)
    return sent, frames


def exits(sent: Sent, border: Border) -> Iterator[Sent]:
    """The same, one for each interface."""
    if sent.port in (FLOOD, ALL):
        for port in (*border.ports, *border.tunnels, *border.links):
            yield Sent(port, sent.frames, sent.down)
    else:
        yield sent


def possible_buckets(group: Group) -> Iterator[tuple[Bucket, frozenset[int]]]:
    """Buckets that may be used, each with the interfaces that have to be down for it."""
    if group.kind is not GroupKind.FAST_FAILOVER:
        yield from ((bucket, NOTHING) for bucket in group.buckets)
        return
    before: set[int] = set()
    for bucket in group.buckets:
        if bucket.watch_port not in before:
            yield bucket, frozenset(before)
        if bucket.watch_port is None:
            return
        before.add(bucket.watch_port)


def _grouped(
    number: int, frames: FrameClass, groups: Mapping[int, Group], down: frozenset[int], within: tuple[int, ...]
) -> Iterator[Sent]:
    group = groups.get(number)
    if group is None or number in within:
        # Open vSwitch refuses groups that lead back to themselves.
        return
    for bucket, others in possible_buckets(group):
        changed, all_down = frames, down | others
        if bucket.watch_port in down:
            continue
        for action in bucket.actions:
            if type(action) is Output:
                yield Sent(action.port, changed, all_down)
            elif type(action) is ToGroup:
                yield from _grouped(action.group, changed, groups, all_down, (*within, number))
            else:
                changed = changed.acted(action)
