"""Requests that schemathesis makes of the OpenAPI document: each answer is one that the document knows, and no bug."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, TypeAlias

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import CheckFunction, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from controller.api.app import OPENAPI
from controller.api.guard import STREAM, Guard, Streams
from tests.unit.write_site import PORT, WriteSite, write_site

AnyCase: TypeAlias = schemathesis.Case[Any]
CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance, status_code_conformance]
EXAMPLES = 8
NAMES = {"tenant": ("blue", "red"), "network": ("web",), "port": ("a",), "switch": ("s1",), "end": ("s1:a",)}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WriteSite]:
    with write_site(tmp_path_factory.mktemp("schema")) as site:
        for path, content in (("tenants/blue", {}), ("networks/blue/web", {}), ("ports/blue/a", PORT)):
            assert site.ask("PUT", f"/{path}", content).status_code == 201
        yield site


def test_answers_are_as_described(site: WriteSite) -> None:
    document = schemathesis.openapi.from_asgi(OPENAPI, Guard(site.app, Streams()))
    tried = Counter[str]()
    for found in document.exclude(path=STREAM).get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()
        _try(operation.as_strategy(generation_mode=GenerationMode.POSITIVE), CHECKS, tried)
        if operation.method == "put":
            wrong = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)
            _try(wrong, [*CHECKS, negative_data_rejection], tried)
    assert {"GET 200", "GET 404", "PUT 201", "PUT 200", "PUT 422", "DELETE 204"} <= tried.keys()


def _try(cases: st.SearchStrategy[AnyCase], checks: list[CheckFunction], tried: Counter[str]) -> None:
    @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck), derandomize=True, deadline=None)
    @given(cases, st.data())
    def try_it(case: AnyCase, data: st.DataObject) -> None:
        if negative_data_rejection not in checks:
            _aim(case, data)
        answer = case.call()
        tried[f"{case.method} {answer.status_code}"] += 1
        # Conditions come before content (RFC 9110, 13.2.1), so 412 says nothing about that.
        case.validate_response(answer, checks=CHECKS if answer.status_code == 412 else checks)

    try_it()


def _aim(case: AnyCase, data: st.DataObject) -> None:
    """Have most requests be about something that may be there, or nearly all answers would be 404."""
    names = case.path_parameters or {}
    for name in names.keys() & NAMES.keys():
        names[name] = data.draw(st.sampled_from((*NAMES[name], names[name])))
    if case.method in ("PUT", "DELETE"):
        for name in ("If-Match", "If-None-Match"):
            case.headers.pop(name, None)
        if match := data.draw(st.sampled_from(("*", "*", '"1.0"', None, None))):
            case.headers["If-Match"] = match
