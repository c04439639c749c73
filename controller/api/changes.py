"""Changing what tenants have, and what drains: PUT and DELETE, each with conditions (RFC 9110, 13.1).

Who may, `controller.api.guard` has found out before. What becomes of it, `controller.writes` decides. All resources are
alike here: what differs is the form of their contents.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response
from pydantic import Field, TypeAdapter

from controller.api import rows
from controller.api.content import content_of, described
from controller.api.filters import Nothing
from controller.api.resources import resource
from controller.api.sources import NOT_FOUND, Sources
from controller.drain_plan import canonical
from controller.intent.api_part import ROOT
from controller.intent.scalars import End, Name
from controller.intent.write import Conditions, Outcome, Result, Write

_VERSION = re.compile(r'"([0-9]{1,15})\.[0-9a-f]+"')
_PATHS: dict[str, tuple[type[rows.Row], str]] = {
    "/tenants/{tenant}": (rows.Tenant, "a tenant, with all its networks and ports"),
    "/networks/{tenant}/{network}": (rows.Network, "a network of a tenant that is there"),
    "/ports/{tenant}/{port}": (rows.Port, "a port on networks that are there"),
    "/draining/switches/{switch}": (rows.Draining, "the mark that a switch drains"),
    "/draining/links/{end}/{other}": (rows.Draining, "the mark that a link drains, by its ends `switch:interface`"),
}
_REFUSALS = {
    400: "The content is no JSON object",
    403: "Nothing can be changed at this endpoint",
    409: "The tenant is defined in files, or something else needs it",
    412: "It is not as `If-Match` or `If-None-Match` say",
    413: "The content is too large",
    415: "The content is no JSON",
    428: "It is there, and there is no `If-Match`",
    503: "It cannot be stored",
    507: "There is too much already",
}


class HowToWrite(Nothing):
    """Parameters of a write."""

    dry_run: Annotated[bool, Field(description="Only say what would change.")] = False


How = Annotated[HowToWrite, Query()]
IfMatch = Annotated[str | None, Header(max_length=1000, description="`ETag` of what was read, or `*`.")]
IfNoneMatch = Annotated[str | None, Header(pattern=r"^\*$", description="`*`: only if it is not there.")]


def changes(sources: Sources) -> APIRouter:
    """The ways to change something."""
    router = APIRouter(prefix=ROOT, tags=["changes"])
    for path, (row, about) in _PATHS.items():
        name = " ".join(re.findall(r"\w+", path))
        names = [_parameter(one) for one in re.findall(r"{(\w+)}", path)]
        router.add_api_route(
            path,
            _put(sources, path),
            methods=["PUT"],
            operation_id=f"put {name}",
            summary=f"Make or replace {about}",
            responses=_responses({201: (row, "Created"), 200: (row | rows.Trial, "Done, or what a dry run says")}),
            openapi_extra={"parameters": names, **described(path.split("/")[1])},
        )
        router.add_api_route(
            path,
            _delete(sources, path),
            methods=["DELETE"],
            operation_id=f"delete {name}",
            summary=f"Delete {about}",
            status_code=204,
            responses=_responses({200: (rows.Trial, "What a dry run says")}),
            openapi_extra={"parameters": names},
        )
    return router


def _parameter(name: str) -> dict[str, Any]:
    form: Any = End if name in ("end", "other") else Name
    return {"name": name, "in": "path", "required": True, "schema": TypeAdapter(form).json_schema()}


def _responses(done: dict[int, tuple[Any, str]]) -> dict[int | str, dict[str, Any]]:
    refusals = {status: (rows.Problem, about) for status, about in _REFUSALS.items()}
    result = dict(NOT_FOUND)
    for status, (model, about) in {**refusals, **done}.items():
        result[status] = {"model": model, "description": about}
    return result


def _put(sources: Sources, template: str) -> Callable[..., Awaitable[Response]]:
    async def put(request: Request, how: How, if_match: IfMatch = None, if_none_match: IfNoneMatch = None) -> Response:
        path = _path(template, request)
        conditions = _conditions(if_match, is_new=if_none_match is not None)
        write = Write(path, await content_of(request), conditions, how.dry_run, _by(request))
        outcome = await sources.writer.write(write)
        row = None if how.dry_run else await resource(sources, path)
        if row is None:
            # Or it was deleted by somebody else since.
            return sources.answering.whole(request, _trial(outcome))
        status = 201 if outcome.result is Result.CREATED else 200
        return sources.answering.whole(request, row, sources.writer.version(path), status)

    return put


def _delete(sources: Sources, template: str) -> Callable[..., Awaitable[Response]]:
    async def delete(request: Request, how: How, if_match: IfMatch = None) -> Response:
        write = Write(_path(template, request), None, _conditions(if_match), how.dry_run, _by(request))
        outcome = await sources.writer.write(write)
        return sources.answering.whole(request, _trial(outcome)) if how.dry_run else Response(status_code=204)

    return delete


def _path(template: str, request: Request) -> str:
    """The resource that is named, below `/api/v1/`. Raises Refused for what is no name of a link."""
    kind, *_ = template.split("/")[1:]
    names = request.path_params.values()
    if kind == "draining":
        return canonical(template.split("/")[2], *names)
    return "/".join((kind, *names))


def _by(request: Request) -> str:
    return str(request.scope.get("state", {}).get("by", "somebody"))


def _conditions(if_match: str | None, *, is_new: bool = False) -> Conditions:
    if if_match is None or if_match.strip() == "*":
        return Conditions(None, if_match is not None, is_new)
    # Compared strongly (RFC 9110, 13.1.1): a weak tag is none of ours, nor is anything else.
    found = (_VERSION.fullmatch(one.strip()) for one in if_match.split(","))
    return Conditions(frozenset(int(one[1]) for one in found if one), False, is_new)


def _trial(outcome: Outcome) -> rows.Trial:
    found = [rows.Changed(resource=f"{ROOT}/{path}", result=result.value) for path, result in outcome.changes]
    return rows.Trial(result=outcome.result.value, changes=found, warnings=list(outcome.warnings))
