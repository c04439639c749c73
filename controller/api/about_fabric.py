"""Questions about switches, links and flows, and how all of it is."""

from __future__ import annotations

import time
from collections import Counter
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request, Response

from controller.api import draining_rows, fabric_rows, underlay_rows
from controller.api.filters import BySwitch, Filters, Nothing, Part
from controller.api.metrics import MEDIA_TYPE
from controller.api.resources import single
from controller.api.rows import Draining, Flow, Hypervisor, Link, Page, Status, Switch, SwitchDetail, Trouble
from controller.api.sources import INVALID, NOT_FOUND, Sources
from controller.drain_plan import canonical


def fabric_questions(sources: Sources) -> APIRouter:
    """The questions."""
    router = APIRouter(tags=["fabric"])
    core, switches, answering, metrics = sources.core, sources.switches, sources.answering, sources.metrics

    @router.get("/api/v1/switches", response_model=Page[Switch], responses=INVALID)
    async def all_switches(request: Request, filters: Annotated[BySwitch, Query()]) -> Response:
        """All switches of the configuration."""
        return await answering.page(request, fabric_rows.switches(core, switches, filters), filters.limit)

    @router.get("/api/v1/switches/{switch}", response_model=SwitchDetail, responses=NOT_FOUND)
    async def switch(request: Request, switch: str, _: Annotated[Nothing, Query()]) -> Response:
        """One switch, with its interfaces."""
        if switch not in core.situation.intent.fabric.switches:
            raise HTTPException(404, f"there is no switch {switch!r}")
        return answering.whole(request, fabric_rows.switch_detail(core, switches, switch))

    @router.get("/api/v1/hypervisors", response_model=Page[Hypervisor], responses=INVALID)
    async def hypervisors(request: Request, filters: Annotated[BySwitch, Query()]) -> Response:
        """Hosts that join by themselves, and what is plugged into them."""
        return await answering.page(request, fabric_rows.hypervisors(core, filters), filters.limit)

    @router.get("/api/v1/links", response_model=Page[Link], responses=INVALID)
    async def links(request: Request, filters: Annotated[BySwitch, Query()]) -> Response:
        """All links that were found, and those that are named in the configuration and not there."""
        return await answering.page(request, fabric_rows.links(core, filters), filters.limit)

    @router.get("/api/v1/draining", response_model=Page[Draining], responses=INVALID)
    async def draining(request: Request, part: Annotated[Part, Query()]) -> Response:
        """What drains, and whether it can be unplugged."""
        found = draining_rows.draining(core, switches, sources.writer, part)
        return await answering.page(request, found, part.limit)

    @router.get("/api/v1/draining/switches/{switch}", response_model=Draining, responses=NOT_FOUND)
    async def draining_switch(request: Request, switch: str, _: Annotated[Nothing, Query()]) -> Response:
        """One switch that drains."""
        return await single(sources, request, canonical("switches", switch))

    @router.get("/api/v1/draining/links/{end}/{other}", response_model=Draining, responses=NOT_FOUND)
    async def draining_link(request: Request, end: str, other: str, _: Annotated[Nothing, Query()]) -> Response:
        """One link that drains, by its ends `switch:interface` in either order."""
        return await single(sources, request, canonical("links", end, other))

    @router.get("/api/v1/underlay", response_model=Page[Trouble], responses=INVALID)
    async def underlay(request: Request, filters: Annotated[BySwitch, Query()]) -> Response:
        """What is wrong with the ways between tunnel endpoints: nothing, as a rule."""
        return await answering.page(request, underlay_rows.troubles(core, filters), filters.limit)

    @router.get("/api/v1/flows", response_model=Page[Flow], responses=INVALID)
    async def flows(request: Request, filters: Annotated[Filters, Query()]) -> Response:
        """Flows that switches should hold, and why.

        With `tenant` or `network` only those of its networks; without, also those regardless of networks.
        """
        rows = fabric_rows.flows(core, await answering.order(), filters)
        return await answering.page(request, rows, filters.limit)

    @router.get("/api/v1/status", response_model=Status, responses=INVALID)
    async def status(request: Request, _: Annotated[Nothing, Query()]) -> Response:
        """How the daemon is, and whether switches are as they should be."""
        return answering.whole(request, _status(sources))

    @router.get("/metrics", response_class=Response, responses={200: {"content": {MEDIA_TYPE: {}}}})
    async def prometheus() -> Response:
        """Metrics for Prometheus."""
        return Response(b"".join(await answering.made(metrics.texts())), media_type=MEDIA_TYPE)

    return router


def _status(sources: Sources) -> Status:
    core, situation = sources.core, sources.core.situation
    intent = situation.intent
    sync = {name: fabric_rows.sync_of(core, sources.switches, name) for name in sorted(intent.fabric.switches)}
    counts = Counter(sync.values())
    return Status(
        version=sources.version,
        started=datetime.fromtimestamp(sources.started, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        uptime_seconds=round(time.time() - sources.started, 1),
        tenants=len(intent.tenants),
        networks=len(intent.networks),
        networks_without_key=len(intent.networks) - len(situation.keys),
        ports=len(intent.ports),
        switches=len(sync),
        connected=len(sync) - counts[None],
        in_sync=counts["in sync"],
        links=len(core.fabric.links),
        learned=sum(map(len, situation.addresses.by_network.values())),
        blocked=len(situation.blocked),
        out_of_reach=len({goal.switch for goal in situation.unreached}),
        last_event=sources.events.last_id,
        sync=sync,
    )
