"""Just enough of JSON Schema (2020-12) to check documents against ours; a keyword that is not known raises KeyError."""

from __future__ import annotations

import re
from typing import Any

Schema = dict[str, Any]

_TYPES: dict[str, Any] = {
    **{"object": dict, "array": list, "string": str, "null": type(None)},
    **{"integer": int, "number": (int, float), "boolean": bool},
}
_SILENT = {"title", "description", "default", "$defs", "$schema"}


def accepts(schema: Schema, value: Any, root: Schema | None = None) -> bool:  # noqa: ANN401
    """Whether the schema accepts the value."""
    root = root or schema
    return all(_KEYWORDS[keyword](schema, value, root) for keyword in schema.keys() - _SILENT)


def _reference(schema: Schema, value: Any, root: Schema) -> bool:  # noqa: ANN401
    return accepts(root["$defs"][schema["$ref"].removeprefix("#/$defs/")], value, root)


def _object(schema: Schema, value: Any, root: Schema) -> bool:  # noqa: ANN401
    if not isinstance(value, dict):
        return True
    properties, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    for key, child in value.items():
        found = [properties[key]] if key in properties else []
        found += [inner for pattern, inner in patterns.items() if re.search(pattern, key)]
        if not found and schema.get("additionalProperties") is False:
            return False
        if not all(accepts(inner, child, root) for inner in found):
            return False
    return all(key in value for key in schema.get("required", ()))


def _array(schema: Schema, value: Any, root: Schema) -> bool:  # noqa: ANN401
    if not isinstance(value, list):
        return True
    least, most = schema.get("minItems", 0), schema.get("maxItems", len(value))
    return least <= len(value) <= most and all(accepts(schema.get("items", {}), item, root) for item in value)


def _number(schema: Schema, value: Any, _: Schema) -> bool:  # noqa: ANN401
    if not isinstance(value, int | float):
        return True
    return bool(schema.get("minimum", value) <= value <= schema.get("maximum", value))


_KEYWORDS: dict[str, Any] = {
    "type": lambda schema, value, _: isinstance(value, _TYPES[schema["type"]]),
    "enum": lambda schema, value, _: value in schema["enum"],
    "const": lambda schema, value, _: value == schema["const"],
    "anyOf": lambda schema, value, root: any(accepts(inner, value, root) for inner in schema["anyOf"]),
    "pattern": lambda schema, value, _: not isinstance(value, str) or re.search(schema["pattern"], value),
    "$ref": _reference,
    **dict.fromkeys(("properties", "patternProperties", "additionalProperties", "required"), _object),
    **dict.fromkeys(("items", "minItems", "maxItems"), _array),
    **dict.fromkeys(("minimum", "maximum"), _number),
}
