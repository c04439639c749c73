"""The question what would change if other files were loaded. Nothing is changed, so who may ask may ask this, too.

It costs more than all others: whoever asks while another is answered is sent away, before what he sends is read.
"""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request, Response
from pydantic import Field

from controller.api.alone import alone
from controller.api.filters import Nothing
from controller.api.guard import PLAN
from controller.api.plan_rows import PlanAnswer, PlannedFiles
from controller.api.problems import MEDIA_TYPE
from controller.api.sources import INVALID, Sources

SEND_WITHIN = 30.0
"""Seconds for who asks to send all files."""


class Wishes(Nothing):
    """How much is wanted."""

    flows: bool = Field(default=False, description="Whether to have flows, groups and meters themselves, too.")


def plan_questions(sources: Sources) -> APIRouter:
    """The question."""
    router = APIRouter(tags=["plan"])
    turn = asyncio.Lock()
    schema = {"application/json": {"schema": _schema()}}

    @router.post(
        PLAN,
        response_model=PlanAnswer,
        responses=INVALID,
        openapi_extra={"requestBody": {"required": True, "content": schema}},
    )
    async def plan(request: Request, wishes: Annotated[Wishes, Query()]) -> Response:
        """What would change if these files were all that is configured: nothing changes.

        The files are sent in the order in which they would be named. One asker is served at a time.
        """
        async with alone(turn, "a plan is being made for somebody else"):
            status, answer = await sources.planner.plan(await _body(request), wishes.flows)
        return Response(answer, status, media_type="application/json" if status == 200 else MEDIA_TYPE)

    return router


def _schema() -> dict[str, Any]:
    """What is sent; FastAPI is not told, as it would read it here."""
    schema = PlannedFiles.model_json_schema()
    schema["properties"]["files"]["items"] = schema.pop("$defs")["PlannedFile"]
    return schema


async def _body(request: Request) -> bytes:
    """What is sent; it has the length that was said, or h11 ends the connection."""
    parts = []
    try:
        async with asyncio.timeout(SEND_WITHIN):
            async for part in request.stream():
                parts.append(part)
    except TimeoutError:
        raise HTTPException(408, f"not sent within {SEND_WITHIN:.0f} s") from None
    return b"".join(parts)
