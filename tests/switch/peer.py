"""A peer on loopback that speaks as little or as badly as a test wants."""

from __future__ import annotations

import asyncio
import struct

HELLO = bytes.fromhex("0400000800000001")


def message(kind: int, xid: int, body: bytes = b"") -> bytes:
    return struct.pack("!BBHI", 4, kind, 8 + len(body), xid) + body


class Peer:
    """One connection to the southbound."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def connect(cls, port: int) -> Peer:
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def receive(self) -> tuple[int, int, bytes]:
        """(type, xid, body) of the next message."""
        _, kind, length, xid = struct.unpack("!BBHI", await self.reader.readexactly(8))
        return kind, xid, await self.reader.readexactly(length - 8)

    async def is_closed(self) -> bool:
        """Wait until the other side has closed."""
        try:
            while await asyncio.wait_for(self.reader.read(65536), 20):
                pass
        except ConnectionError:
            pass
        return True

    async def say_who(self, dpid: int) -> None:
        """Get through hello and features."""
        self.send(HELLO)
        while (await self.receive())[0] != 5:
            pass
        self.send(message(6, 1, struct.pack("!QIBB2xII", dpid, 0, 254, 0, 0, 0)))

    async def become_ready(self, dpid: int) -> None:
        """Be a switch that holds nothing and has no interfaces."""
        await self.say_who(dpid)
        asked = 0
        while asked < 5:
            kind, xid, body = await self.receive()
            if kind == 18:
                asked += 1
                self.send(message(19, xid, body[:2] + bytes(6) + (bytes(16) if body[:2] == b"\0\x0b" else b"")))

    async def serve(self) -> None:
        """Answer barriers and echo requests for ever."""
        while True:
            kind, xid, body = await self.receive()
            if kind in (2, 20):
                self.send(message(kind + 1, xid, body))
