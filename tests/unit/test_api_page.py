"""`docs/api.md` names all paths, parameters and kinds of events, and no others."""

from __future__ import annotations

import re
from pathlib import Path

from controller.api.app import OPENAPI
from controller.event_log import EventKind
from tests.unit.api_site import app_of, core_of, events_of

PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text()


def documented() -> dict[str, set[str]]:
    """Parameters of the query by path."""
    found = {}
    for paths, parameters in re.findall(r"^\| (`/.*?) \|.*\| (.*?) ?\|$", PAGE, re.MULTILINE):
        for path in re.findall(r"`(.*?)`", paths):
            found[path] = set(re.findall(r"`(\w+)`", parameters)) if "{" not in path else set()
    return found


def test_questions() -> None:
    described = app_of(core_of(), events_of()).openapi()["paths"]
    there = {
        path: {one["name"] for one in question.get("parameters", []) if one["in"] == "query"}
        for path, operations in described.items()
        if (question := operations.get("get") or operations["post"])
    }
    assert documented() == {**there, OPENAPI: set()}


def test_kinds_of_events() -> None:
    section = PAGE.partition("## Kinds of events")[2].partition("##")[0]
    assert set(re.findall(r"`([a-z-]+)`", section)) == {kind.value for kind in EventKind}
