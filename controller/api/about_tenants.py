"""Questions about tenants, their networks and ports, and the addresses of guests."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request, Response

from controller.api import fabric_rows, tenant_rows
from controller.api.filters import Filters, Nothing, Part
from controller.api.resources import single
from controller.api.rows import Host, Network, Page, Port, Tenant, Tree
from controller.api.sources import INVALID, NOT_FOUND, Sources


def tenant_questions(sources: Sources) -> APIRouter:
    """The questions."""
    router = APIRouter(prefix="/api/v1", tags=["tenants"])
    core, switches, answering = sources.core, sources.switches, sources.answering

    @router.get("/tenants", response_model=Page[Tenant], responses=INVALID)
    async def tenants(request: Request, part: Annotated[Part, Query()]) -> Response:
        """All tenants."""
        return await answering.page(request, tenant_rows.tenants(await answering.order(), part), part.limit)

    @router.get("/tenants/{tenant}", response_model=Tenant, responses=NOT_FOUND)
    async def tenant(request: Request, tenant: str, _: Annotated[Nothing, Query()]) -> Response:
        """One tenant."""
        return await single(sources, request, f"tenants/{tenant}")

    @router.get("/networks", response_model=Page[Network], responses=INVALID)
    async def networks(request: Request, filters: Annotated[Filters, Query()]) -> Response:
        """All networks."""
        order = await answering.order()
        return await answering.page(request, tenant_rows.networks(core, switches, order, filters), filters.limit)

    @router.get("/networks/{tenant}/{network}", response_model=Network, responses=NOT_FOUND)
    async def network(request: Request, tenant: str, network: str, _: Annotated[Nothing, Query()]) -> Response:
        """One network."""
        return await single(sources, request, f"networks/{tenant}/{network}")

    @router.get("/networks/{tenant}/{network}/tree", response_model=Tree, responses=NOT_FOUND)
    async def tree(request: Request, tenant: str, network: str, _: Annotated[Nothing, Query()]) -> Response:
        """Where a network's floods go between its members."""
        name = f"{tenant}/{network}"
        if name not in core.situation.intent.networks:
            raise HTTPException(404, f"there is no network {name}")
        return answering.whole(request, fabric_rows.tree(core, name))

    @router.get("/ports", response_model=Page[Port], responses=INVALID)
    async def ports(request: Request, filters: Annotated[Filters, Query()]) -> Response:
        """All ports."""
        rows = tenant_rows.ports(core, await answering.order(), filters)
        return await answering.page(request, rows, filters.limit)

    @router.get("/ports/{tenant}/{port}", response_model=Port, responses=NOT_FOUND)
    async def port(request: Request, tenant: str, port: str, _: Annotated[Nothing, Query()]) -> Response:
        """One port."""
        return await single(sources, request, f"ports/{tenant}/{port}")

    @router.get("/hosts", response_model=Page[Host], responses=INVALID)
    async def hosts(request: Request, filters: Annotated[Filters, Query()]) -> Response:
        """Addresses of guests, those that are given and those that were learned."""
        rows = tenant_rows.hosts(core, await answering.order(), filters)
        return await answering.page(request, rows, filters.limit)

    return router
