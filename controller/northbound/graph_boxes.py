"""The boxes of a fabric's picture: what is written in each, how large it is, and how it is drawn.

A box is a switch or an endpoint outside. Its ports are circles in the colour of their tenant.
"""

from __future__ import annotations

import colorsys
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement

import networkx as nx

from controller.northbound.graph_layout import Point
from controller.northbound.graph_text import interfaces_of, state_words

STYLE = """
.box { fill: #eef3fa; stroke: #456; stroke-width: 1.5; }
.away > .box, .missing > .box { fill: #eee; stroke: #999; }
.outside > .box { fill: #fff; stroke: #999; }
.draining > .box { stroke-dasharray: 7 5; }
circle { stroke: #fff; }
circle.down, circle.missing { stroke: #c00; stroke-width: 2; }
"""
BESIDE = 18
"""Distance of several links between the same switches."""
_LINE, _PITCH = 15, 14
_IN_ROW, _MOST = 12, 48
"""How many circles stand in a row, and how many are drawn in one box."""
_TOLD = 8
"""How many networks or MACs a tooltip names."""
_CHARACTER = 7
"""Width of a character, about, so that text has room."""


@dataclass(frozen=True, slots=True)
class Box:
    """One box, before it has a place."""

    node: str
    classes: str
    name: str
    notes: tuple[tuple[str, str], ...]
    """(class, text) of the lines below the name."""
    tip: str
    ports: tuple[str, ...]
    lanes: int = 1
    """The most links to one other switch, which are drawn side by side."""

    @property
    def size(self) -> Point:
        """Width and height."""
        columns, rows = min(len(self.ports), _IN_ROW), math.ceil(min(len(self.ports), _MOST) / _IN_ROW)
        longest = max(len(self.name) + 2, *(len(text) for _, text in self.notes), 8)
        width = 16 + max(_CHARACTER * longest, _PITCH * columns)
        height = 28 + _LINE * len(self.notes) + _PITCH * rows
        least = 10 + BESIDE * self.lanes
        return max(width, least), max(height, least)


def boxes_of(graph: nx.Graph[str]) -> dict[str, Box]:
    """All boxes, by the node that each stands for."""
    found = {}
    for node, data in graph.nodes(data=True):
        if data["kind"] == "switch":
            found[node] = _switch(graph, node)
        elif data["kind"] == "endpoint" and data["outside"]:
            note = (("note", "outside"),)
            found[node] = Box(node, "outside", data["name"], note, f"endpoint {data['name']}", _ports(graph, [node]))
    return found


def _switch(graph: nx.Graph[str], node: str) -> Box:
    data = graph.nodes[node]
    near = [other for other in graph[node] if graph.nodes[other]["kind"] in ("interface", "endpoint")]
    endpoint = "".join(graph.nodes[other]["name"] for other in near if graph.nodes[other]["kind"] == "endpoint")
    states = {other: graph.nodes[other] for other in interfaces_of(graph, node)}
    down = [str(interface["name"]) for interface in states.values() if interface["state"] == "down"]
    ports = _ports(graph, near)
    notes = [("note", endpoint)] if endpoint else []
    if data["state"] != "connected" or data["draining"]:
        notes.append(("note", state_words(data)))
    if down:
        notes.append(("note bad", f"down: {', '.join(down[:3])}{', ...' * (len(down) > 3)}"))
    if len(ports) > _MOST:
        notes.append(("note", f"{len(ports) - _MOST:,} more ports"))
    seen = f"{len(states):,} interface{'s' * (len(states) != 1)}"
    tip = f"switch {data['name']}, {state_words(data)}\ndpid {data['dpid']}\n{seen}, {len(ports):,} of tenants"
    classes = f"switch {data['state']}{' draining' * data['draining']}"
    return Box(node, classes, data["name"], tuple(notes), tip, ports, _lanes(graph, near))


def _lanes(graph: nx.Graph[str], near: Sequence[str]) -> int:
    far = (graph.nodes[far]["switch"] for one in near for far in graph[one] if graph.edges[one, far]["kind"] == "link")
    return max(Counter(far).values(), default=1)


def _ports(graph: nx.Graph[str], near: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted(port for node in near for port in graph[node] if graph.nodes[port]["kind"] == "port"))


def draw_box(svg: Element, graph: nx.Graph[str], box: Box, middle: Point, colours: Mapping[str, str]) -> None:
    """Draw a box with what is in it."""
    (x, y), (width, height) = middle, box.size
    left, top = x - width / 2, y - height / 2
    group = SubElement(svg, "g", {"class": box.classes})
    SubElement(group, "title").text = box.tip
    shape = {"x": f"{left:g}", "y": f"{top:g}", "width": f"{width:g}", "height": f"{height:g}", "rx": "5"}
    SubElement(group, "rect", {"class": "box", **shape})
    for number, (kind, line) in enumerate((("name", box.name), *box.notes)):
        place = {"x": f"{x:g}", "y": f"{top + 18 + _LINE * number:g}", "text-anchor": "middle"}
        SubElement(group, "text", {"class": kind, **place}).text = line
    below = top + 32 + _LINE * len(box.notes)
    for port, (column, row) in zip(box.ports[:_MOST], _cells(min(len(box.ports), _MOST)), strict=True):
        data = graph.nodes[port]
        place = {"cx": f"{x + column * _PITCH:g}", "cy": f"{below + row * _PITCH - 3:g}", "r": "5.5"}
        circle = SubElement(group, "circle", {"class": _state(graph, port), **place, "fill": colours[data["tenant"]]})
        SubElement(circle, "title").text = _port_tip(graph, port)


def _cells(count: int) -> Iterator[tuple[float, int]]:
    """Column and row of each circle; columns are counted from the middle."""
    for number in range(count):
        row, column = divmod(number, _IN_ROW)
        in_row = min(count - row * _IN_ROW, _IN_ROW)
        yield column - (in_row - 1) / 2, row


def _state(graph: nx.Graph[str], port: str) -> str:
    return next((graph.nodes[node]["state"] for node in graph[port] if graph.nodes[node]["kind"] == "interface"), "")


def _port_tip(graph: nx.Graph[str], port: str) -> str:
    data = graph.nodes[port]
    near = [graph.nodes[node] for node in graph[port]]
    guests = [f"{one['name']}{' learned' * one['learned']}" for one in near if one["kind"] == "guest"]
    lines = [f"interface {one['switch']}:{one['name']} {one['state']}" for one in near if one["kind"] == "interface"]
    lines += [f"network {_some(data['networks'].split(', '))}", *([f"MAC {_some(guests)}"] if guests else [])]
    return "\n".join([f"port {data['name']}", *lines, *([f"IP {data['ip']}"] if "ip" in data else [])])


def _some(words: Sequence[str]) -> str:
    unlike = list(dict.fromkeys(words))
    return ", ".join(unlike[:_TOLD]) + (f" and {len(unlike) - _TOLD:,} more" if len(unlike) > _TOLD else "")


def colours_of(tenants: Sequence[str]) -> dict[str, str]:
    """A colour for each tenant, as unlike each other as that many can be."""
    hues = ((0.58 + number * 0.618034) % 1.0 for number in range(len(tenants)))
    parts = (colorsys.hls_to_rgb(hue, 0.48, 0.65) for hue in hues)
    return {
        tenant: "#" + "".join(f"{round(255 * part):02x}" for part in colour)
        for tenant, colour in zip(tenants, parts, strict=True)
    }
