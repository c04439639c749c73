"""Probes: believed from us only, while they are fresh, and with whatever tag they come back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.loop_guard import PROBES
from controller.southbound.lldp import Announcement, encode_frame
from controller.southbound.probes import FRESH, BadProbe, Probe, decode_probe, encode_probe, tag_of

KEY = b"k" * 32
PROBE = Probe(0xA1, 3, 7)
PLAIN = Probe(0xA1, 3, None)

probes = st.builds(Probe, st.integers(0, 2**64 - 1), st.integers(0, 2**32 - 1), st.none() | st.integers(1, 4094))


def encoded(probe: Probe = PLAIN, time: float = 100.0) -> bytes:
    return encode_probe(probe, PROBES, KEY, time)


@given(probes, st.integers(0, 200))
def test_what_is_encoded_is_decoded(probe: Probe, padding: int) -> None:
    frame = encoded(probe)
    assert frame[:6] == bytes.fromhex("037e74000001")
    assert frame[6] & 3 == 2, "sent by an address that is one station's and locally administered"
    assert tag_of(frame) == probe.tag
    assert decode_probe(frame + bytes(padding), KEY, 100.5) == probe


def test_a_tag_may_come_or_go_on_the_way() -> None:
    untagged, tagged = encoded(PROBE), encoded(PLAIN)
    untagged, tagged = untagged[:12] + untagged[16:], tagged[:12] + bytes.fromhex("88a80009") + tagged[12:]
    assert (decode_probe(untagged, KEY, 100.0), tag_of(untagged)) == (PROBE, None)
    assert (decode_probe(tagged, KEY, 100.0), tag_of(tagged)) == (PLAIN, 9)


def test_each_place_has_an_address_of_its_own() -> None:
    sources = {
        encoded(Probe(dpid, interface, tag))[6:12] for dpid in (1, 2) for interface in (1, 2) for tag in (None, 7)
    }
    assert len(sources) == 8
    assert encoded(PLAIN, 1.0)[6:12] == encoded(PLAIN, 2.0)[6:12], "which stays the same"


@pytest.mark.parametrize("age", [-FRESH - 0.1, FRESH + 0.1])
def test_an_old_one_is_refused(age: float) -> None:
    with pytest.raises(BadProbe, match="s old"):
        decode_probe(encoded(time=100.0), KEY, 100.0 + age)
    assert decode_probe(encoded(time=100.0), KEY, 100.0 + 0.9 * age) == PLAIN


@given(st.data())
def test_any_change_of_what_is_said_is_noticed(data: st.DataObject) -> None:
    frame = bytearray(encoded())
    at = data.draw(st.integers(12, len(frame) - 1))
    frame[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(BadProbe):
        decode_probe(bytes(frame), KEY, 100.0)


@given(st.integers(0, len(encoded()) - 1))
def test_a_cut_one_is_refused(length: int) -> None:
    with pytest.raises(BadProbe):
        decode_probe(encoded()[:length], KEY, 100.0)


@given(st.binary(max_size=300))
def test_garbage_is_refused(garbage: bytes) -> None:
    for data in (garbage, encoded()[:14] + garbage):
        with pytest.raises(BadProbe):
            decode_probe(data, KEY, 100.0)


def test_another_key_is_refused_and_so_is_an_announcement() -> None:
    with pytest.raises(BadProbe, match="its signature is not made with our key"):
        decode_probe(encoded(), b"other", 100.0)
    announcement = encode_frame(Announcement(0xA1, "tap1", 3, 100_000), KEY)
    with pytest.raises(BadProbe):
        decode_probe(announcement, KEY, 100.0)
    with pytest.raises(BadProbe):
        decode_probe(encoded()[:14] + announcement, KEY, 100.0)
