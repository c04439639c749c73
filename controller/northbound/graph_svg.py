"""A fabric's graph as a picture: switches as boxes with their ports in them, links as lines with the interfaces' names.

It is one SVG document that needs nothing else. What there is no room for is in tooltips (`title` elements).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TypeAlias
from xml.etree.ElementTree import Element, SubElement, tostring

import networkx as nx

from controller.northbound.graph_boxes import BESIDE, STYLE, Box, boxes_of, colours_of, draw_box
from controller.northbound.graph_layout import Places, Point, layout
from controller.northbound.graph_text import end_words, ends, latency_words, speed_words, state_words

_STYLE = f"""
text {{ font: 12px sans-serif; fill: #222; }}
.name {{ font-weight: bold; font-size: 13px; }}
.note, .end, .cost {{ font-size: 10px; fill: #555; }}
.end, .cost {{ paint-order: stroke; stroke: #fff; stroke-width: 3px; }}
.bad {{ fill: #c00; }}
line {{ stroke: #456; stroke-width: 2; }}
.draining > line {{ stroke-dasharray: 7 5; }}
.down > line {{ stroke: #c00; }}
{STYLE}"""
_MARGIN, _HEAD = 40, 40
_COST_AT = 0.36
"""How far along a link its cost stands: not in the middle, where others cross."""
_MOST_TENANTS = 24

Lines: TypeAlias = dict[tuple[str, str], list[tuple[str, str]]]
"""For each two switches their links, by the interfaces."""


def to_svg(graph: nx.Graph[str]) -> str:
    """The graph as an SVG document."""
    boxes, lines = boxes_of(graph), _lines(graph)
    near: nx.Graph[str] = nx.Graph()
    near.add_nodes_from(boxes)
    near.add_edges_from(lines)
    sizes = {node: box.size for node, box in boxes.items()}
    found = layout(near, sizes, [node for node, box in boxes.items() if box.ports])
    places = {node: (x + _MARGIN, y + _MARGIN + _HEAD) for node, (x, y) in found.items()}
    colours = colours_of(sorted({data["tenant"] for _, data in graph.nodes(data=True) if data["kind"] == "port"}))
    bottom = max((y + sizes[node][1] / 2 for node, (_, y) in places.items()), default=_HEAD)
    width = max([640.0, *(x + sizes[node][0] / 2 + _MARGIN for node, (x, _) in places.items())])
    height = bottom + 70 + 18 * min(len(colours), _MOST_TENANTS + 1)
    size = {"width": f"{width:g}", "height": f"{height:g}", "viewBox": f"0 0 {width:g} {height:g}"}
    svg = Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "role": "img", **size})
    SubElement(svg, "title").text = _title(graph)
    SubElement(svg, "style").text = _STYLE
    SubElement(svg, "rect", {"width": "100%", "height": "100%", "fill": "#fff"})
    _text(svg, "name", (_MARGIN, 26), _title(graph))
    _text(svg, "note", (_MARGIN, 44), graph.graph["age"])
    for switches, links in lines.items():
        _draw_links(svg, graph, switches, links, places, boxes)
    for box in boxes.values():
        draw_box(svg, graph, box, places[box.node], colours)
    _draw_legend(svg, bottom + 40, colours)
    return tostring(svg, encoding="unicode")


def _title(graph: nx.Graph[str]) -> str:
    switches = sum(data["kind"] == "switch" for _, data in graph.nodes(data=True))
    links = sum(data.get("state") == "up" for _, _, data in graph.edges(data=True))
    return f"Fabric of {switches} switch{'es' * (switches != 1)} and {links} link{'s' * (links != 1)}"


def _lines(graph: nx.Graph[str]) -> Lines:
    lines: Lines = {}
    links = (ends(graph, one, other) for one, other, data in graph.edges(data=True) if data["kind"] == "link")
    for one, other in sorted(links):
        switches = f"switch:{graph.nodes[one]['switch']}", f"switch:{graph.nodes[other]['switch']}"
        lines.setdefault(switches, []).append((one, other))
    return lines


def _draw_links(
    svg: Element,
    graph: nx.Graph[str],
    switches: tuple[str, str],
    links: list[tuple[str, str]],
    places: Places,
    boxes: Mapping[str, Box],
) -> None:
    """Draw all links between two switches, side by side."""
    (x1, y1), (x2, y2) = (places[switch] for switch in switches)
    length = math.hypot(x2 - x1, y2 - y1) or 1.0
    along = (x2 - x1) / length, (y2 - y1) / length
    begin, end = (_to_border(boxes[switch], along) for switch in switches)
    angle = math.degrees(math.atan2(along[1], along[0]))
    for number, (one, other) in enumerate(links):
        aside = BESIDE * (number - (len(links) - 1) / 2)

        def at(distance: float, aside: float = aside) -> Point:
            return x1 + along[0] * distance - along[1] * aside, y1 + along[1] * distance + along[0] * aside

        data = graph.edges[one, other]
        group = SubElement(svg, "g", {"class": f"link {data['state']}{' draining' * data['draining']}"})
        words = [state_words(data), f"cost {data['cost']}"]
        words += [f"speed {speed_words(data)}"] if "speed" in data else []
        words += [f"latency {latency_words(data)}"] if "latency" in data else []
        SubElement(group, "title").text = f"{end_words(graph, one)} -- {end_words(graph, other)}\n{', '.join(words)}"
        (from_x, from_y), (to_x, to_y) = at(0), at(length)
        line = {"x1": f"{from_x:.1f}", "y1": f"{from_y:.1f}", "x2": f"{to_x:.1f}", "y2": f"{to_y:.1f}"}
        SubElement(group, "line", line)
        _text(group, "end", at(begin + 8), graph.nodes[one]["name"], "start", angle)
        _text(group, "end", at(length - end - 8), graph.nodes[other]["name"], "end", angle)
        _text(group, "cost", at(begin + _COST_AT * (length - begin - end)), str(data["cost"]), "middle")


def _to_border(box: Box, along: Point) -> float:
    """From the middle of a box to its border, in the direction of a line."""
    (width, height), (x, y) = box.size, along
    return min(width / 2 / (abs(x) or 1e-9), height / 2 / (abs(y) or 1e-9))


def _draw_legend(svg: Element, y: float, colours: Mapping[str, str]) -> None:
    x = float(_MARGIN)
    for kind, words in (("up", "link, with its cost"), ("up draining", "draining"), ("down", "not there")):
        group = SubElement(svg, "g", {"class": f"link {kind}"})
        SubElement(group, "line", {"x1": f"{x:g}", "y1": f"{y:g}", "x2": f"{x + 36:g}", "y2": f"{y:g}"})
        _text(group, "note", (x + 44, y + 3), words)
        x += 160
    for number, (tenant, colour) in enumerate(colours.items()):
        line = y + 20 + 18 * number
        if number == _MOST_TENANTS:
            _text(svg, "note", (_MARGIN, line + 3), f"and {len(colours) - number:,} more tenants")
            break
        SubElement(svg, "circle", {"cx": f"{_MARGIN + 6}", "cy": f"{line:g}", "r": "5.5", "fill": colour})
        _text(svg, "note", (_MARGIN + 20, line + 3), f"ports of tenant {tenant}")


def _text(parent: Element, kind: str, at: Point, words: str, anchor: str = "start", angle: float | None = None) -> None:
    """Write words; with an angle, just above a line of that direction, never upside down."""
    x, y = at
    place = {"class": kind, "x": f"{x:.1f}", "y": f"{y:.1f}", "text-anchor": anchor}
    if angle is not None:
        if not -90 < angle <= 90:
            place["text-anchor"] = "end" if anchor == "start" else "start"
            angle += 180
        place |= {"transform": f"rotate({angle:.1f} {x:.1f} {y:.1f})", "dy": "-4"}
    elif anchor == "middle":
        place["dy"] = "4"
    SubElement(parent, "text", place).text = words
