"""The reference of the API, as a page of the documentation, from its OpenAPI document.

`python -m controller.northbound.references` prints it into `docs/`. What is in the document and not on the page (bounds
of lengths, titles) is for programs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

Document: TypeAlias = Mapping[str, Any]

INTRODUCTION = """\
# API reference

<!-- Printed by `python -m controller.northbound.references`: change the API, then print this page again. -->

Every path, parameter and field, from the document at `/api/v1/openapi.json`. Where to ask, pages, tags, errors and
bounds are on the page on [asking the daemon](api.md).
"""
METHODS = ("get", "post", "put", "patch", "delete")
PROBLEM = "application/problem+json"


def reference_page(document: Document) -> str:
    """The page."""
    lines = [INTRODUCTION, "## Paths", ""]
    for path, methods in sorted(document["paths"].items()):
        for method in (one for one in METHODS if one in methods):
            lines += _operation(path, method, methods[method])
    lines += ["## Forms", ""]
    for name, form in sorted(document["components"]["schemas"].items()):
        lines += _form(name, form)
    return "\n".join(lines)


def _operation(path: str, method: str, operation: Document) -> Iterator[str]:
    yield f"### {method.upper()} {path}"
    yield ""
    yield from (part for part in (operation.get("description", ""), "") if part or operation.get("description"))
    if parameters := operation.get("parameters"):
        yield from ("| parameter | in | type | meaning |", "| --- | --- | --- | --- |")
        for one in parameters:
            schema = one["schema"]
            meaning = one.get("description") or schema.get("description", "")
            required = "required; " if one.get("required") and one["in"] != "path" else ""
            kind = f"{_type(schema)}{_default(schema)}"
            yield f"| `{one['name']}` | {one['in']} | {_cell(kind)} | {_cell(required + meaning)} |"
        yield ""
    if body := operation.get("requestBody"):
        for media, content in body["content"].items():
            yield f"Body: `{media}`, {_type(content['schema'])}."
            yield ""
            yield from _fields(content["schema"])
    yield from _answers(operation["responses"])


def _answers(responses: Mapping[str, Document]) -> Iterator[str]:
    for status, response in sorted(responses.items()):
        contents = response.get("content", {}).items()
        told = [f"{_type(content['schema'])}" if content.get("schema") else f"`{media}`" for media, content in contents]
        text = response.get("description", "")
        yield f"- {status}: {', '.join(told) or 'no body'}{f'. {text}' if status != '200' else ''}"
    yield ""


def _form(name: str, form: Document) -> Iterator[str]:
    yield f"### {name}"
    yield ""
    if description := form.get("description"):
        yield from (" ".join(description.split()), "")
    if "enum" in form:
        yield from (", ".join(f"`{value}`" for value in form["enum"]), "")
    yield from _fields(form)


def _fields(form: Document) -> Iterator[str]:
    if not form.get("properties"):
        return
    yield from ("| field | type | meaning |", "| --- | --- | --- |")
    for field, schema in form["properties"].items():
        yield f"| `{field}` | {_cell(_type(schema))} | {_cell(' '.join(schema.get('description', '').split()))} |"
    yield ""


def _type(schema: Document) -> str:
    """The type of a schema in a few words; forms are linked."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema["enum"])
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            return _any_of(schema[several])
    kind = schema.get("type", "anything")
    if kind == "array":
        return f"list of {_type(schema.get('items', {}))}"
    if kind == "object" and isinstance(values := schema.get("additionalProperties"), Mapping):
        return f"object of {_type(values)}"
    return str(kind)


def _any_of(schemas: Sequence[Document]) -> str:
    return " or ".join(dict.fromkeys(map(_type, schemas)))


def _default(schema: Document) -> str:
    default = schema.get("default")
    return "" if default is None else f", {str(default).lower() if isinstance(default, bool) else default} by default"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
