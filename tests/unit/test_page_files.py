"""The page's files: who gets them, with which headers, and that a wheel has all of them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from configparser import ConfigParser
from pathlib import Path

import httpx
import pytest

from controller.api.guard import Guard, Streams
from controller.api.page_files import page_files
from tests.unit.api_site import app_of, core_of, events_of

ROOT = Path(__file__).parents[2]
DIRECTORY = ROOT / "controller" / "api" / "page"
TOKEN = b"0123456789abcdef"
APP = app_of(core_of(), events_of())
LOCAL = Guard(APP, Streams(), is_open=True, free_paths=page_files().keys())
GUARDED = Guard(APP, Streams(), token=TOKEN, free_paths=page_files().keys())


def get(guard: Guard, path: str, headers: Mapping[str, str] | None = None, method: str = "GET") -> httpx.Response:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(guard)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.request(method, path, headers=dict(headers or {}))

    return asyncio.run(ask())


def test_the_page_loads_nothing_from_elsewhere_and_runs_nothing_else() -> None:
    answer = get(LOCAL, "/")
    assert answer.status_code == 200
    assert answer.text.startswith("<!doctype html>")
    headers = {name: answer.headers[name] for name in answer.headers if name not in ("etag", "content-length")}
    assert headers == {
        "content-security-policy": "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "object-src 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "cache-control": "no-cache",
        "content-type": "text/html; charset=utf-8",
    }


@pytest.mark.parametrize("path", page_files())
def test_who_has_a_file_does_not_get_it_again(path: str) -> None:
    first = get(LOCAL, path)
    again = get(LOCAL, path, {"If-None-Match": first.headers["etag"]})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    assert again.headers["content-security-policy"] == first.headers["content-security-policy"]


def test_types() -> None:
    kinds = {path.rpartition(".")[2]: file.media_type for path, file in page_files().items() if "." in path}
    script = "text/javascript; charset=utf-8"
    assert kinds == {"css": "text/css; charset=utf-8", "js": script, "mjs": script, "svg": "image/svg+xml"}


def test_files_need_no_token_and_data_does() -> None:
    assert get(GUARDED, "/").status_code == 200
    assert get(GUARDED, "/page/main.js").status_code == 200
    for path in ("/api/v1/status", "/page/", "/page/none.js", "/page/../api/v1/status", "//api/v1/status", "/metrics"):
        assert get(GUARDED, path).status_code == 401, path
    assert get(GUARDED, "/", method="PUT").status_code == 401
    assert get(GUARDED, "/api/v1/status", {"Authorization": f"Bearer {TOKEN.decode()}"}).status_code == 200


def test_a_name_that_was_made_to_lead_here_gets_no_page_either() -> None:
    assert get(LOCAL, "/", {"Host": "elsewhere.example"}).status_code == 421
    assert get(LOCAL, "/", {"Host": "[::1]:8080"}).status_code == 200


def test_what_modules_import_is_there() -> None:
    for path, file in page_files().items():
        if path.endswith(".js"):
            for name in re.findall(r'from "\./(.+?)"', file.body.decode()):
                assert f"/page/{name}" in page_files(), (path, name)


def test_no_file_of_ours_names_an_address_elsewhere() -> None:
    for path, file in page_files().items():
        if "cytoscape" not in path:
            found = set(re.findall(r"https?://[^\"' )]+", file.body.decode()))
            assert found <= {"http://www.w3.org/2000/svg"}, path


def test_a_package_has_all_files_and_the_licence_beside_what_is_not_ours() -> None:
    config = ConfigParser()
    config.read(ROOT / "setup.cfg")
    patterns = config["options.package_data"]["controller.api.page"].split()
    packed = {file for pattern in patterns for file in DIRECTORY.glob(pattern)}
    there = {file for file in DIRECTORY.rglob("*") if file.is_file() and file.suffix not in (".py", ".pyc")}
    assert packed == there
    assert "controller.api.page" in config["options"]["packages"].split()
    assert "Copyright (c) 2016-" in (DIRECTORY / "cytoscape" / "LICENSE").read_text()
    assert "/page/cytoscape/LICENSE" not in page_files()
