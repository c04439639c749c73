"""From rows to an answer, without holding the loop: rows are made and written in slices of a millisecond.

A worker thread would not do better: it takes the interpreter for 5 ms at a time, in which the loop stands still.

The tag (ETag, RFC 9110, 8.8.3) is a hash of what is answered. So it is right whatever an answer is made of, and who
asks again with it gets no body when nothing changed. That of something that is changed over the API begins with its
version, and a dot. Only this is looked at in `If-Match`: an address that was learned meanwhile is no lost change.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

from fastapi import Request, Response

from controller.api.order import Order, order_after, order_of
from controller.api.rows import Row
from controller.api.tags import is_known, tag_of
from controller.core import Core
from controller.intent.edit import IntentEdit

MOST_AT_ONCE = 4
"""Answers that are being made."""
FEW = 100
"""Networks and ports of an edit that are put in order one by one."""
SLICE = 0.001
"""Seconds of making rows before others have their turn."""

_Result = TypeVar("_Result")


class Answering:
    """Makes answers; has a thread of its own for sorting, so that the daemon's files do not wait for it."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._thread = ThreadPoolExecutor(1, "api")
        self._turns = asyncio.Semaphore(MOST_AT_ONCE)
        self._order = order_of(core.situation.intent)
        self._sorting = asyncio.Lock()
        self._since: list[IntentEdit] = []
        """Edits since sorting began."""

    def close(self) -> None:
        """Let the thread end."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def order(self) -> Order:
        """The order of what is in the intent in force."""
        if self._core.situation.intent is not self._order.intent:
            async with self._sorting:
                while (intent := self._core.situation.intent) is not self._order.intent:
                    self._since.clear()
                    self._order = await asyncio.get_running_loop().run_in_executor(self._thread, order_of, intent)
                    # Or nobody would get an answer while writes come faster than it is sorted.
                    for edit in self._since:
                        self._put(edit)
        return self._order

    def edited(self, edit: IntentEdit) -> None:
        """The intent in force was edited."""
        if self._sorting.locked():
            self._since.append(edit)
        self._put(edit)

    def _put(self, edit: IntentEdit) -> None:
        """Keep the order over an edit, if that is quicker than to make another."""
        if edit.before is self._order.intent and not edit.fabric and len(edit.networks) + len(edit.ports) <= FEW:
            there = self._core.situation.index.ports_by_network
            self._order = order_after(self._order, edit, lambda name: (port for port, _ in there.get(name, ())))

    async def page(self, request: Request, rows: Iterator[tuple[str, Row]], limit: int) -> Response:
        """One page of rows."""
        # One more than asked for shows that there is a next page.
        made = await self.made((cursor, row.model_dump_json()) for cursor, row in islice(rows, limit + 1))
        following = made[limit - 1][0] if len(made) > limit else None
        items = ",".join(text for _, text in made[:limit])
        # The form of `Page`.
        return _answer(request, f'{{"items":[{items}],"next":{json.dumps(following)}}}')

    async def made(self, parts: Iterator[_Result]) -> list[_Result]:
        """All parts, made in slices."""
        found = []
        # Not while it is sent, as who asked may be slow to read.
        async with self._turns:
            ends = time.perf_counter() + SLICE
            for part in parts:
                found.append(part)
                if time.perf_counter() >= ends:
                    await asyncio.sleep(0)
                    ends = time.perf_counter() + SLICE
        return found

    def whole(self, request: Request, answer: Row, version: int | None = None, status: int = 200) -> Response:
        """An answer that is small; about something of this version, if it has one."""
        return _answer(request, answer.model_dump_json(by_alias=True), version, status)


def _answer(request: Request, text: str, version: int | None = None, status: int = 200) -> Response:
    """The answer, or that the one that the asker has is still right."""
    body = text.encode()
    tag = tag_of(body, version)
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    if request.method == "GET" and is_known(request, tag):
        return Response(status_code=304, headers=headers)
    return Response(body, status, headers, "application/json")
