"""A fabric's graph in the DOT language of Graphviz, with all attributes and with shapes and colours to draw it by.

https://graphviz.org/doc/info/lang.html: everything is written as a quoted ID. In one, `\\"` is a quote; other
backslashes are kept and are an escape in labels, so they are doubled.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import networkx as nx

_SHAPES = {"switch": "box", "interface": "plain", "endpoint": "hexagon", "port": "ellipse", "guest": "plain"}
_BAD_STATES = ("down", "missing", "away")


def to_dot(graph: nx.Graph[str]) -> str:
    """The graph as text that `dot`, `neato` and others take."""
    lines = ["graph tenantry {", f"  label={_quoted(graph.graph['age'])};", "  overlap=false;"]
    for node, data in graph.nodes(data=True):
        look = {"label": data["name"], "shape": _SHAPES[data["kind"]], **_look(data)}
        lines.append(f"  {_quoted(node)} {_attributes({**look, **data})};")
    for one, other, data in graph.edges(data=True):
        look = {"label": data["cost"], "penwidth": 2} if data["kind"] == "link" else {"color": "grey"}
        lines.append(f"  {_quoted(one)} -- {_quoted(other)} {_attributes({**look, **_look(data), **data})};")
    return "\n".join([*lines, "}"])


def _look(data: Mapping[str, Any]) -> dict[str, str]:
    look = {"style": "dashed"} if data.get("draining") else {}
    return {**look, "color": "red"} if data.get("state") in _BAD_STATES else look


def _attributes(values: Mapping[str, Any]) -> str:
    return f"[{', '.join(f'{name}={_quoted(value)}' for name, value in values.items())}]"


def _quoted(value: object) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
