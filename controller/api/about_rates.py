"""The questions how much passes now."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from controller.api.link_rate_rows import LinkRateFilters, LinkRates, most
from controller.api.rate_rows import RateFilters, Rates, Totals
from controller.api.sampling import Sampling
from controller.api.sources import INVALID, Sources
from controller.link_rates import link_rates
from controller.rates import PortRate, Sample, port_rates


def rate_questions(sources: Sources) -> APIRouter:
    """The questions."""
    router = APIRouter()
    core, answering = sources.core, sources.answering
    sampling = Sampling(core, sources.switches)

    def ports(pairs: dict[str, tuple[Sample, Sample]], switch: str | None) -> Iterator[PortRate]:
        for name, (before, after) in pairs.items():
            if switch in (None, name):
                yield from port_rates(core, name, before, after)

    def behind() -> list[str]:
        return sorted(set(core.connected_switches()) - sampling.answered)

    @router.get("/api/v1/rates", tags=["tenants"], response_model=Rates, responses=INVALID)
    async def rates(request: Request, filters: Annotated[RateFilters, Query()]) -> Response:
        """How much passes at ports, on networks, or for tenants: over the last second or so.

        Switches are asked for it only while somebody asks; the first answer takes a second.
        """
        pairs = await sampling.pairs()
        totals = Totals(filters)
        await answering.made(totals.add(ports(pairs, filters.switch)))
        # To sort 100,000 ports would hold the loop; nobody else knows of these.
        return answering.whole(request, await asyncio.to_thread(totals.answer, behind()))

    @router.get("/api/v1/rates/links", tags=["fabric"], response_model=LinkRates, responses=INVALID)
    async def of_links(request: Request, filters: Annotated[LinkRateFilters, Query()]) -> Response:
        """How much passes over links that are up: over the last second or so.

        It is made of the same counters as the rates of ports.
        """
        pairs = await sampling.pairs()
        found = await answering.made(link_rates(core, pairs, filters.switch))
        return answering.whole(request, await asyncio.to_thread(most, found, filters.limit, behind()))

    return router
