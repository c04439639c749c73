"""Errors as answers: `application/problem+json` of RFC 9457, whatever went wrong."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import TypeAlias

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from controller.api.fabric_rows import BadCursor
from controller.api.rows import ContentError, ParameterError, Problem
from controller.intent.write import Refusal, Refused
from controller.why.parties import Unclear

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"


STATUSES = {
    Refusal.NOT_FOUND: HTTPStatus.NOT_FOUND,
    Refusal.CONFLICT: HTTPStatus.CONFLICT,
    Refusal.STALE: HTTPStatus.PRECONDITION_FAILED,
    Refusal.UNCONDITIONAL: HTTPStatus.PRECONDITION_REQUIRED,
    Refusal.INVALID: HTTPStatus.UNPROCESSABLE_ENTITY,
    Refusal.FULL: HTTPStatus.INSUFFICIENT_STORAGE,
    Refusal.UNSTORED: HTTPStatus.SERVICE_UNAVAILABLE,
}
"""Of refused writes (RFC 9110; RFC 6585, 3; RFC 4918, 11.5)."""
Errors: TypeAlias = list[ParameterError | ContentError]


def problem_body(status: int, detail: str, errors: Errors | None = None) -> bytes:
    """The body of an error."""
    problem = Problem(title=HTTPStatus(status).phrase, status=status, detail=detail, errors=errors)
    return problem.model_dump_json(exclude_none=True).encode()


def problem(
    status: int,
    detail: str,
    headers: dict[str, str] | None = None,
    errors: Errors | None = None,
) -> Response:
    """An error as an answer."""
    return Response(problem_body(status, detail, errors), status, headers, MEDIA_TYPE)


def answer_errors(app: FastAPI) -> None:
    """Have the app answer its errors in this form."""
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(BadCursor, _invalid)
    app.add_exception_handler(Unclear, _invalid)
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(Exception, _bug)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    details = {404: "there is no such thing", 405: f"{request.method} is not possible here"}
    is_default = error.detail == HTTPStatus(error.status_code).phrase
    detail = details.get(error.status_code, error.detail) if is_default else error.detail
    return problem(error.status_code, detail, dict(error.headers or {}))


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    errors: Errors = [ContentError(pointer=one.pointer, detail=one.detail) for one in error.mistakes]
    return problem(STATUSES[error.why], str(error), errors=errors or None)


async def _invalid(request: Request, error: Exception) -> Response:
    if isinstance(error, RequestValidationError):
        errors = [ParameterError(parameter=str(one["loc"][-1]), detail=one["msg"].lower()) for one in error.errors()]
    else:
        parameter = error.parameter if isinstance(error, Unclear) else "after"
        errors = [ParameterError(parameter=parameter, detail=str(error))]
    told = "; ".join(f"{one.parameter}: {one.detail}" for one in errors)
    return problem(422, told, errors=list(errors))


async def _bug(request: Request, error: Exception) -> Response:
    log.error("a bug: %s %r failed", request.method, request.url.path, exc_info=error)
    return problem(500, "a bug; the daemon's log has more")
