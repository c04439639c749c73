"""The question what switches hold beyond or short of what they should. Asking repairs nothing."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from controller.api.alone import alone
from controller.api.drift_rows import DriftRow, drift_rows
from controller.api.filters import Filters
from controller.api.rows import Page
from controller.api.sources import INVALID, Sources

LOOK_WITHIN = 20.0
"""Seconds for all switches together."""


def drift_questions(sources: Sources) -> APIRouter:
    """The question."""
    router = APIRouter(tags=["fabric"])
    core, switches, answering = sources.core, sources.switches, sources.answering
    turn = asyncio.Lock()

    @router.get("/api/v1/drift", response_model=Page[DriftRow], responses=INVALID)
    async def drift(request: Request, filters: Annotated[Filters, Query()]) -> Response:
        """What each switch holds, read from it now, compared with what it should hold; nothing is repaired for that.

        One asker is served at a time. Each page is read anew.
        """
        async with alone(turn, "switches are being compared for somebody else"):
            found = await switches.looked(LOOK_WITHIN)
        others = core.situation.intent.fabric.switches.keys() - found.keys()
        obstacles = {
            name: f"it did not come to rest within {LOOK_WITHIN:.0f} s" if core.is_connected(name) else "no session"
            for name in others
        }
        return await answering.page(request, drift_rows(core, found, obstacles, filters), filters.limit)

    return router
