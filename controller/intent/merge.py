"""Joins the trees of several files into one document.

Sections that hold named things (tenants, switches, guests, ...) may be spread over files; each named thing, and each
setting, is given once. The second definition is reported with the place of the first, and is left out.
"""

from __future__ import annotations

from controller.intent.problems import Problems
from controller.intent.tree import Map

_SPREAD = {
    ("fabric",): "setting",
    ("fabric", "switches"): "switch",
    ("tenants",): "tenant",
    ("lab",): "setting",
    ("lab", "hypervisors"): "hypervisor",
    ("lab", "guests"): "guest",
    ("lab", "vteps"): "vtep",
}
"""Sections that may be in several files, and what they hold."""


def merge(trees: list[Map], problems: Problems) -> Map:
    """One tree of all; the values below the sections are shared with `trees`."""
    merged = Map()
    for tree in trees:
        _add(merged, tree, (), problems)
    return merged


def _add(into: Map, tree: Map, path: tuple[str, ...], problems: Problems) -> None:
    for key, value in tree.items():
        section = (*path, key)
        positions = tree.key_position(key), tree.value_position(key)
        if section in _SPREAD and isinstance(value, Map):
            if key not in into:
                into.put(key, Map(), *positions)
            if isinstance(into[key], Map):
                _add(into[key], value, section, problems)
                continue
        if key not in into:
            into.put(key, value, *positions)
            continue
        kind = _SPREAD.get(path, "section")
        first = problems.place(into.key_position(key))
        problems.error(positions[0], f'{kind} "{key}" is given twice, first at {first}', "keep one")
