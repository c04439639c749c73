"""Questions that cost so much that one asker is served at a time: whoever comes meanwhile is sent away."""

from __future__ import annotations

from asyncio import Lock
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import HTTPException


@asynccontextmanager
async def alone(turn: Lock, why_not: str) -> AsyncIterator[None]:
    """Have the turn, or raise the error that says why not now."""
    if turn.locked():
        raise HTTPException(503, why_not, {"Retry-After": "5"})
    async with turn:
        yield
