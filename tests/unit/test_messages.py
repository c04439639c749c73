"""The messages that come and go by the ten thousand, against os-ken's idea of them."""

from __future__ import annotations

import struct

import pytest
from os_ken.ofproto import ofproto_v1_3 as ofp
from os_ken.ofproto import ofproto_v1_3_parser as parser
from os_ken.ofproto.ofproto_protocol import ProtocolDesc

from controller.southbound.messages import packet_in, packet_out

COOKIE, FRAME = 0x7E00000000000009, bytes(range(60))
OPENFLOW_13 = ProtocolDesc(version=4)


def copied(**match: int) -> bytes:
    """A packet-in as a switch sends it."""
    made = parser.OFPMatch(**match)
    body = bytearray()
    made.serialize(body, 0)
    head = struct.pack(
        "!BBHIIHBBQ", 4, ofp.OFPT_PACKET_IN, 26 + len(body) + len(FRAME), 0, 0xFFFFFFFF, 60, 1, 3, COOKIE
    )
    return head + bytes(body) + bytes(2) + FRAME


def test_a_packet_out_is_what_os_ken_makes_of_it() -> None:
    wanted = parser.OFPPacketOut(
        OPENFLOW_13, ofp.OFP_NO_BUFFER, ofp.OFPP_CONTROLLER, [parser.OFPActionOutput(7, 0)], FRAME
    )
    wanted.set_xid(5)
    wanted.serialize()
    assert packet_out(7, FRAME, 5) == bytes(wanted.buf)


@pytest.mark.parametrize("match", [{"in_port": 8}, {"in_port": 8, "metadata": 5}, {"in_port": 8, "tunnel_id": 9}])
def test_a_packet_in_says_where_it_came_in_whatever_else_it_says(match: dict[str, int]) -> None:
    assert packet_in(copied(**match)) == (COOKIE, 3, 8, FRAME)


def test_where_it_came_in_may_stand_behind_other_fields() -> None:
    first = copied(metadata=5)
    fields = bytes.fromhex("80000408 0000000000000005 80000004 00000008")
    assert packet_in(first[:24] + struct.pack("!HH", 1, 24) + fields + bytes(2) + FRAME) == (COOKIE, 3, 8, FRAME)


@pytest.mark.parametrize("rest", ["", "00000000 0000", "80000004 00000008 0000"])
def test_a_packet_in_that_does_not_say_it_is_an_error(rest: str) -> None:
    empty_match = struct.pack("!HH", 1, 4)
    with pytest.raises(struct.error):
        packet_in(copied(in_port=8)[:24] + empty_match + bytes.fromhex(rest))
