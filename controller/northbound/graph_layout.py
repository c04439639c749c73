"""Where boxes stand in a picture of a fabric: the same place in every run, near what they are linked to.

Each connected part of the fabric is laid out by itself, in one of two ways, and the parts are set side by side.

- *In rows*, when they come out so that no link is within a row: by the distance from those with ports, which are below
  then, or from those without, which are above: leaves and spines.
- *By stress*, otherwise: as far from each other on the picture as there are links between them. That is what
  networkx's `kamada_kawai_layout` does, which needs numpy and scipy; here it is done by majorisation, one box at a time
  (Gansner, Koren and North, "Graph Drawing by Stress Majorization", 2004, section 2.3).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TypeAlias

import networkx as nx

Point: TypeAlias = tuple[float, float]
Sizes: TypeAlias = Mapping[str, Point]
"""Width and height of each box."""
Places: TypeAlias = dict[str, Point]
"""The middle of each box."""

GAP = 70.0
"""Least space between two boxes, in the unit of sizes."""
_ROW_GAP = 200.0
_LINK = 200.0
"""Length of a link that is drawn by stress, beyond the boxes."""
_WORK = 2_000_000
"""Pairs of boxes to look at; some seconds."""


def layout(graph: nx.Graph[str], sizes: Sizes, low: Collection[str]) -> Places:
    """A place for each box; `low` are those with ports. None is left of or above the origin."""
    parts = sorted((sorted(part) for part in nx.connected_components(graph)), key=lambda part: (-len(part), part))
    placed = []
    for part in parts:
        inner: nx.Graph[str] = nx.Graph()
        inner.add_nodes_from(part)
        inner.add_edges_from(sorted((min(edge), max(edge)) for edge in graph.subgraph(part).edges))
        rows, direction = _rows(inner, low)
        placed.append(_in_rows(inner, sizes, rows, direction) if rows else _by_stress(inner, sizes))
    return _side_by_side(placed, sizes)


def _rows(graph: nx.Graph[str], low: Collection[str]) -> tuple[list[list[str]], int]:
    """The boxes row by row, and whether they go down (1) or up (-1); none if there would be links within a row."""
    above = [node for node in graph if node not in low]
    below = [node for node in graph if node in low]
    for start, direction in ((below, -1), (above, 1)):
        if not start or len(start) == len(graph):
            continue
        distance = nx.multi_source_dijkstra_path_length(graph, start)
        if all(distance[one] != distance[other] for one, other in graph.edges):
            rows = range(int(max(distance.values())) + 1)
            return [[node for node in graph if distance[node] == row] for row in rows], direction
    return [], 0


def _in_rows(graph: nx.Graph[str], sizes: Sizes, rows: Sequence[list[str]], direction: int) -> Places:
    places: Places = {}
    edge = 0.0
    for number, row in enumerate(rows):
        if number:
            row.sort(key=lambda node: _mean(places[near][0] for near in graph[node] if near in places))
        height = max(sizes[node][1] for node in row)
        left = -(sum(sizes[node][0] for node in row) + GAP * (len(row) - 1)) / 2
        for node in row:
            places[node] = left + sizes[node][0] / 2, edge + direction * height / 2
            left += sizes[node][0] + GAP
        edge += direction * (height + _ROW_GAP)
    return places


def _mean(values: Iterable[float]) -> float:
    known = list(values)
    return sum(known) / len(known)


def _by_stress(graph: nx.Graph[str], sizes: Sizes) -> Places:
    hops = dict(nx.all_pairs_shortest_path_length(graph))
    unit = _LINK + max(max(size) for size in (sizes[node] for node in graph))
    # A ring is begun as what it is: a circle, in the order in which a walk meets the boxes.
    walk = list(nx.dfs_preorder_nodes(graph, min(graph)))
    radius = unit * len(walk) / math.tau
    places = {
        node: (radius * math.sin(math.tau * number / len(walk)), -radius * math.cos(math.tau * number / len(walk)))
        for number, node in enumerate(walk)
    }
    for _ in range(min(200, _WORK // len(walk) ** 2)):
        for node in walk:
            places[node] = _with_less_stress(node, places, hops[node], unit)
    return _apart(walk, places, sizes)


def _with_less_stress(node: str, places: Places, hops: Mapping[str, int], unit: float) -> Point:
    x, y = places[node]
    sum_x = sum_y = weights = 0.0
    for other, far in hops.items():
        if other == node:
            continue
        other_x, other_y = places[other]
        weight = 1.0 / (far * far)
        stretch = unit * far / (math.hypot(x - other_x, y - other_y) or 1.0)
        sum_x += weight * (other_x + (x - other_x) * stretch)
        sum_y += weight * (other_y + (y - other_y) * stretch)
        weights += weight
    return (sum_x / weights, sum_y / weights) if weights else (x, y)


def _apart(nodes: Sequence[str], places: Places, sizes: Sizes) -> Places:
    """Push boxes that overlap away from each other, along the axis on which they overlap less."""
    for _ in range(min(50, _WORK // len(nodes) ** 2)):
        has_moved = False
        for number, one in enumerate(nodes):
            for other in nodes[:number]:
                (x, y), (other_x, other_y) = places[one], places[other]
                over_x = (sizes[one][0] + sizes[other][0]) / 2 + GAP / 2 - abs(x - other_x)
                over_y = (sizes[one][1] + sizes[other][1]) / 2 + GAP / 2 - abs(y - other_y)
                if over_x <= 0 or over_y <= 0:
                    continue
                has_moved = True
                push_x = math.copysign(over_x / 2 + 1, x - other_x) if over_x <= over_y else 0.0
                push_y = math.copysign(over_y / 2 + 1, y - other_y) if over_x > over_y else 0.0
                places[one] = x + push_x, y + push_y
                places[other] = other_x - push_x, other_y - push_y
        if not has_moved:
            break
    return places


def _side_by_side(parts: Sequence[Places], sizes: Sizes) -> Places:
    """From left to right, in as many lines as make the whole about as wide as high."""
    extents = [_extent(part, sizes) for part in parts]
    area = sum((right - left + GAP) * (bottom - top + GAP) for left, top, right, bottom in extents)
    widest = max([math.sqrt(1.6 * area), *(right - left for left, _, right, _ in extents)])
    places: Places = {}
    x = y = line = 0.0
    for part, (left, top, right, bottom) in zip(parts, extents, strict=True):
        if x and x + right - left > widest:
            x, y, line = 0.0, y + line + GAP, 0.0
        for node, (node_x, node_y) in part.items():
            places[node] = round(node_x - left + x, 1), round(node_y - top + y, 1)
        x += right - left + GAP
        line = max(line, bottom - top)
    return places


def _extent(part: Places, sizes: Sizes) -> tuple[float, float, float, float]:
    return (
        min(x - sizes[node][0] / 2 for node, (x, _) in part.items()),
        min(y - sizes[node][1] / 2 for node, (_, y) in part.items()),
        max(x + sizes[node][0] / 2 for node, (x, _) in part.items()),
        max(y + sizes[node][1] / 2 for node, (_, y) in part.items()),
    )
