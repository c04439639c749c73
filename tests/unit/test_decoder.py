"""What a switch says that it holds is read as what it was told; what others may have told it is named."""

from __future__ import annotations

import struct
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.dataplane.decoder import HeldFlow, HeldGroup, decode_flows, decode_groups
from controller.dataplane.encoder import encode_flow_add, encode_group_add
from controller.dataplane.fields import ETH_DST, METADATA
from controller.dataplane.flow import (
    AllowReturn,
    Bucket,
    Flow,
    Group,
    GroupKind,
    Output,
    Reason,
    SetField,
    ToController,
)
from controller.dataplane.table import match_of
from tests.unit.generated_flows import flows, groups

NICIRA = 0x2320


def statistics(flow: Flow, cookie: int = 7) -> bytes:
    """How a switch describes a flow (OpenFlow 1.3.5, 7.3.5.2)."""
    body = encode_flow_add(flow, cookie, 0)[48:]
    head = struct.pack(
        "!HBxIIHHHH4xQQQ", 48 + len(body), flow.table, 1, 2, flow.priority, flow.idle_timeout, 0, 0, cookie, 3, 4
    )
    return head + body


def description(group: Group) -> bytes:
    """How a switch describes a group (7.3.5.9)."""
    sent = encode_group_add(group, 0)
    return struct.pack("!HBxI", len(sent) - 8, sent[10], group.id) + sent[16:]


def described(oxm: bytes = b"", actions: bytes = b"", instructions: bytes | None = None) -> HeldFlow:
    """A flow with this match, and these actions or instructions, as it is read."""
    match = struct.pack("!HH", 1, 4 + len(oxm)) + oxm + bytes(-(4 + len(oxm)) % 8)
    if instructions is None:
        instructions = struct.pack("!HH4x", 4, 8 + len(actions)) + actions
    body = match + instructions
    head = struct.pack("!HBxIIHHHH4xQQQ", 48 + len(body), 3, 0, 0, 9, 0, 0, 0, 5, 0, 0)
    (held,) = decode_flows(head + body)
    return held


def output(port: int) -> bytes:
    return struct.pack("!HHIH6x", 0, 16, port, 0)


def nicira(subtype: int, rest: bytes) -> bytes:
    return struct.pack("!HHIH", 0xFFFF, 10 + len(rest), NICIRA, subtype) + rest


@given(st.lists(flows, max_size=3), st.integers(0, 2**64 - 1))
def test_flows_that_were_sent_are_read(sent: list[Flow], cookie: int) -> None:
    part = b"".join(statistics(flow, cookie) for flow in sent)
    assert list(decode_flows(part)) == [HeldFlow(flow, cookie) for flow in sent]


@given(st.lists(groups, max_size=3))
def test_groups_that_were_sent_are_read(sent: list[Group]) -> None:
    part = b"".join(map(description, sent))
    assert list(decode_groups(part)) == [HeldGroup(group) for group in sent]


def test_what_others_match_is_named() -> None:
    tcp = struct.pack("!HBBH", 0x8000, 14 << 1, 2, 80)
    destination = struct.pack("!HBB6s", 0, 1 << 1, 6, b"\x02\0\0\0\0\x01")
    held = described(destination + tcp)
    assert held.flow.match == match_of(eth_dst=0x020000000001)
    assert held.more_criteria == ("field 0x8000/14",)
    assert held.unknown == ()


@pytest.mark.parametrize(
    ("actions", "known"),
    [
        (output(0xFFFFFFFD), (ToController(None),)),
        (output(0xFFFFFFFE), (Output(0xFFFFFFFE),)),
        (nicira(8, bytes(6)), ()),
        (struct.pack("!HHI", 21, 8, 3), ()),
        (struct.pack("!HH4x", 24, 8), ()),
        (struct.pack("!HHHBBI4x", 25, 16, 0x8000, 12 << 1, 4, 1), ()),
        (nicira(7, struct.pack("!HIQ", 47, 0x00000206, 0x02 << 40)), (SetField(ETH_DST, 0x02 << 40),)),
        (nicira(7, struct.pack("!HIQ", 63, 0x80000408, 9)), (SetField(METADATA, 9),)),
        (nicira(7, struct.pack("!HIQ", 15, 0x00000002, 0)), (AllowReturn(),)),
        (nicira(20, bytes(6)), (ToController(None),)),
    ],
)
def test_what_others_do_in_our_language(actions: bytes, known: tuple[object, ...]) -> None:
    held = described(actions=actions + output(2))
    assert held.flow.actions == (*known, Output(2))
    assert held.unknown == ()


@pytest.mark.parametrize(
    ("actions", "unknown"),
    [
        (output(0xFFFFFFFA), "NORMAL"),
        (output(0xFFFFFFF9), "output to the tables"),
        (struct.pack("!HHH2x", 19, 8, 0x8847), "action 19"),
        (struct.pack("!HHHBBH6x", 25, 16, 0, 4 << 1, 2, 0x1005), "set_field 0x0/4"),
        (struct.pack("!HHHBBI4x", 25, 16, 0x8000, 0, 4, 3), "set_field in_port in part or at all"),
        (nicira(7, struct.pack("!HIQ", 5, 0x80000C02, 1)), "set_field vlan_vid in part or at all"),
        (nicira(16, bytes(22)), "Nicira's action 16"),
        (struct.pack("!HHI", 0xFFFF, 8, 1)[:8] + bytes(0), ""),
    ],
)
def test_what_others_do_beyond_it_is_named(actions: bytes, unknown: str) -> None:
    if not unknown:
        with pytest.raises(ValueError, match="cannot be read"):
            described(actions=actions)
        return
    held = described(actions=actions + output(2))
    assert (held.flow.actions, held.unknown) == ((Output(2),), (unknown,))


def test_actions_for_later_are_named_and_meters_left_out() -> None:
    later = struct.pack("!HH4x", 3, 24) + output(2)
    held = described(instructions=struct.pack("!HHI", 6, 8, 1) + struct.pack("!HH4x", 5, 8) + later)
    assert held == HeldFlow(Flow(3, 9, (), (), None, None, 0, Reason("", "")), 5, (), ("write_actions",))


def test_groups_whose_buckets_others_choose_count_as_of_all_buckets() -> None:
    bucket = struct.pack("!HHII4x", 32, 1, 0xFFFFFFFF, 0xFFFFFFFF) + output(2)
    watching = struct.pack("!HHII4x", 32, 0, 4, 9) + output(3)
    select = struct.pack("!HBxI", 40, 1, 5) + bucket
    failover = struct.pack("!HBxI", 72, 3, 6) + bucket + watching
    assert [held.group for held in decode_groups(select + failover)] == [
        Group(5, GroupKind.ALL, (Bucket((Output(2),)),), Reason("", "")),
        Group(6, GroupKind.ALL, (Bucket((Output(2),)), Bucket((Output(3),), 4)), Reason("", "")),
    ]


@given(flows, st.data())
def test_any_bytes_are_read_or_refused(flow: Flow, data: st.DataObject) -> None:
    part = bytearray(statistics(flow))
    at = data.draw(st.integers(0, len(part) - 1))
    part[at] = data.draw(st.integers(0, 255))
    with suppress(ValueError):
        list(decode_flows(bytes(part[: data.draw(st.integers(0, len(part)))])))
