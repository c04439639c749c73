"""Cutting a stream of bytes into OpenFlow messages (OpenFlow 1.3.5, 7.1.1).

A message says its length in 16 bits, so no peer can make more than 64 KiB wait here. Nothing but the header is looked
at; a header that cannot be true ends the stream, as there is no way to find the next message behind it.
"""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct

HEADER = Struct("!BBHI")
VERSION = 0x04


class ProtocolError(Exception):
    """The peer broke the protocol. `kind` is one of few words, to count by."""

    def __init__(self, kind: str, reason: str) -> None:
        super().__init__(reason)
        self.kind = kind


class Framer:
    """Bytes in, in pieces of any size; whole messages out."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[int, int, int, bytes]]:
        """Yield (version, type, xid, message with its header) of each message that `data` completes.

        Raises:
            ProtocolError: a header that gives a length below its own.
        """
        buffer = self._buffer
        if not buffer and len(data) >= HEADER.size:
            version, kind, length, xid = HEADER.unpack_from(data)
            if length == len(data):
                # One whole message, as nearly always.
                yield version, kind, xid, data
                return
        if buffer:
            buffer += data
        # What is whole is not copied once more.
        source = buffer or data
        start, end = 0, len(source)
        try:
            while end - start >= HEADER.size:
                version, kind, length, xid = HEADER.unpack_from(source, start)
                if length < HEADER.size:
                    raise ProtocolError("malformed", f"a message of {length} bytes, less than its header")
                if end - start < length:
                    return
                message = bytes(memoryview(source)[start : start + length])
                start += length
                yield version, kind, xid, message
        finally:
            if source is buffer:
                del buffer[:start]
            else:
                buffer += memoryview(data)[start:]

    @property
    def waiting(self) -> int:
        """Bytes of a message that is not complete yet."""
        return len(self._buffer)
