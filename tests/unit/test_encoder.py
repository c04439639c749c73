"""What the encoder writes means to os-ken's parser what it should."""

from __future__ import annotations

import struct
from dataclasses import replace
from ipaddress import IPv4Address
from typing import Any

import os_ken.ofproto.ofproto_v1_3_parser as parser
from hypothesis import given
from hypothesis import strategies as st
from os_ken.lib import type_desc
from os_ken.ofproto import ofproto_protocol
from os_ken.ofproto import ofproto_v1_3 as ofp

from controller.dataplane import encoder
from controller.dataplane.fields import FIELDS, Field, mac_text
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
from tests.unit.generated_flows import flows, groups, meters

DATAPATH = ofproto_protocol.ProtocolDesc(ofp.OFP_VERSION)
OSKEN_NAMES = {
    "tun_id": "tunnel_id",
    "tun_src": "tun_ipv4_src",
    "tun_dst": "tun_ipv4_dst",
    "tun_ipv6_src": "tun_ipv6_src",
    "tun_ipv6_dst": "tun_ipv6_dst",
}


def parsed(message: bytes) -> Any:  # noqa: ANN401
    """The message as os-ken reads it; it has to be exactly as long as it says."""
    version, kind, length, xid = ofp_header(message)
    assert (version, length) == (ofp.OFP_VERSION, len(message))
    return parser._MSG_PARSERS[kind](DATAPATH, version, kind, length, xid, message)


def ofp_header(message: bytes) -> tuple[int, int, int, int]:
    return message[0], message[1], int.from_bytes(message[2:4], "big"), int.from_bytes(message[4:8], "big")


def user_value(field: Field, value: int) -> object:
    """A value as os-ken writes it."""
    if field.name in ("eth_src", "eth_dst"):
        return mac_text(value)
    if field.name in ("tun_src", "tun_dst"):
        return str(IPv4Address(value))
    if field.name in ("tun_ipv6_src", "tun_ipv6_dst"):
        return type_desc.IPv6Addr.to_user(value.to_bytes(16, "big"))
    return value


def unlimited(actions: Actions) -> Actions:
    """Actions without meters on copies: os-ken fails on those; a real switch reads them in `tests/switch`."""
    return tuple(ToController(None) if isinstance(action, ToController) else action for action in actions)


understood_flows = flows.map(lambda flow: replace(flow, actions=unlimited(flow.actions)))
understood_groups = groups.map(
    lambda group: replace(
        group, buckets=tuple(replace(bucket, actions=unlimited(bucket.actions)) for bucket in group.buckets)
    )
)


def expected_match(match: Match) -> dict[str, object]:
    return {
        OSKEN_NAMES.get(field.name, field.name): user_value(field, value)
        if mask is None
        else (user_value(field, value), user_value(field, mask))
        for field, value, mask in match
    }


def meaning(action: Any) -> object:  # noqa: ANN401
    """An action of os-ken's in our words, as far as os-ken understands it."""
    match action:
        case parser.OFPActionOutput(port=ofp.OFPP_CONTROLLER, max_len=256):
            return ToController(None)
        case parser.OFPActionOutput(port=port, max_len=0):
            return Output(port)
        case parser.OFPActionGroup(group_id=group):
            return ToGroup(group)
        case parser.OFPActionPushVlan(ethertype=0x8100):
            return PushVlan()
        case parser.OFPActionPopVlan():
            return PopVlan()
        case parser.OFPActionSetField(key="in_port_nxm", value=0):
            return AllowReturn()
        case parser.OFPActionSetField(key=key, value=value):
            return key, value
    return type(action).__name__


def expected(action: Action) -> object:
    if isinstance(action, SetField):
        return OSKEN_NAMES.get(action.field.name, action.field.name), user_value(action.field, action.value)
    return action


@given(understood_flows, st.integers(0, 2**64 - 1), st.integers(0, 2**32 - 1))
def test_a_flow_means_the_same_to_osken(flow: Flow, cookie: int, xid: int) -> None:
    read = parsed(encoder.encode_flow_add(flow, cookie, xid))
    assert (read.xid, read.cookie, read.cookie_mask, read.command) == (xid, cookie, 0, ofp.OFPFC_ADD)
    assert (read.table_id, read.priority, read.idle_timeout) == (flow.table, flow.priority, flow.idle_timeout)
    assert (read.hard_timeout, read.buffer_id) == (0, ofp.OFP_NO_BUFFER)
    assert read.flags == (ofp.OFPFF_SEND_FLOW_REM if flow.idle_timeout else 0)
    assert dict(read.match.items()) == expected_match(flow.match)
    seen: dict[type, Any] = {type(instruction): instruction for instruction in read.instructions}
    applied = seen.pop(parser.OFPInstructionActions, None)
    did = [meaning(action) for action in applied.actions] if applied else []
    assert did == [expected(action) for action in flow.actions]
    goto = seen.pop(parser.OFPInstructionGotoTable, None)
    assert (goto.table_id if goto else None) == flow.goto
    written = seen.pop(parser.OFPInstructionWriteMetadata, None)
    assert ((written.metadata, written.metadata_mask) if written else None) == (
        None if flow.metadata is None else (flow.metadata, flow.metadata_mask)
    )
    assert not seen


@given(understood_groups, st.sampled_from(["add", "modify"]))
def test_a_group_means_the_same_to_osken(group: Group, command: str) -> None:
    encode = encoder.encode_group_add if command == "add" else encoder.encode_group_modify
    message = encode(group, 5)
    # os-ken reads no group-mods, but the buckets in group descriptions, which are the same.
    assert message[:8] == struct.pack("!BBHI", 4, ofp.OFPT_GROUP_MOD, len(message), 5)
    number = ofp.OFPGC_ADD if command == "add" else ofp.OFPGC_MODIFY
    kind = ofp.OFPGT_ALL if group.kind is GroupKind.ALL else ofp.OFPGT_FF
    assert message[8:16] == struct.pack("!HBxI", number, kind, group.id)
    description = struct.pack("!HBxI", len(message) - 8, kind, group.id) + message[16:]
    read = parser.OFPGroupDescStats.parser(description, 0)
    for seen, wanted in zip(read.buckets, group.buckets, strict=True):
        assert (seen.weight, seen.watch_group) == (0, 0xFFFFFFFF)
        assert seen.watch_port == (0xFFFFFFFF if wanted.watch_port is None else wanted.watch_port)
        assert [meaning(action) for action in seen.actions] == [expected(action) for action in wanted.actions]


@given(meters, st.sampled_from(["add", "modify"]))
def test_a_meter_means_the_same_to_osken(meter: Meter, command: str) -> None:
    encode = encoder.encode_meter_add if command == "add" else encoder.encode_meter_modify
    message = encode(meter, 5)
    # os-ken writes meters but does not read them.
    band = parser.OFPMeterBandDrop(rate=meter.rate, burst_size=meter.burst)
    flags = ofp.OFPMF_PKTPS | ofp.OFPMF_BURST
    number = ofp.OFPMC_ADD if command == "add" else ofp.OFPMC_MODIFY
    written = parser.OFPMeterMod(DATAPATH, number, flags, meter.id, [band])
    written.xid = 5
    written.serialize()
    assert message == bytes(written.buf)


def test_deletions_mean_the_same_to_osken() -> None:
    read = parsed(encoder.encode_flow_delete(0x7E00000000000001, 9))
    assert (read.command, read.cookie, read.cookie_mask) == (ofp.OFPFC_DELETE, 0x7E00000000000001, 2**64 - 1)
    assert (read.table_id, read.out_port, read.out_group) == (ofp.OFPTT_ALL, ofp.OFPP_ANY, ofp.OFPG_ANY)
    assert not list(read.match.items())
    removal = parser.OFPGroupMod(DATAPATH, ofp.OFPGC_DELETE, 0, 7, [])
    removal.xid = 9
    removal.serialize()
    assert encoder.encode_group_delete(7, 9) == bytes(removal.buf)
    written = parser.OFPMeterMod(DATAPATH, ofp.OFPMC_DELETE, 0, 7, [])
    written.xid = 9
    written.serialize()
    assert encoder.encode_meter_delete(7, 9) == bytes(written.buf)


@given(flows, flows)
def test_cookies_are_ours_and_differ_as_flows_do(one: Flow, other: Flow) -> None:
    assert encoder.cookie_of(one) >> 56 == COOKIE_MARK
    assert (encoder.cookie_of(one) == encoder.cookie_of(other)) == (one == other)


def test_every_field_can_be_written() -> None:
    for field in FIELDS.values():
        bucket = Bucket((SetField(field, field.all_ones),))
        assert len(encoder.encode_buckets((bucket,))) % 8 == 0
