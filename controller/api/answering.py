"""From rows to an answer, without holding the loop: rows are made in slices, and written out by a worker thread.

The tag (ETag, RFC 9110, 8.8.3) is a hash of what is answered. So it is right whatever an answer is made of, and who
asks again with it gets no body when nothing changed.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import blake2b
from typing import TypeVar

from fastapi import Request, Response
from pydantic import BaseModel

from controller.api.order import Order, order_of
from controller.api.rows import Item, Page
from controller.core import Core

SLICE = 0.001
"""Seconds of making rows before others have their turn."""

_Result = TypeVar("_Result")


class Answering:
    """Makes answers; has a thread of its own, so that questions do not keep the daemon's files waiting."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._thread = ThreadPoolExecutor(1, "api")
        self._order = order_of(core.situation.intent)

    def close(self) -> None:
        """Let the thread end."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def order(self) -> Order:
        """The order of what is in the intent in force."""
        while (intent := self._core.situation.intent) is not self._order.intent:
            self._order = await self.in_thread(lambda intent=intent: order_of(intent))  # type: ignore[misc]
        return self._order

    async def in_thread(self, work: Callable[[], _Result]) -> _Result:
        """Have the thread do something that looks only at what does not change."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def page(self, request: Request, rows: Iterator[tuple[str, Item]], limit: int) -> Response:
        """One page of rows."""
        items: list[Item] = []
        last, ends = "", time.perf_counter() + SLICE
        for cursor, row in rows:
            if len(items) == limit:
                return await self.whole(request, Page(items=items, next=last))
            items.append(row)
            last = cursor
            if time.perf_counter() >= ends:
                await asyncio.sleep(0)
                ends = time.perf_counter() + SLICE
        return await self.whole(request, Page(items=items, next=None))

    async def whole(self, request: Request, answer: BaseModel) -> Response:
        """An answer, or that the one that the asker has is still right."""
        body, tag = await self.in_thread(lambda: _written(answer))
        headers = {"ETag": tag, "Cache-Control": "no-cache"}
        if _matches(request.headers.getlist("if-none-match"), tag):
            return Response(status_code=304, headers=headers)
        return Response(body, headers=headers, media_type="application/json")


def _written(answer: BaseModel) -> tuple[bytes, str]:
    body = answer.model_dump_json().encode()
    return body, f'"{blake2b(body, digest_size=12).hexdigest()}"'


def _matches(given: Iterable[str], tag: str) -> bool:
    """Whether a tag is among those of If-None-Match fields (RFC 9110, 13.1.2: compared weakly)."""
    tags = [one.strip() for field in given for one in field.split(",")]
    return "*" in tags or any(one.removeprefix("W/") == tag for one in tags)
