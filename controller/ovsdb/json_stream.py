"""Cutting a stream of bytes into JSON objects, which follow each other without anything in between (RFC 7047, 4).

Only what tells where an object ends is looked at on the way: quotes and brackets, each once. An object is decoded when
it is whole. Size and depth have bounds, so no peer makes the daemon wait for much or recurse; what is no object ends
the stream, as there is no way to find the next one behind it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NoReturn

from controller.southbound.framing import ProtocolError

MOST_BYTES = 8 * 1024 * 1024
"""Of one object. What is asked of a host with 5,000 interfaces takes 3 MiB."""
MOST_DEPTH = 32
"""Objects and arrays in each other; OVSDB itself needs eight."""

_OUTSIDE = re.compile(rb'["{}\[\]]')
_IN_TEXT = re.compile(rb'["\\]')
_BLANK = b" \t\r\n"


class JsonStream:
    """Bytes in, in pieces of any size; whole objects out."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._at = 0
        """Up to where the buffer was looked at; behind its end if that ends in a backslash."""
        self._depth = 0
        self._is_text = False

    def feed(self, data: bytes) -> Iterator[dict[str, Any]]:
        """Yield each object that `data` completes.

        Raises:
            ProtocolError: it is not JSON, or exceeds a bound.
        """
        self._buffer += data
        while (end := self._end()) is not None:
            whole = bytes(self._buffer[:end])
            del self._buffer[:end]
            self._at = 0
            yield _decoded(whole)
        if len(self._buffer) > MOST_BYTES:
            raise ProtocolError("too much", f"a message of more than {MOST_BYTES} bytes")

    @property
    def waiting(self) -> int:
        """Bytes of an object that is not complete yet."""
        return len(self._buffer)

    def _end(self) -> int | None:
        """Where the first object of the buffer ends, if it is whole."""
        if not self._depth:
            self._begin()
        while match := (_IN_TEXT if self._is_text else _OUTSIDE).search(self._buffer, self._at):
            self._at = match.end()
            sign = match[0]
            if sign == b'"':
                self._is_text = not self._is_text
            elif sign == b"\\":
                self._at += 1
            elif sign in b"{[":
                self._depth += 1
                if self._depth > MOST_DEPTH:
                    raise ProtocolError("malformed", f"JSON that is nested more than {MOST_DEPTH} deep")
            else:
                self._depth -= 1
                if not self._depth:
                    return self._at
        self._at = max(self._at, len(self._buffer))
        return None

    def _begin(self) -> None:
        """Leave out blanks between objects."""
        blanks = len(self._buffer) - len(self._buffer.lstrip(_BLANK))
        del self._buffer[:blanks]
        if self._buffer and self._buffer[0] != ord("{"):
            raise ProtocolError("malformed", f"no JSON object, but {bytes(self._buffer[:16])!r}")


def _decoded(whole: bytes) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(whole.decode(), parse_constant=_refuse)
    except ValueError as error:
        raise ProtocolError("malformed", f"no JSON: {error}") from None
    return found


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")
