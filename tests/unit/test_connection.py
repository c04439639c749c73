"""What a connection writes beside batches."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from controller.southbound.connection import Connection
from controller.southbound.events import Closed, Event
from controller.southbound.turns import Turns


class Owner:
    """Is told, and does nothing."""

    def opened(self, connection: Connection) -> None: ...

    def received(self, connection: Connection, event: Event) -> None: ...

    def dropped(self, connection: Connection, packet_ins: int) -> None: ...

    def closed(self, connection: Connection, why: Closed) -> None: ...


class Transport:
    """Keeps each write apart."""

    def __init__(self) -> None:
        self.writes: list[bytes] = []

    def write(self, data: bytes) -> None:
        self.writes.append(data)

    def get_extra_info(self, _name: str) -> str:
        return ""

    def set_write_buffer_limits(self, high: int) -> None: ...

    def get_write_buffer_size(self) -> int:
        return 0

    def close(self) -> None: ...


def test_what_is_sent_in_one_turn_is_one_write_in_order() -> None:
    async def whole() -> None:
        connection, transport = Connection(Owner(), None, Turns()), Transport()
        assert not connection.send(b"before there is a peer")
        connection.connection_made(cast(Any, transport))
        hello = list(transport.writes)
        assert connection.send(b"one ")
        assert connection.send(b"two ")
        await asyncio.sleep(0)
        assert connection.send(b"three")
        await asyncio.sleep(0)
        assert transport.writes == [*hello, b"one two ", b"three"]

    asyncio.run(whole())


def test_nothing_is_sent_to_a_peer_that_does_not_read_or_after_the_end() -> None:
    async def whole() -> None:
        connection, transport = Connection(Owner(), None, Turns()), Transport()
        connection.connection_made(cast(Any, transport))
        before = list(transport.writes)
        connection.pause_writing()
        assert not connection.send(b"lost")
        connection.resume_writing()
        assert connection.send(b"too late")
        connection.close("ended", "the test ends")
        assert not connection.send(b"lost")
        await asyncio.sleep(0)
        assert transport.writes == before

    asyncio.run(whole())
