"""The fabrics of `./run bench failover`, each with two guests as far from each other as its switches are.

Guests `a` and `b` are in one VLAN network. More networks come as tags of trunk ports on the same two switches, so their
frames have to take the same ways. No single link cuts the guests off from each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import networkx as nx

SEED = 6
GUESTS: Mapping[str, str] = {"a": "02:00:00:00:00:0a", "b": "02:00:00:00:00:0b"}
"""By name, with their MACs."""
FIRST_TAG = 2


@dataclass(frozen=True, slots=True)
class Shape:
    """A fabric; switches are s1, s2, and so on."""

    name: str
    edges: tuple[tuple[int, int], ...]
    homes: tuple[int, int]
    """The switches of both guests."""

    @property
    def bridges(self) -> list[str]:
        """Names of the switches."""
        return [f"s{number}" for number in sorted({end for edge in self.edges for end in edge})]

    def trunks(self) -> Iterator[tuple[str, str]]:
        """(switch, interface) of both trunk ports."""
        for home in self.homes:
            yield f"s{home}", f"s{home}-trunk"

    def text(self, networks: int) -> str:
        """The configuration with so many networks, and the lab, in YAML."""
        return "\n".join([*self._fabric(), *self._tenant(networks), *self._lab()]) + "\n"

    def _fabric(self) -> Iterator[str]:
        yield from ("fabric:", "  switches:")
        for name in self.bridges:
            yield f'    {name}: {{dpid: "{int(name[1:]):016x}"}}'

    def _tenant(self, networks: int) -> Iterator[str]:
        yield from ("tenants:", "  bench:", "    networks:", "      train: {segment: vlan}")
        names = [f"more{number}" for number in range(networks - 1)]
        yield from (f"      {name}: {{segment: vlan}}" for name in names)
        yield "    ports:"
        for (guest, mac), home in zip(GUESTS.items(), self.homes, strict=True):
            yield f'      {guest}: {{network: train, switch: s{home}, interface: s{home}-guest, mac: "{mac}"}}'
        tags = ", ".join(f"{tag}: {name}" for tag, name in enumerate(names, FIRST_TAG))
        for switch, interface in self.trunks() if names else ():
            mac = f"02:00:00:00:01:{int(switch[1:]):02x}"
            yield f'      more-{switch}: {{switch: {switch}, interface: {interface}, mac: "{mac}", trunk: {{{tags}}}}}'

    def _lab(self) -> Iterator[str]:
        yield from ("lab:", f"  bridges: [{', '.join(self.bridges)}]", "  wires:")
        yield from (f'    - ["s{a}:s{a}-to-s{b}", "s{b}:s{b}-to-s{a}"]' for a, b in self.edges)
        yield "  guests:"
        for number, guest in enumerate(GUESTS, 1):
            yield f"    {guest}: {{port: bench/{guest}, address: 10.0.0.{number}/24}}"


def _ring(size: int) -> Shape:
    edges = tuple((at, at % size + 1) for at in range(1, size + 1))
    return Shape(f"ring of {size}", edges, (1, 1 + size // 2))


def _leaf_spine(leaves: int, spines: int) -> Shape:
    edges = tuple((leaf, leaves + spine) for leaf in range(1, leaves + 1) for spine in range(1, spines + 1))
    return Shape(f"leaf-spine {leaves}x{spines}", edges, (1, leaves))


def _mesh(size: int) -> Shape:
    return Shape(f"full mesh of {size}", tuple(nx.complete_graph(range(1, size + 1)).edges), (1, size))


def _random(size: int, degree: int) -> Shape:
    """Of all pairs the first of those farthest from each other."""
    graph = nx.relabel_nodes(nx.random_regular_graph(degree, size, seed=SEED), {at: at + 1 for at in range(size)})
    lengths = {(a, b): hops for a, others in nx.all_pairs_shortest_path_length(graph) for b, hops in others.items()}
    edges = sorted((min(edge), max(edge)) for edge in graph.edges)
    return Shape(f"random graph of {size}", tuple(edges), min(lengths, key=lambda pair: (-lengths[pair], pair)))


SHAPES: Mapping[str, Shape] = {
    "ring": _ring(6),
    "leaf-spine": _leaf_spine(4, 2),
    "mesh": _mesh(5),
    "random": _random(8, 3),
}
