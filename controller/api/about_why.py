"""The question why one port can or cannot reach another (`controller.why`)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from controller.api.fabric_rows import sync_of
from controller.api.sources import INVALID, Sources
from controller.api.why_form import Why
from controller.api.why_rows import why_row
from controller.why.asking import Question, explain
from controller.why.frames import LARGEST, wanted_of
from controller.why.parties import Unclear

HEALTH = {
    None: "has no session; it may hold what it was told before",
    "waiting": "still does what it was told before its session began",
    "changing": "is being changed at the moment",
}


class Between(BaseModel):
    """Who, and what."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sender: str = Field(alias="from", max_length=600, description="Id of a port, or MAC or IP address of a guest.")
    receiver: str = Field(alias="to", max_length=600, description="Likewise; also a MAC that nobody has.")
    packet: str = Field(
        default="icmp",
        max_length=3 * LARGEST,
        description="`icmp`, `arp`, `tcp/443`, `udp/53`, `icmp6`, `nd`, or a whole frame in hex.",
    )
    tenant: str | None = Field(default=None, max_length=255, description="Whose ports count for addresses.")
    network: str | None = Field(default=None, max_length=600, description="Which, if both are on several.")


def why_question(sources: Sources) -> APIRouter:
    """The question."""
    router = APIRouter(prefix="/api/v1", tags=["why"])
    core, switches, answering = sources.core, sources.switches, sources.answering

    def health(switch: str) -> str | None:
        sync = sync_of(core, switches, switch)
        return f"switch {switch} {HEALTH[sync]}" if sync in HEALTH else None

    @router.get("/why", response_model=Why, responses=INVALID)
    async def why(request: Request, between: Annotated[Between, Query()]) -> Response:
        """Why a frame gets from one port to another, or does not: computed from the flows that switches should hold."""
        try:
            wanted = wanted_of(between.packet)
        except ValueError as error:
            raise Unclear("packet", str(error)) from None
        question = Question(between.sender, between.receiver, wanted, between.tenant, between.network)
        work = explain(core, switches.is_off, health, question)
        found = next(answer for answer in await answering.made(work) if answer)
        return answering.whole(request, why_row(found))

    return router
