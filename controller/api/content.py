"""The content of a write: a JSON object, of the fields that the YAML has in its place.

JSON has less than YAML, and is taken strictly: a key that is given twice, a number that is none and half a surrogate
are errors here, and not whatever a parser makes of them.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any, NoReturn

from fastapi import HTTPException, Request
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from controller.intent.api_part import Content
from controller.intent.document import NetworkDocument, PortDocument, TenantDocument

BODY_WITHIN = 10.0
"""Seconds."""
FORMS: dict[str, type[BaseModel]] = {"tenants": TenantDocument, "networks": NetworkDocument, "ports": PortDocument}
_REFERENCE = "#/components/schemas/{model}"


async def content_of(request: Request) -> Content:
    """What a request brings. Raises HTTPException for what is no JSON object, or does not come."""
    try:
        async with asyncio.timeout(BODY_WITHIN):
            body = await request.body()
    except TimeoutError:
        raise HTTPException(408, "the body did not come", {"Connection": "close"}) from None
    kind = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise HTTPException(415, "write JSON: Content-Type: application/json")
    return parsed(body)


def parsed(body: bytes) -> Content:
    """The JSON object in a body. Raises HTTPException."""
    try:
        value = json.loads(body or b"{}", object_pairs_hook=_object, parse_constant=_constant)
        # Half of a surrogate pair is valid JSON, and no text.
        json.dumps(value, ensure_ascii=False).encode()
    except RecursionError:
        raise HTTPException(400, "nested too deep") from None
    except UnicodeError:
        raise HTTPException(400, "this is no text in UTF-8") from None
    except ValueError as error:
        raise HTTPException(400, f"this is no JSON: {str(error).lower()}") from None
    if not isinstance(value, dict):
        raise HTTPException(400, "write an object: {...}")
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        twice = next(key for number, (key, _) in enumerate(pairs) if key in dict(pairs[:number]))
        raise ValueError(f'"{twice[:40]}" is given twice')
    return result


def _constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number")


def described(kind: str) -> dict[str, Any]:
    """How the OpenAPI document describes the content of such a resource."""
    schema = {"$ref": _REFERENCE.format(model=FORMS[kind].__name__)} if kind in FORMS else _MARK
    return {"requestBody": {"required": kind in FORMS, "content": {"application/json": {"schema": schema}}}}


def schemas() -> dict[str, Any]:
    """The schemas that descriptions refer to, by name."""
    both = [(form, "validation") for form in FORMS.values()]
    found: dict[str, Any] = models_json_schema(both, ref_template=_REFERENCE)[1]["$defs"]  # type: ignore[arg-type]
    return found


_MARK = {"type": "object", "additionalProperties": False}
