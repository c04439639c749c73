"""What can be asked and changed, and where: `/api/v1/...` and `/metrics`; and the page, at `/`.

Each question is a small function of a class for its subject; the classes share what they read (`Sources`). Everything
reads the core between two of its events. Rows are made as `controller.api.answering` says.
"""

from __future__ import annotations

import json
from typing import Any

from fastapi import FastAPI, Response

from controller.api.about_drift import drift_questions
from controller.api.about_fabric import fabric_questions
from controller.api.about_happenings import happenings
from controller.api.about_plans import plan_questions
from controller.api.about_rates import rate_questions
from controller.api.about_tenants import tenant_questions
from controller.api.about_why import why_question
from controller.api.changes import changes
from controller.api.content import schemas
from controller.api.page_files import serve_page
from controller.api.problems import MEDIA_TYPE, answer_errors
from controller.api.sources import Sources

OPENAPI = "/api/v1/openapi.json"


def make_app(sources: Sources) -> FastAPI:
    """The app that answers from these sources."""
    app = FastAPI(
        title="Tenantry",
        summary="What a daemon of Tenantry knows: what was asked for, what is there, and what happened.",
        version=sources.version,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    answer_errors(app)
    questions = (tenant_questions, fabric_questions, happenings, why_question, drift_questions, rate_questions)
    for part in (*questions, plan_questions, changes):
        app.include_router(part(sources))
    serve_page(app)
    # Written once: to make it takes longer than any answer may.
    described = _completed(app.openapi())
    app.openapi = lambda: described  # type: ignore[method-assign]  # as FastAPI says that it is done
    document = json.dumps(described).encode()

    @app.get(OPENAPI, include_in_schema=False)
    async def openapi() -> Response:
        """This description."""
        return Response(document, media_type="application/json")

    return app


def _completed(document: dict[str, Any]) -> dict[str, Any]:
    """With what FastAPI does not know: the contents of writes, and of what type errors are."""
    document["components"]["schemas"].update(schemas())
    for methods in document["paths"].values():
        for operation in methods.values():
            for status, response in operation["responses"].items():
                if int(status) >= 400:
                    response["content"] = {MEDIA_TYPE: response["content"].pop("application/json")}
    return document
