"""Objects come out of any cutting of their bytes, and nothing that a peer sends costs more than its bound."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.ovsdb import json_stream
from controller.ovsdb.json_stream import MOST_DEPTH, JsonStream
from controller.southbound.framing import ProtocolError

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
OBJECTS = st.dictionaries(st.text(), JSON, max_size=3)


@given(st.lists(OBJECTS, max_size=4), st.data(), st.sampled_from(["", " ", "\n"]), st.booleans())
def test_objects_survive_any_cutting(objects: list[dict[str, Any]], data: st.DataObject, gap: str, ascii: bool) -> None:
    whole = gap.join(json.dumps(one, ensure_ascii=ascii) for one in objects).encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=6)))
    pieces = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    stream = JsonStream()
    assert [one for piece in pieces for one in stream.feed(piece)] == objects
    assert stream.waiting == 0


@pytest.mark.parametrize(
    ("data", "kind", "reason"),
    [
        (b"GET / HTTP/1.1\r\n", "malformed", "no JSON object, but b'GET / HTTP/1.1\\r\\n'"),
        (b"[1]", "malformed", "no JSON object, but b'[1]'"),
        (b"\x04\x00\x00\x08\x00\x00\x00\x01", "malformed", "no JSON object, but"),
        (b'{"a":}', "malformed", "no JSON: Expecting value"),
        (b'{"a":1]', "malformed", "no JSON: Expecting ',' delimiter"),
        (b'{"a":NaN}', "malformed", "no JSON: NaN is no JSON"),
        (b'{"\xff":1}', "malformed", "no JSON: 'utf-8' codec"),
        (b'{"a":' + b"9" * 5000 + b"}", "malformed", "no JSON: Exceeds the limit"),
        (b'{"a":' + b"[" * MOST_DEPTH, "malformed", "JSON that is nested more than 32 deep"),
    ],
)
def test_what_is_no_object_ends_the_stream(data: bytes, kind: str, reason: str) -> None:
    with pytest.raises(ProtocolError) as raised:
        list(JsonStream().feed(data))
    assert raised.value.kind == kind
    assert str(raised.value).startswith(reason)


def test_an_object_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_stream, "MOST_BYTES", 1000)
    stream = JsonStream()
    assert list(stream.feed(b'{"a":"' + b"x" * 900)) == []
    with pytest.raises(ProtocolError, match="a message of more than 1000 bytes"):
        list(stream.feed(b"x" * 100))


def test_bytes_are_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A text that comes byte by byte is not searched from its beginning with every byte."""
    starts: list[int] = []

    class Counting:
        def search(self, buffer: bytearray, at: int) -> None:
            starts.append(at)

    stream = JsonStream()
    list(stream.feed(b'{"a":"'))
    monkeypatch.setattr(json_stream, "_IN_TEXT", Counting())
    for _ in range(100):
        list(stream.feed(b"x"))
    assert starts == list(range(6, 106))
