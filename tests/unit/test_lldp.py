"""Announcements: read by anybody, believed from us only."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from os_ken.lib.packet import ethernet, lldp, packet

from controller.southbound.lldp import Announcement, BadFrame, decode_frame, encode_frame

KEY = b"k" * 32
LEAF = Announcement(0xA1, "leaf1-eth1", 3, 1500)
FIRST_VERSION = bytes.fromhex(
    "0180c200000e0200000000a188cc021607647069643a30303030303030303030303030306131040b076c656166312d6574683106020078"
    "fe34027e74010100000000000000a10000000300000000000005dc0a6c656166312d65746831df6166802cebd3edccaff30c474c98160000"
)
"""What the first version sends for it at 1.5 s."""

announcements = st.builds(
    Announcement,
    st.integers(0, 2**64 - 1),
    st.text(max_size=16).filter(lambda name: len(name.encode(errors="surrogatepass")) <= 64 and name.isprintable()),
    st.integers(0, 2**32 - 1),
    st.integers(0, 2**64 - 1),
)


@given(announcements, st.integers(0, 200))
def test_what_is_encoded_is_decoded(announcement: Announcement, padding: int) -> None:
    frame = encode_frame(announcement, KEY)
    assert len(frame) < 256
    assert decode_frame(frame + bytes(padding), KEY) == announcement


def test_daemons_of_all_versions_hear_each_other() -> None:
    """While one takes over from another, what is under way between switches was sent by either."""
    assert encode_frame(LEAF, KEY) == FIRST_VERSION
    assert decode_frame(FIRST_VERSION, KEY) == LEAF


def test_anybody_can_read_it() -> None:
    parsed = packet.Packet(encode_frame(LEAF, KEY))
    (tlvs,) = parsed.get_protocols(lldp.lldp)
    (header,) = parsed.get_protocols(ethernet.ethernet)
    assert (header.dst, header.src) == ("01:80:c2:00:00:0e", "02:00:00:00:00:a1")
    assert tlvs.tlvs[0].chassis_id == b"dpid:00000000000000a1"
    assert tlvs.tlvs[1].port_id == b"leaf1-eth1"
    assert tlvs.tlvs[2].ttl == 120


@given(st.data())
def test_any_change_is_noticed(data: st.DataObject) -> None:
    frame = bytearray(encode_frame(LEAF, KEY))
    at = data.draw(st.integers(0, len(frame) - 3))
    frame[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(BadFrame):
        decode_frame(bytes(frame), KEY)


@given(st.integers(0, 130))
def test_a_cut_frame_is_refused(length: int) -> None:
    frame = encode_frame(LEAF, KEY)
    if length < len(frame) - 2:
        with pytest.raises(BadFrame):
            decode_frame(frame[:length], KEY)


@given(st.binary(max_size=300))
def test_garbage_is_refused(garbage: bytes) -> None:
    for data in (garbage, encode_frame(LEAF, KEY)[:14] + garbage):
        with pytest.raises(BadFrame):
            decode_frame(data, KEY)


def test_another_key_is_refused() -> None:
    with pytest.raises(BadFrame, match="its signature is not made with our key"):
        decode_frame(encode_frame(LEAF, KEY), b"other")


def test_a_name_that_is_too_long_is_an_error() -> None:
    with pytest.raises(ValueError, match="is longer than 64 bytes"):
        encode_frame(Announcement(1, "x" * 65, 1, 0), KEY)
