"""The live page's own files: read once from `controller/api/page`, and given to whoever asks, as they hold no secret.

What the page shows it asks of the same API as everybody else, with the token if the endpoint has one. The headers have
a browser load nothing from elsewhere, run no script but these files, make no HTML of text (Trusted Types), and show the
page in no other one's frame.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from fastapi import FastAPI, Request, Response

from controller.api.tags import is_known, tag_of

MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
"""By the end of a file's name; other files, such as licences, are not served."""
POLICY = (
    "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    # Asked for again each time, and answered by a tag: a new version of the daemon is a new page.
    "Cache-Control": "no-cache",
}


@dataclass(frozen=True, slots=True)
class PageFile:
    """One file."""

    body: bytes
    media_type: str
    tag: str
    """ETag (RFC 9110, 8.8.3)."""


@cache
def page_files() -> Mapping[str, PageFile]:
    """The files by the paths at which they are asked for; the page itself is at `/`."""
    found = {f"/page/{name}": file for name, file in _read(files("controller.api") / "page")}
    return {"/": found.pop("/page/index.html"), **found}


def serve_page(app: FastAPI) -> None:
    """Have the app give the files."""
    for path, file in page_files().items():
        app.add_route(path, _giver(file), include_in_schema=False)


def _giver(file: PageFile) -> Callable[[Request], Awaitable[Response]]:
    async def give(request: Request) -> Response:
        headers = {**HEADERS, "ETag": file.tag}
        if is_known(request, file.tag):
            return Response(status_code=304, headers=headers)
        return Response(file.body, headers=headers, media_type=file.media_type)

    return give


def _read(directory: Traversable, before: str = "") -> Iterator[tuple[str, PageFile]]:
    for entry in directory.iterdir():
        if entry.is_dir():
            yield from _read(entry, f"{before}{entry.name}/")
        elif media_type := MEDIA_TYPES.get(f".{entry.name.rpartition('.')[2]}"):
            body = entry.read_bytes()
            yield before + entry.name, PageFile(body, media_type, tag_of(body))
