"""Events as they happen: Server-Sent Events (WHATWG HTML, 9.2), from the event after the one that the reader had last.

A reader that does not read is cut off (`controller.api.connection`): until then some 64 KiB wait for it, and nothing is
kept for it here. One that comes back goes on after `Last-Event-ID`; should events in between be forgotten already, it
is told so first by an event `gap`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from controller.api import rows
from controller.event_log import Event, EventLog

AT_ONCE = 100
"""Events that are written together."""
ALIVE_EVERY = 15.0
"""Seconds without an event after which the reader is sent something, so that both know that the other is there."""
HEADERS = [
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]


class EventStream(Response):
    """An answer that goes on until the reader leaves (an ASGI application)."""

    def __init__(self, events: EventLog, after: int, takes: Callable[[Event], bool]) -> None:
        """Send the events after the one with id `after` that `takes` is true of."""
        super().__init__()
        self._events = events
        self._after = after
        self._takes = takes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until the reader leaves, or does not read."""
        writing = asyncio.create_task(self._write(send))
        leaving = asyncio.create_task(_left(receive))
        try:
            await asyncio.wait([writing, leaving], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (writing, leaving):
                task.cancel()
            await asyncio.gather(writing, leaving, return_exceptions=True)

    async def _write(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        await _send(send, "retry: 2000\n\n")
        if not self._events.forgotten <= self._after <= self._events.last_id:
            # Forgotten by now, or of a daemon whose clock was ahead.
            self._after = self._events.forgotten
            await _send(send, f"event: gap\nid: {self._after}\ndata: {{}}\n\n")
        while True:
            is_quiet = not await self._news()
            found = self._events.after(self._after, AT_ONCE)
            text = _written(event for event in found if self._takes(event))
            self._after = found[-1].id if found else self._after
            if text or is_quiet:
                await _send(send, text or ":\n\n")

    async def _news(self) -> bool:
        """Wait for an event, but not for long; whether there is one."""
        try:
            await asyncio.wait_for(self._events.wait(self._after), ALIVE_EVERY)
        except TimeoutError:
            return False
        return True


def event_row(event: Event) -> rows.Event:
    """An event in the form of answers."""
    return rows.Event.model_validate(
        {
            "id": event.id,
            "time": datetime.fromtimestamp(event.time, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "kind": event.kind,
            "level": event.level,
            "text": event.text,
            **{name: getattr(event, name) or None for name in ("switch", "interface", "tenant", "network", "port")},
        }
    )


def _written(events: Iterable[Event]) -> str:
    return "".join(
        f"event: {event.kind.value}\nid: {event.id}\ndata: {event_row(event).model_dump_json()}\n\n" for event in events
    )


async def _send(send: Send, text: str) -> None:
    await send({"type": "http.response.body", "body": text.encode(), "more_body": True})


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
