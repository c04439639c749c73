"""Flows, groups and meters as OpenFlow 1.3 bytes.

Written by hand because os-ken's message classes build some 10,000 flow-mods a second and this some hundred thousand;
os-ken's parser is the oracle of its tests. A flow's wire form without its cookie is also its identity: the cookie is
our mark, a bit for the first table, and 55 bits of a hash of those bytes, so that a switch's flows are compared as a
set of integers and a restarted daemon computes the same ones.

Layouts: OpenFlow 1.3.5, 7.2.3 (match), 7.2.4 (instructions), 7.2.5 (actions), 7.3.4.1 (flow-mod), 7.3.4.2 (group-mod),
7.3.4.3 (meter-mod); NXAST_CONTROLLER2 is OVS's, see ovs-actions(7) under "controller".
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from struct import Struct
from typing import Any

from controller.dataplane.fields import ETH_VLAN, FIELDS, Field
from controller.dataplane.flow import (
    COOKIE_MARK,
    Action,
    Actions,
    AllowReturn,
    Bucket,
    Flow,
    Group,
    GroupKind,
    Match,
    Meter,
    Output,
    PopVlan,
    PushVlan,
    SetField,
    ToController,
    ToGroup,
)

OFP_VERSION = 0x04
ANY = 0xFFFFFFFF
"""OFPP_ANY, OFPG_ANY and OFP_NO_BUFFER."""
ALL_TABLES = 0xFF
CONTROLLER_PORT = 0xFFFFFFFD
COPY_BYTES = 256
"""How much of a packet a copy to the controller carries: a whole LLDP frame of ours, and any header."""

COOKIE_MARK_MASK = 0xFF << 56
COOKIE_MARK_VALUE = COOKIE_MARK << 56
COOKIE_ENTRY = 1 << 55
"""Set in the cookies of flows of the first table, by which packets enter."""

_HEADER = Struct("!BBHI")
_FLOW_MOD = Struct("!BBHIQQBBHHHIIIHxx")
_FLOW_CONTENT = Struct("!BBHHHIIIHxx")
"""What of a flow-mod is the flow itself."""
_MATCH = Struct("!HH")
_OXM = Struct("!HBB")
_OUTPUT = Struct("!HHIH6x")
_GROUP = Struct("!HHI")
_PUSH = Struct("!HHH2x")
_POP = Struct("!HH4x")
_CONTROLLER = Struct("!HHIH6xHHH2xHHI")
_ACTION = Struct("!HH")
_INSTRUCTION = Struct("!HH4x")
_METADATA = Struct("!HH4xQQ")
_GOTO = Struct("!HHB3x")
_GROUP_MOD = Struct("!HBxI")
_BUCKET = Struct("!HHII4x")
_METER_MOD = Struct("!HHI")
_BAND = Struct("!HHII4x")

_NICIRA = 0x00002320
_TYPE_FLOW_MOD, _TYPE_GROUP_MOD, _TYPE_METER_MOD = 14, 15, 29
_ADD, _MODIFY, _DELETE, _FLOW_DELETE = 0, 1, 2, 3
_SEND_FLOW_REMOVED = 1
_GROUP_TYPE = {GroupKind.ALL: 0, GroupKind.FAST_FAILOVER: 3}
_METER_PACKETS_AND_BURST = 0x0002 | 0x0004
_METER_DROP = 1

# By a field's name, as strings keep their hash: OXM headers, and the bytes around a value in a set-field action.
_EXACT = {name: _OXM.pack(field.oxm_class, field.number << 1, field.size) for name, field in FIELDS.items()}
_MASKED = {name: _OXM.pack(field.oxm_class, field.number << 1 | 1, 2 * field.size) for name, field in FIELDS.items()}


def _around(field: Field) -> tuple[bytes, bytes]:
    padding = -field.size % 8
    return _ACTION.pack(25, 8 + field.size + padding) + _EXACT[field.name], bytes(padding)


_SET_FIELD = {name: _around(field) for name, field in FIELDS.items()}


def cookie_of(flow: Flow) -> int:
    """The flow's cookie: our mark, whether it is of the first table, then a hash of all that the switch is told."""
    if not flow.cookie:
        # The content does not change, so this is no change either.
        object.__setattr__(flow, "cookie", _cookie(flow.table, _flow_add(flow, 0, 0)[24:]))
    return flow.cookie


def is_entry(cookie: int) -> bool:
    """Whether a flow of ours with this cookie is one of the first table."""
    return bool(cookie & COOKIE_ENTRY)


def cookie_of_entry(table: int, priority: int, idle: int, hard: int, flags: int, body: bytes) -> int:
    """The cookie that a flow of ours would have that a switch describes so; `body` is match and instructions.

    Open vSwitch describes a flow by the bytes that it was given. Another switch may write the same otherwise.
    """
    head = _FLOW_CONTENT.pack(table, _ADD, idle, hard, priority, ANY, ANY, ANY, flags)
    return _cookie(table, head + body)


def _cookie(table: int, content: bytes) -> int:
    hashed = int.from_bytes(blake2b(content, digest_size=7).digest(), "big")
    return COOKIE_MARK_VALUE | (hashed & ~COOKIE_ENTRY if table else hashed | COOKIE_ENTRY)


def encode_flow_add(flow: Flow, cookie: int, xid: int) -> bytes:
    """A flow-mod that adds `flow`, or replaces the one with the same table, priority and match."""
    return _flow_add(flow, cookie, xid)


def encode_flow_delete(cookie: int, xid: int) -> bytes:
    """A flow-mod that deletes, in all tables, the flows with exactly this cookie."""
    exact = 0xFFFFFFFFFFFFFFFF
    return (
        _FLOW_MOD.pack(
            OFP_VERSION, _TYPE_FLOW_MOD, 56, xid, cookie, exact, ALL_TABLES, _FLOW_DELETE, 0, 0, 0, ANY, ANY, ANY, 0
        )
        + b"\x00\x01\x00\x04\x00\x00\x00\x00"
    )


def encode_group_add(group: Group, xid: int) -> bytes:
    """A group-mod that adds a group; the switch refuses a number in use."""
    return _group_mod(_ADD, group, xid)


def encode_group_modify(group: Group, xid: int) -> bytes:
    """A group-mod that gives an existing group new content; flows that use it are not touched."""
    return _group_mod(_MODIFY, group, xid)


def encode_group_delete(number: int, xid: int) -> bytes:
    """A group-mod that deletes a group; the switch deletes the flows that use it, too (OpenFlow 1.3.5, 6.5)."""
    return _HEADER.pack(OFP_VERSION, _TYPE_GROUP_MOD, 16, xid) + _GROUP_MOD.pack(_DELETE, 0, number)


def encode_meter_add(meter: Meter, xid: int) -> bytes:
    """A meter-mod that adds a meter."""
    return _meter_mod(_ADD, meter, xid)


def encode_meter_modify(meter: Meter, xid: int) -> bytes:
    """A meter-mod that gives an existing meter another rate."""
    return _meter_mod(_MODIFY, meter, xid)


def encode_meter_delete(number: int, xid: int) -> bytes:
    """A meter-mod that deletes a meter."""
    return _HEADER.pack(OFP_VERSION, _TYPE_METER_MOD, 16, xid) + _METER_MOD.pack(_DELETE, 0, number)


def encode_actions(actions: Actions) -> bytes:
    """Actions in order, as they stand in instructions, buckets and packet-outs."""
    return b"".join([_ACTIONS[type(action)](action) for action in actions])


def encode_buckets(buckets: tuple[Bucket, ...]) -> bytes:
    """Buckets in order, as they stand in a group-mod and in a group description."""
    return b"".join([_bucket(bucket) for bucket in buckets])


def _flow_add(flow: Flow, cookie: int, xid: int) -> bytes:
    body = _match(flow.match) + _instructions(flow)
    flags = _SEND_FLOW_REMOVED if flow.idle_timeout else 0
    return (
        _FLOW_MOD.pack(
            OFP_VERSION,
            _TYPE_FLOW_MOD,
            48 + len(body),
            xid,
            cookie,
            0,
            flow.table,
            _ADD,
            flow.idle_timeout,
            0,
            flow.priority,
            ANY,
            ANY,
            ANY,
            flags,
        )
        + body
    )


def _match(match: Match) -> bytes:
    fields = b"".join([_oxm(field, value, mask) for field, value, mask in match])
    length = 4 + len(fields)
    return _MATCH.pack(1, length) + fields + bytes(-length % 8)


def _oxm(field: Field, value: int, mask: int | None) -> bytes:
    if mask is None:
        return _EXACT[field.name] + value.to_bytes(field.size, "big")
    return _MASKED[field.name] + value.to_bytes(field.size, "big") + mask.to_bytes(field.size, "big")


def _instructions(flow: Flow) -> bytes:
    encoded = b""
    if flow.actions:
        actions = encode_actions(flow.actions)
        encoded = _INSTRUCTION.pack(4, 8 + len(actions)) + actions
    if flow.metadata is not None:
        encoded += _METADATA.pack(2, 24, flow.metadata, flow.metadata_mask)
    if flow.goto is not None:
        encoded += _GOTO.pack(1, 8, flow.goto)
    return encoded


def _output(action: Output) -> bytes:
    return _OUTPUT.pack(0, 16, action.port, 0)


def _to_group(action: ToGroup) -> bytes:
    return _GROUP.pack(22, 8, action.group)


def _to_controller(action: ToController) -> bytes:
    if action.meter is None:
        return _OUTPUT.pack(0, 16, CONTROLLER_PORT, COPY_BYTES)
    # Properties: 0 is the number of bytes, 5 the meter; each with the length that OVS gives it when read back.
    return _CONTROLLER.pack(0xFFFF, 32, _NICIRA, 37, 0, 8, COPY_BYTES, 5, 8, action.meter)


def _set_field(action: SetField) -> bytes:
    field = action.field
    head, padding = _SET_FIELD[field.name]
    return head + action.value.to_bytes(field.size, "big") + padding


def _push_vlan(_: PushVlan) -> bytes:
    return _PUSH.pack(17, 8, ETH_VLAN)


def _pop_vlan(_: PopVlan) -> bytes:
    return _POP.pack(18, 8)


def _allow_return(_: AllowReturn) -> bytes:
    # It seems to have come from interface 0, which there is not. Of the two headers of in_port Open vSwitch lets only
    # that of 16 bits be set, the one of NXM (ovs-fields(7)).
    return _ACTION.pack(25, 16) + _OXM.pack(0, 0, 2) + bytes(8)


_ACTIONS: dict[type[Action], Callable[[Any], bytes]] = {
    Output: _output,
    ToGroup: _to_group,
    ToController: _to_controller,
    SetField: _set_field,
    PushVlan: _push_vlan,
    PopVlan: _pop_vlan,
    AllowReturn: _allow_return,
}


def _group_mod(command: int, group: Group, xid: int) -> bytes:
    buckets = encode_buckets(group.buckets)
    header = _HEADER.pack(OFP_VERSION, _TYPE_GROUP_MOD, 16 + len(buckets), xid)
    return header + _GROUP_MOD.pack(command, _GROUP_TYPE[group.kind], group.id) + buckets


def _bucket(bucket: Bucket) -> bytes:
    actions = encode_actions(bucket.actions)
    watch = ANY if bucket.watch_port is None else bucket.watch_port
    return _BUCKET.pack(16 + len(actions), 0, watch, ANY) + actions


def _meter_mod(command: int, meter: Meter, xid: int) -> bytes:
    header = _HEADER.pack(OFP_VERSION, _TYPE_METER_MOD, 32, xid)
    band = _BAND.pack(_METER_DROP, 16, meter.rate, meter.burst)
    return header + _METER_MOD.pack(command, _METER_PACKETS_AND_BURST, meter.id) + band
