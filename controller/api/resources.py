"""Single things that are asked for and changed by their paths: tenants, networks, ports, and marks of what drains."""

from __future__ import annotations

from fastapi import HTTPException, Request, Response

from controller.api import draining_rows, tenant_rows
from controller.api.rows import Row
from controller.api.sources import Sources


async def single(sources: Sources, request: Request, path: str) -> Response:
    """The answer to a question for one of them."""
    row = await resource(sources, path)
    if row is None:
        kind, *names = path.split("/")
        name = " -- ".join(names[1:]) if kind == "draining" else f"{kind[:-1]} {'/'.join(names)}"
        raise HTTPException(404, f"{name} does not drain" if kind == "draining" else f"there is no {name}")
    return sources.answering.whole(request, row, sources.writer.version(path))


async def resource(sources: Sources, path: str) -> Row | None:
    """What is at a path below `/api/v1/`; None when there is nothing."""
    kind, *names = path.split("/")
    order = await sources.answering.order()
    match kind, "/".join(names):
        case "tenants", name:
            return tenant_rows.tenant(order, name) if name in order.intent.tenants else None
        case "networks", name:
            network = order.intent.networks.get(name)
            return tenant_rows.network(sources.core, sources.switches, order, network) if network else None
        case "ports", name:
            port = order.intent.ports.get(name)
            return tenant_rows.port(sources.core, port) if port else None
    return draining_rows.one(sources.core, sources.switches, sources.writer, path)
