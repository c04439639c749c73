"""Flows and groups of OpenFlow 1.3 statistics as values: what a switch really holds, whoever put it there.

The counterpart of `controller.dataplane.encoder`, and wider: others may use anything that Open vSwitch has. What is not
in our language is named, not guessed at. A criterion that is left out makes a flow take more than it does; an action
that cannot matter to where a frame goes and whose it is (time to live, queues, addresses of IP) is left out silently;
any other one is named as *unknown*.

Layouts: OpenFlow 1.3.5, 7.3.5.2 (flow statistics), 7.3.5.9 (group descriptions), 7.2.3 to 7.2.5; Nicira's actions:
ovs-actions(7), Open vSwitch's include/openflow/nicira-ext.h and lib/ofp-actions.c.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from struct import Struct, error

from controller.dataplane.fields import ETH_TYPE, FIELDS, IN_PORT, Field
from controller.dataplane.flow import (
    WHOLE,
    Action,
    Actions,
    AllowReturn,
    Bucket,
    Flow,
    Group,
    GroupKind,
    Match,
    Output,
    PopVlan,
    PushVlan,
    Reason,
    SetField,
    ToController,
    ToGroup,
)

HELD = Reason("", "held by the switch")

_ENTRY = Struct("!HBx8xHHHH4xQ16x")
"""Length, table, priority, time-outs, flags and cookie; match and instructions follow."""
_TLV = Struct("!HH")
_OXM = Struct("!HBB")
_METADATA = Struct("!8xQQ")
_WORD = Struct("!4xI")
_NICIRA_ACTION = Struct("!4xIH")
_REG_LOAD = Struct("!10xHIQ")
_GROUP = Struct("!HBxI")
_BUCKET = Struct("!HHII4x")

_NICIRA, _ANY = 0x00002320, 0xFFFFFFFF
_NORMAL, _TABLE, _CONTROLLER = 0xFFFFFFFA, 0xFFFFFFF9, 0xFFFFFFFD
_KNOWN = {(field.oxm_class, field.number): field for field in FIELDS.values()}
_KNOWN |= {(0, 1): FIELDS["eth_dst"], (0, 2): FIELDS["eth_src"], (1, 16): FIELDS["tun_id"]}
"""By class and number of the header; NXM has other numbers for some fields."""
_HARMLESS = {(0x8000, number) for number in range(8, 37)} | {(1, number) for number in range(16)}
"""Fields of layers above Ethernet, of MPLS, and registers: writing them moves no frame."""
_IGNORED = {11, 12, 15, 16, 21, 23, 24}
"""Actions on times to live, and queues."""
_NOTE, _OLD_CONTROLLER, _LOAD, _CONTROLLER_2 = 8, 20, 7, 37


@dataclass(frozen=True, slots=True)
class HeldFlow:
    """A flow as a switch describes it."""

    flow: Flow
    cookie: int
    more_criteria: tuple[str, ...] = ()
    """What it matches beside, that is not in our language."""
    unknown: tuple[str, ...] = ()
    """What it does beside, that is not in our language."""


@dataclass(frozen=True, slots=True)
class HeldGroup:
    """A group as a switch describes it. One whose buckets are chosen in another way counts as one of all buckets."""

    group: Group
    unknown: tuple[str, ...] = ()


def decode_flows(part: bytes) -> Iterator[HeldFlow]:
    """The flows in the body of a part of flow statistics.

    Raises:
        ValueError: it is not of that form.
    """
    try:
        for entry in _entries(part, 56):
            yield _flow(entry)
    except (error, IndexError) as reason:
        raise ValueError(f"flow statistics that cannot be read: {reason}") from None


def decode_groups(part: bytes) -> Iterator[HeldGroup]:
    """The groups in the body of a part of group descriptions. Raises ValueError as `decode_flows`."""
    try:
        for entry in _entries(part, _GROUP.size):
            yield _group(entry)
    except (error, IndexError) as reason:
        raise ValueError(f"group descriptions that cannot be read: {reason}") from None


def _flow(entry: bytes) -> HeldFlow:
    _, table, priority, idle, _, _, cookie = _ENTRY.unpack_from(entry)
    _, length = _TLV.unpack_from(entry, _ENTRY.size)
    end = _ENTRY.size + length
    match, more = _match(entry[_ENTRY.size + 4 : end])
    actions: Actions = ()
    goto, metadata, mask = None, None, WHOLE
    unknown: tuple[str, ...] = ()
    for instruction in _entries(entry[end + -length % 8 :], 8, length_at=2):
        (kind,) = _TLV.unpack_from(instruction)[:1]
        if kind == 1:
            goto = instruction[4]
        elif kind == 2:
            metadata, mask = _METADATA.unpack(instruction)
        elif kind == 4:
            actions, unknown = _actions(instruction[8:])
        elif kind not in (5, 6) and len(instruction) > 8:
            # Meters only drop, and what clears the set of actions for later has no effect where nothing is put there.
            unknown = (*unknown, "write_actions" if kind == 3 else f"instruction {kind}")
    flow = Flow(table, priority, match, actions, goto, metadata, idle, HELD, mask)
    return HeldFlow(flow, cookie, more, unknown)


def _match(data: bytes) -> tuple[Match, tuple[str, ...]]:
    found: list[tuple[Field, int, int | None]] = []
    more: list[str] = []
    start = 0
    while start < len(data):
        oxm_class, number, length = _OXM.unpack_from(data, start)
        body = data[start + 4 : start + 4 + length]
        start += 4 + length
        field = _KNOWN.get((oxm_class, number >> 1))
        if field is None or length != field.size << (number & 1):
            more.append(f"field {oxm_class:#x}/{number >> 1}")
            continue
        value = int.from_bytes(body[: field.size], "big")
        found.append((field, value, int.from_bytes(body[field.size :], "big") if number & 1 else None))
    return tuple(sorted(found, key=lambda criterion: criterion[0].rank)), tuple(more)


def _group(entry: bytes) -> HeldGroup:
    _, kind, number = _GROUP.unpack_from(entry)
    is_failover = kind == 3
    buckets: list[Bucket] = []
    unknown: tuple[str, ...] = ()
    for bucket in _entries(entry[_GROUP.size :], _BUCKET.size):
        _, _, port, group = _BUCKET.unpack_from(bucket)
        actions, others = _actions(bucket[_BUCKET.size :])
        # One that watches a group may be used whenever the others are not, which is as good as whenever.
        is_failover = is_failover and group == _ANY
        buckets.append(Bucket(actions, None if port == _ANY else port))
        unknown += others
    return HeldGroup(
        Group(number, GroupKind.FAST_FAILOVER if is_failover else GroupKind.ALL, tuple(buckets), HELD), unknown
    )


def _actions(data: bytes) -> tuple[Actions, tuple[str, ...]]:
    actions: list[Action] = []
    unknown: list[str] = []
    for entry in _entries(data, 8, length_at=2):
        (kind,) = _TLV.unpack_from(entry)[:1]
        found = _ACTIONS[kind](entry) if kind in _ACTIONS else () if kind in _IGNORED else f"action {kind}"
        if isinstance(found, str):
            unknown.append(found)
        else:
            actions += found
    return tuple(actions), tuple(unknown)


def _output(entry: bytes) -> Actions | str:
    (port,) = _WORD.unpack_from(entry)
    if port == _CONTROLLER:
        return (ToController(None),)
    if port in (_NORMAL, _TABLE):
        return "NORMAL" if port == _NORMAL else "output to the tables"
    return (Output(port),)


def _set_field(entry: bytes) -> Actions | str:
    oxm_class, number, length = _OXM.unpack_from(entry, 4)
    return _written(oxm_class, number, length, int.from_bytes(entry[8 : 8 + length], "big"))


def _written(oxm_class: int, number: int, length: int, value: int) -> Actions | str:
    field = _KNOWN.get((oxm_class, number >> 1))
    if (oxm_class, number, length, value) == (0, 0, 2, 0):
        return (AllowReturn(),)
    if field is None:
        return () if (oxm_class, number >> 1) in _HARMLESS else f"set_field {oxm_class:#x}/{number >> 1}"
    if number & 1 or length != field.size or field in (IN_PORT, ETH_TYPE):
        return f"set_field {field.name} in part or at all"
    return (SetField(field, value),)


def _experimenter(entry: bytes) -> Actions | str:
    vendor, subtype = _NICIRA_ACTION.unpack_from(entry)
    if vendor != _NICIRA:
        return f"action of vendor {vendor:#x}"
    if subtype == _NOTE:
        return ()
    if subtype in (_OLD_CONTROLLER, _CONTROLLER_2):
        return (ToController(_meter(entry) if subtype == _CONTROLLER_2 else None),)
    if subtype == _LOAD:
        bits, header, value = _REG_LOAD.unpack(entry)
        oxm_class, number, length = _OXM.unpack(header.to_bytes(4, "big"))
        # Offset and number of bits less one, in 10 and 6 bits: the whole field or it is not known what becomes of it.
        return _written(oxm_class, number, length if bits == 8 * length - 1 else 0, value)
    return f"Nicira's action {subtype}"


def _meter(entry: bytes) -> int | None:
    """The meter among the properties of a copy to the controller."""
    for start in range(16, len(entry) - 7, 8):
        kind, length = _TLV.unpack_from(entry, start)
        if (kind, length) == (5, 8):
            return int(_WORD.unpack_from(entry, start)[0])
    return None


_ACTIONS: dict[int, Callable[[bytes], Actions | str]] = {
    0: _output,
    17: lambda _: (PushVlan(),),
    18: lambda _: (PopVlan(),),
    22: lambda entry: (ToGroup(_WORD.unpack_from(entry)[0]),),
    25: _set_field,
    0xFFFF: _experimenter,
}


def _entries(data: bytes, smallest: int, length_at: int = 0) -> Iterator[bytes]:
    """Structures that say how long they are."""
    start = 0
    while start < len(data):
        length = int.from_bytes(data[start + length_at : start + length_at + 2], "big")
        if length < smallest or start + length > len(data):
            raise error(f"{length} bytes where {len(data) - start} are left")
        yield data[start : start + length]
        start += length
