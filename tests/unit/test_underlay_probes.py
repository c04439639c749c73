"""Probes of the underlay: what is said is read again, and what anybody else made is not believed."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.loop_guard import PROBES
from apps.underlay import ASKED, TUNNEL_ID
from controller.intent.loader import load
from controller.intent.model import OVERLAYS, Segment
from controller.southbound import probes
from controller.southbound.underlay_probes import (
    CONTENT,
    LEAST,
    NUMBER,
    BadUnderlayProbe,
    UnderlayProbe,
    decode_underlay_probe,
    encode_underlay_probe,
)

KEY = b"k" * 32
PROBE = UnderlayProbe(0xA1, 0xB2, 2, 7)
words = st.integers(0, 2**64 - 1)
all_probes = st.builds(UnderlayProbe, words, words, st.integers(0, 255), words)


def encoded(probe: UnderlayProbe = PROBE, size: int = 0) -> bytes:
    return encode_underlay_probe(probe, ASKED, KEY, size)


@given(all_probes, st.integers(0, 2000))
def test_what_is_encoded_is_decoded_whole_or_cut_to_its_beginning(probe: UnderlayProbe, size: int) -> None:
    frame = encoded(probe, size)
    assert len(frame) == max(size, LEAST)
    assert frame[:14] == bytes.fromhex("037e74000002 027e74000000 88b7")
    assert int.from_bytes(frame[NUMBER], "big") == probe.number
    assert decode_underlay_probe(frame, KEY) == decode_underlay_probe(frame[:LEAST], KEY) == probe


@given(st.data())
def test_any_change_of_what_is_said_is_noticed(data: st.DataObject) -> None:
    frame = bytearray(encoded())
    frame[data.draw(st.integers(CONTENT.start, LEAST - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(BadUnderlayProbe):
        decode_underlay_probe(bytes(frame), KEY)


@given(st.binary(max_size=300))
def test_garbage_is_refused(garbage: bytes) -> None:
    for data in (garbage, encoded()[:14] + garbage):
        with pytest.raises(BadUnderlayProbe):
            decode_underlay_probe(data, KEY)


@pytest.mark.parametrize("length", [0, 13, 14, 30, LEAST - 1])
def test_a_cut_one_is_malformed(length: int) -> None:
    with pytest.raises(BadUnderlayProbe, match="it is cut off") as caught:
        decode_underlay_probe(encoded()[:length], KEY)
    assert caught.value.kind == "malformed"


def test_another_key_is_forged_and_a_probe_for_loops_is_of_another_protocol() -> None:
    with pytest.raises(BadUnderlayProbe, match="its signature is not made with our key") as caught:
        decode_underlay_probe(encoded(), b"other")
    assert caught.value.kind == "forged"
    other = probes.encode_probe(probes.Probe(0xA1, 3, None), PROBES, KEY, 100.0)
    with pytest.raises(BadUnderlayProbe, match="it is of another protocol or version"):
        decode_underlay_probe(other.ljust(LEAST), KEY)


@pytest.mark.parametrize("segment", OVERLAYS)
def test_no_network_can_have_their_tunnel_id(segment: Segment, tmp_path: Path) -> None:
    file = tmp_path / "site.yaml"
    file.write_text(f"tenants: {{blue: {{networks: {{web: {{segment: {segment}, key: {TUNNEL_ID}}}}}}}}}\n")
    assert load([file]).intent is None
    file.write_text(file.read_text().replace(f"key: {TUNNEL_ID}", f"key: {TUNNEL_ID + 1}"))
    assert load([file]).intent
