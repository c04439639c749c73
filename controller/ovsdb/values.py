"""Values of OVSDB as JSON has them (RFC 7047, 5.1), read without trust: what is not as it should be is a ValueError.

Of maps and sets only what is asked for is kept, and of text only what is short: a host may write anything into its
rows, of any size, and none of it stays here.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, TypeAlias

Json: TypeAlias = Any
"""What was decoded from JSON."""

LONGEST = 255
"""Characters of a text that counts."""
MOST_ELEMENTS = 20_000
"""Of a set or map."""


def text(value: Json) -> str:
    """A string, or "" for none: an optional one that is not there, or one that is too long."""
    found = elements(value)
    if len(found) > 1 or not all(isinstance(one, str) for one in found):
        raise ValueError(f"{_shown(value)} where a string belongs")
    return found[0] if found and len(found[0]) <= LONGEST else ""


def number(value: Json) -> int:
    """An integer, or 0 for none."""
    found = elements(value)
    if len(found) > 1 or not all(type(one) is int for one in found):
        raise ValueError(f"{_shown(value)} where an integer belongs")
    return found[0] if found else 0


def truth(value: Json) -> bool:
    """A boolean, or False for none."""
    return elements(value) == [True]


def texts(value: Json) -> frozenset[str]:
    """A set of strings."""
    return frozenset(text(one) for one in elements(value))


def references(value: Json) -> frozenset[str]:
    """A set of UUIDs."""
    return frozenset(_reference(one) for one in elements(value))


def mapping(value: Json, keys: Collection[str]) -> dict[str, str]:
    """Those of the keys that are in a map of strings."""
    if not (isinstance(value, list) and len(value) == 2 and value[0] == "map" and isinstance(value[1], list)):
        raise ValueError(f"{_shown(value)} where a map belongs")
    found: dict[str, str] = {}
    for pair in value[1]:
        if not (isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], str) and isinstance(pair[1], str)):
            raise ValueError(f"{_shown(pair)} where a pair of strings belongs")
        if pair[0] in keys and len(pair[1]) <= LONGEST:
            found[pair[0]] = pair[1]
    return found


def elements(value: Json) -> list[Json]:
    """The elements of a set; one that has exactly one element may stand as that alone."""
    if not (isinstance(value, list) and len(value) == 2 and value[0] == "set"):
        return [value]
    found = value[1]
    if not isinstance(found, list) or len(found) > MOST_ELEMENTS:
        raise ValueError(f"{_shown(value)} where a set belongs")
    return found


def _reference(value: Json) -> str:
    if isinstance(value, list) and len(value) == 2 and value[0] == "uuid" and isinstance(value[1], str):
        return text(value[1])
    raise ValueError(f"{_shown(value)} where a UUID belongs")


def _shown(value: Json) -> str:
    written = repr(value)
    return written if len(written) <= 40 else f"{written[:37]}..."
