"""The questions that can be asked, and where: `/api/v1/...` and `/metrics`. Nothing can be changed here.

Each question is a small function of a class for its subject; the classes share what they read (`Sources`). Everything
reads the core between two of its events. Rows are made as `controller.api.answering` says.
"""

from __future__ import annotations

import json

from fastapi import FastAPI, Response

from controller.api.about_drift import drift_questions
from controller.api.about_fabric import fabric_questions
from controller.api.about_happenings import happenings
from controller.api.about_plans import plan_questions
from controller.api.about_rates import rate_questions
from controller.api.about_tenants import tenant_questions
from controller.api.problems import answer_errors
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
    for questions in (tenant_questions, fabric_questions, happenings, drift_questions, rate_questions, plan_questions):
        app.include_router(questions(sources))
    # Written once: to make it takes longer than any answer may.
    document = json.dumps(app.openapi()).encode()

    @app.get(OPENAPI, include_in_schema=False)
    async def openapi() -> Response:
        """This description."""
        return Response(document, media_type="application/json")

    return app
