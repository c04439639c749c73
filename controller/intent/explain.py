"""Turns what pydantic found into problems with a place and sentences of ours, and sets aside the parts concerned.

pydantic refuses a document as a whole. To check the rest of it all the same, `validate` takes out the smallest named
thing around each error (a port, a network, a switch, a setting) and validates what remains. The paths taken out are
kept in `Broken`, so that a port on a network that is itself in error is not reported as being on an unknown one.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from controller.intent.document import FORMS, Document
from controller.intent.problems import Problems
from controller.intent.scalars import WRONG, shown
from controller.intent.tree import Map, locate, without
from controller.intent.yaml_reader import kind_of

Steps = tuple[str | int, ...]

MAX_ERRORS = 200_000
"""More errors of form than this are not told apart: two million would take 4 GB, and nobody reads them."""


class Broken:
    """Paths of which nothing is known, because they or something around them were refused."""

    def __init__(self, paths: Iterable[Steps] = ()) -> None:
        self._paths = set(paths)

    def add(self, path: Steps) -> None:
        """Nothing is known about `path` and below."""
        self._paths.add(path)

    def __contains__(self, path: Steps) -> bool:
        return any(path[:length] in self._paths for length in range(len(path) + 1))


def validate(tree: Map, problems: Problems, broken: Broken) -> Document:
    """The document without the parts that are in error, which are reported and added to `broken`."""
    values: dict[str, Any] = tree
    removed: set[Steps] = set()
    while True:
        try:
            return Document.model_validate(values)
        except ValidationError as refused:
            if refused.error_count() > MAX_ERRORS:
                what = f"{refused.error_count():,} keys and values have the wrong form"
                problems.error(0, what, "check that these files are meant for tenantry")
                broken.add(())
                return Document()
            errors = refused.errors(include_url=False, include_input=True)
        before = len(removed)
        for error in errors:
            path, at_key = _place(error)
            problems.error(locate(tree, path, at_key), *_sentences(error, path, problems))
            removed.add(_smallest_thing(path))
            # Under an unknown key there may be what others refer to, so all of the mapping is in doubt.
            broken.add(path[:-1] if error["type"] == "extra_forbidden" else _smallest_thing(path))
        if len(removed) == before or () in removed:
            broken.add(())
            return Document()
        values = without(tree, removed)


def mistakes(values: dict[str, Any], problems: Problems) -> list[tuple[Steps, str]]:
    """What is wrong with the form of a document: where, and in our sentences. What is missing is placed around it."""
    try:
        Document.model_validate(values)
    except ValidationError as refused:
        found = []
        for error in refused.errors(include_url=False, include_input=True):
            path, _ = _place(error)
            is_missing = error["type"] == "missing"
            found.append((path[:-1] if is_missing else path, "; ".join(_sentences(error, path, problems))))
        return found
    return []


def _place(error: ErrorDetails) -> tuple[Steps, bool]:
    """Path in the tree, and whether its key is meant instead of its value."""
    path = error["loc"]
    if path and path[-1] == "[key]":
        return path[:-1], True
    return path, error["type"] in ("extra_forbidden", "missing")


def _smallest_thing(path: Steps) -> Steps:
    match path:
        case ("tenants", _, "networks" | "ports", _, *_):
            return path[:4]
        case ("tenants", _, _, *_) | ("fabric", "switches", _, *_) | ("lab", "hypervisors" | "guests" | "vteps", _, *_):
            return path[:3]
        case ("fabric" | "lab", _, *_) | ("tenants", _):
            return path[:2]
    return path[:1]


def _sentences(error: ErrorDetails, path: Steps, problems: Problems) -> tuple[str, str]:
    context = error.get("ctx", {})
    what = f"{path[-1]} of {subject(path[:-1])}" if path else "the document"
    match error["type"]:
        case "extra_forbidden":
            known = _form(path[:-1])
            return f'unknown key "{path[-1]}" in {subject(path[:-1])}', problems.choose(str(path[-1]), known, "key")
        case "missing" if isinstance(path[-1], int):
            return f"{_joint(path)} has one end", _TWO_ENDS
        case "missing":
            return f'{subject(path[:-1])} has no "{path[-1]}"', f"add {path[-1]}: {_description(path)}"
        case "model_type" | "dict_type":
            return f"{subject(path)} is {kind_of(error['input'])}", "write a mapping, of keys and values"
        case "tuple_type" if path[-1] == "between" or isinstance(path[-1], int):
            return f"{what if path[-1] == 'between' else _joint(path)} is {kind_of(error['input'])}", _TWO_ENDS
        case "tuple_type":
            return f"{what} is {kind_of(error['input'])}", "write a list"
        case "int_type":
            return f"{what} is {_written(error['input'])}", "write a whole number without quotes"
        case "bool_type":
            return f"{what} is {_written(error['input'])}", "write true or false"
        case "string_type":
            return f"{what} is {_written(error['input'])}", "write text in quotes"
        case "greater_than_equal" | "less_than_equal":
            return f"{what} is {error['input']}", f"use {_bounds(path)}"
        case "enum" | "literal_error":
            return f"{what} is {_written(error['input'])}", f"use {' or '.join(_choices(path))}"
        case "too_long":
            return f"{_joint(path)} has more than two ends", _TWO_ENDS
        case kind if kind == WRONG:
            return str(context["what"]), str(context["instead"])
    return f"{what} is not valid ({error['msg'].lower()})", "compare with docs/configuration.md"


_TWO_ENDS = "write two ends: [leaf1:leaf1-eth1, spine1:spine1-eth1]"


def _joint(path: Steps) -> str:
    """What has two ends."""
    return "the wire" if path[0] == "lab" else "the link"


def _written(value: object) -> str:
    return shown(value) if isinstance(value, str) else str(value) if type(value) is int else kind_of(value)


def subject(path: Steps) -> str:
    """What a message calls the thing at `path`: `port blue/web1`, `switch leaf1`."""
    for pattern, (label, _) in FORMS.items():
        if _matches(pattern, path):
            names = [step for step, part in zip(path, pattern, strict=True) if part == "*" and isinstance(step, str)]
            if "{}" in label:
                return f"{label.format(names[-1])} {names[0]}"
            return " ".join([label, "/".join(names)]) if names else label
    if len(path) > 1 and isinstance(path[-1], str):
        return f"{path[-1]} of {subject(path[:-1])}"
    return str(path[-1])


def _matches(pattern: tuple[str, ...], path: Steps) -> bool:
    return len(pattern) == len(path) and all(part in ("*", step) for part, step in zip(pattern, path, strict=True))


def _form(path: Steps) -> dict[str, Any]:
    """Schema of each key of the mapping at `path`."""
    for pattern, (_, form) in FORMS.items():
        if _matches(pattern, path):
            return _properties(form)
    return {}


@cache
def _properties(form: type[BaseModel]) -> dict[str, Any]:
    properties: dict[str, Any] = form.model_json_schema()["properties"]
    return properties


def _description(path: Steps) -> str:
    text = str(_form(path[:-1]).get(str(path[-1]), {}).get("description", "it is required"))
    return text[0].lower() + text[1:].rstrip(".")


def _bounds(path: Steps) -> str:
    schema = _form(path[:-1]).get(str(path[-1]), {})
    schema = schema.get("anyOf", [schema])[0]
    return f"{schema.get('minimum')} to {schema.get('maximum')}"


def _choices(path: Steps) -> list[str]:
    if path[-1] == "segment":
        return ["vlan", "vxlan", "geneve", "gre", "auto"]
    schema = _form(path[:-1]).get(str(path[-1]), {})
    schema = schema.get("anyOf", [schema])[0]
    return [str(choice) for choice in schema.get("enum", [schema.get("const")])]
