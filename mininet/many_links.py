"""Five hundred switches and ten thousand interfaces, all wired: a fabric of fakes for `./run bench discovery`.

    python many_links.py PORT SWITCHES DEGREE

As a program it connects the switches of a fabric to a daemon on a port of the loopback, at once, and says each second
what they were told and heard so far, as JSON. It ends with its standard input, so it does not outlive who started it.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import networkx as nx

from holding_switch import HoldingSwitch, wire_up

SEED = 4
REPORT_EVERY = 1.0
"""Seconds."""

Place = tuple[int, int]
"""A switch, counted from 0, and the OpenFlow number of one of its interfaces."""


@dataclass(frozen=True, slots=True)
class ManyLinks:
    """So many switches, each wired to `degree` others at random, the same ones each time."""

    switches: int
    degree: int

    @property
    def links(self) -> int:
        """How many there are."""
        return self.switches * self.degree // 2

    def wires(self) -> Iterator[tuple[Place, Place]]:
        """Both ends of each wire; the interfaces of a switch are numbered as its neighbours are."""
        graph = nx.random_regular_graph(self.degree, self.switches, seed=SEED)
        if not nx.is_connected(graph):
            raise ValueError(f"{self.switches} switches with {self.degree} links each came out in several parts")
        numbers = {one: {other: at for at, other in enumerate(sorted(graph[one]), 1)} for one in graph}
        for a, b in sorted(tuple(sorted(edge)) for edge in graph.edges):
            yield (a, numbers[a][b]), (b, numbers[b][a])

    def interfaces(self) -> dict[str, int]:
        """OpenFlow numbers of each switch's interfaces."""
        return {f"eth{number}": number for number in range(1, self.degree + 1)}

    @staticmethod
    def dpid(switch: int) -> int:
        """Datapath id of a switch."""
        return switch + 1

    def text(self) -> str:
        """The configuration, in YAML: switches alone."""
        lines = ["fabric:", "  switches:"]
        lines += [f'    s{number:04}: {{dpid: "{self.dpid(number):016x}"}}' for number in range(self.switches)]
        return "\n".join(lines) + "\n"


async def serve(fabric: ManyLinks, port: int) -> None:
    """Connect all switches, and report until standard input ends."""
    loop = asyncio.get_running_loop()
    interfaces = fabric.interfaces()
    switches = [HoldingSwitch(fabric.dpid(number), interfaces) for number in range(fabric.switches)]
    wire_up(switches, fabric.wires())
    connecting = [loop.create_connection(lambda one=one: one, "127.0.0.1", port) for one in switches]  # type: ignore[misc]
    await asyncio.gather(*connecting)
    ending = loop.run_in_executor(None, sys.stdin.read)
    while not ending.done():
        print(json.dumps(_report(switches)), flush=True)
        await asyncio.wait([ending], timeout=REPORT_EVERY)


def _report(switches: list[HoldingSwitch]) -> dict[str, int]:
    return {
        "told": sum(sum(one.told.values()) for one in switches),
        "heard": sum(one.heard for one in switches),
        "closed": sum(one.is_closed for one in switches),
    }


if __name__ == "__main__":
    asyncio.run(serve(ManyLinks(int(sys.argv[2]), int(sys.argv[3])), int(sys.argv[1])))
