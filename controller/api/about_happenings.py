"""Questions about what happened, and what happens."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response

from controller.api import rows
from controller.api.fabric_rows import BadCursor
from controller.api.filters import Filters, Nothing
from controller.api.sources import INVALID, Sources
from controller.api.stream import EventStream, event_row
from controller.event_log import KEPT, Event, EventLog


class Choice(Nothing):
    """Which events."""

    tenant: str | None = None
    switch: str | None = None
    network: str | None = None

    def takes(self, event: Event) -> bool:
        """Whether an event is about what is asked for."""
        return (
            self.tenant in (None, event.tenant)
            and self.switch in (None, event.switch)
            and self.network in (None, event.network)
        )


def happenings(sources: Sources) -> APIRouter:
    """The questions."""
    router = APIRouter(prefix="/api/v1/events", tags=["events"])

    @router.get("", response_model=rows.Page[rows.Event], responses=INVALID)
    async def events(request: Request, filters: Annotated[Filters, Query()]) -> Response:
        """The latest events, the oldest first; `after` is the id of an event."""
        choice = Choice(tenant=filters.tenant, switch=filters.switch, network=filters.network)
        found = _events(sources.events, choice, _id(filters.after, 0))
        return await sources.answering.page(request, found, filters.limit)

    @router.get("/stream", response_class=Response, responses={**INVALID, 200: {"content": {"text/event-stream": {}}}})
    async def stream(
        choice: Annotated[Choice, Query()], last_event_id: Annotated[str | None, Header(max_length=20)] = None
    ) -> EventStream:
        """Events as they happen (Server-Sent Events), from the one after `Last-Event-ID`, or from now on."""
        after = _id(last_event_id, sources.events.last_id)
        return EventStream(sources.events, after, choice.takes)

    return router


def _events(events: EventLog, choice: Choice, after: int) -> Iterator[tuple[str, rows.Event]]:
    for event in events.after(after, 2 * KEPT):
        if choice.takes(event):
            yield str(event.id), event_row(event)


def _id(text: str | None, instead: int) -> int:
    if text is None:
        return instead
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise BadCursor("is not the id of an event")
    return int(text)
