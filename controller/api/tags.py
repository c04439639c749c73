"""Tags of answers (ETag, RFC 9110, 8.8.3): who asks again with the tag gets no body when nothing changed."""

from __future__ import annotations

from hashlib import blake2b

from fastapi import Request


def tag_of(body: bytes, version: int | None = None) -> str:
    """A tag that is another one whenever the answer is; it begins with the version of what that is about, if any."""
    begin = "" if version is None else f"{version}."
    return f'"{begin}{blake2b(body, digest_size=12).hexdigest()}"'


def is_known(request: Request, tag: str) -> bool:
    """Whether a tag is among those of If-None-Match fields (RFC 9110, 13.1.2: compared weakly)."""
    given = request.headers.getlist("if-none-match")
    tags = [one.strip() for field in given for one in field.split(",")]
    return "*" in tags or any(one.removeprefix("W/") == tag for one in tags)
