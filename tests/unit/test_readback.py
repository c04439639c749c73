"""What is read of flows: the cookies, and in an audit whether the content is what the cookie says."""

from __future__ import annotations

import struct
from collections.abc import Collection

from controller.dataplane.encoder import cookie_of, encode_flow_add
from controller.dataplane.flow import Flow, Output, Reason
from controller.dataplane.table import match_of
from controller.southbound import messages as wire
from controller.southbound.readback import ReadBack

FLOWS = [
    Flow(3, 7, match_of(eth_src=5, metadata=number), (Output(2),), 4, 9, number % 2 * 300, Reason("test", "a test"))
    for number in range(10)
]


def entry(flow: Flow, cookie: int) -> bytes:
    """Flow statistics (OpenFlow 1.3.5, 7.3.5.2) as a switch gives them that was sent this flow."""
    body = encode_flow_add(flow, cookie, 0)[48:]
    flags = 1 if flow.idle_timeout else 0
    timeouts = struct.pack("!HHH", flow.idle_timeout, 0, flags)
    head = struct.pack("!HBxIIH", 48 + len(body), flow.table, 12, 34, flow.priority)
    return head + timeouts + bytes(4) + struct.pack("!QQQ", cookie, 56, 78) + body


def altered(entries: Collection[bytes], *, compares_content: bool = True) -> set[int]:
    found = ReadBack(compares_content)
    reply = struct.pack("!BBHIHH4x", 4, 19, 0, 1, wire.FLOW_STATS, 0) + b"".join(entries)
    assert found.add(wire.FLOW_STATS, reply)
    return set(found.held.altered)


SENT = [entry(flow, cookie_of(flow)) for flow in FLOWS]


def test_what_was_sent_is_as_it_was_sent() -> None:
    assert altered(SENT) == set()


def test_every_byte_of_the_content_counts_and_counters_do_not() -> None:
    whole, cookie = SENT[1], cookie_of(FLOWS[1])
    for place in range(len(whole)):
        changed = bytearray(whole)
        changed[place] ^= 1
        is_length, is_counter = place < 2, place in (3, *range(4, 12), *range(20, 24), *range(32, 48))
        is_cookie = place in range(24, 32)
        if not (is_length or is_cookie):
            assert altered([*SENT[2:], bytes(changed)]) == (set() if is_counter else {cookie}), place


def test_another_flow_under_a_cookie_of_ours() -> None:
    assert altered([*SENT, entry(FLOWS[0], cookie_of(FLOWS[1]))]) == {cookie_of(FLOWS[1])}


def test_nothing_is_compared_when_a_switch_connects() -> None:
    assert altered([*SENT, entry(FLOWS[0], cookie_of(FLOWS[1]))], compares_content=False) == set()


def test_a_switch_that_writes_flows_otherwise_is_let_be() -> None:
    otherwise = [entry(FLOWS[number - 1], cookie_of(FLOWS[number])) for number in range(10)]
    assert altered([*otherwise[:5], *SENT[5:]]) == {cookie_of(flow) for flow in FLOWS[:5]}
    assert altered([*otherwise[:6], *SENT[6:]]) == set()
