"""A fabric's graph as two short tables for a terminal, and the words that pictures of it use as well."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import networkx as nx


def to_text(graph: nx.Graph[str]) -> str:
    """Switches and links, one a line; the last line says how old that is."""
    switches = [_switch_row(graph, node) for node, data in graph.nodes(data=True) if data["kind"] == "switch"]
    links = [_link_row(graph, one, other) for one, other, data in graph.edges(data=True) if data["kind"] == "link"]
    parts = (
        _table(("Switch", "State", "Endpoint", "Interfaces", "Down", "Ports", "Guests"), sorted(switches)),
        _table(("Link", "State", "Cost", "Speed", "Latency"), sorted(links)),
        [graph.graph["age"]],
    )
    return "\n\n".join("\n".join(part) for part in parts)


def state_words(data: Mapping[str, Any]) -> str:
    """The state of a switch or link, and whether it drains."""
    return f"{data['state']}, draining" if data["draining"] else str(data["state"])


def speed_words(data: Mapping[str, Any]) -> str:
    """The speed of a link or interface, `-` where it is not known."""
    speed = data.get("speed")
    if speed is None:
        return "-"
    for unit, size in (("Gbit/s", 1_000_000), ("Mbit/s", 1_000)):
        if speed >= size:
            return f"{speed / size:g} {unit}"
    return f"{speed} kbit/s"


def latency_words(data: Mapping[str, Any]) -> str:
    """The latency of a link, `-` where none was measured."""
    return f"{data['latency'] * 1000:.3g} ms" if "latency" in data else "-"


def interfaces_of(graph: nx.Graph[str], switch: str) -> list[str]:
    """The interfaces of a switch that were ever seen there."""
    near = (node for node in graph[switch] if graph.nodes[node]["kind"] == "interface")
    return [node for node in near if graph.nodes[node]["state"] != "missing"]


def ends(graph: nx.Graph[str], one: str, other: str) -> tuple[str, str]:
    """The two interfaces of a link as nodes, in the order of their names."""
    return (one, other) if _place(graph, one) <= _place(graph, other) else (other, one)


def end_words(graph: nx.Graph[str], interface: str) -> str:
    """An interface with its switch, `s1:eth1`."""
    return ":".join(_place(graph, interface))


def _place(graph: nx.Graph[str], interface: str) -> tuple[str, str]:
    return graph.nodes[interface]["switch"], graph.nodes[interface]["name"]


def _switch_row(graph: nx.Graph[str], switch: str) -> tuple[str, ...]:
    data = graph.nodes[switch]
    interfaces = interfaces_of(graph, switch)
    down = sum(graph.nodes[interface]["state"] == "down" for interface in interfaces)
    near = [node for node in graph[switch] if graph.nodes[node]["kind"] in ("interface", "endpoint")]
    endpoints = [graph.nodes[node]["name"] for node in near if graph.nodes[node]["kind"] == "endpoint"]
    ports = [port for node in near for port in graph[node] if graph.nodes[port]["kind"] == "port"]
    kinds = Counter(graph.nodes[node]["kind"] for port in ports for node in graph[port])
    numbers = (len(interfaces), down, len(ports), kinds["guest"])
    return (data["name"], state_words(data), "".join(endpoints) or "-", *map(str, numbers))


def _link_row(graph: nx.Graph[str], one: str, other: str) -> tuple[str, ...]:
    data = graph.edges[one, other]
    name = " -- ".join(end_words(graph, end) for end in ends(graph, one, other))
    return (name, state_words(data), str(data["cost"]), speed_words(data), latency_words(data))


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Lines of columns as wide as need be, whatever the terminal is; so that programs can read them, too."""
    lines = [headings, *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
