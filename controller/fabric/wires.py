"""Wires that are no links between two switches: recognised from who is heard where, and named.

Healthy is a wire whose two ends, on two switches, hear each other and nobody else. Everything else is one of three:

- *looped*: an interface hears itself, or another interface of its own switch;
- *one way*: an end is heard and does not hear, though both announce: a broken transceiver, a filter, a mirror port;
- *shared*: more than two ends on one wire, or one on which frames come back: a hub, or equipment that passes on what
  it should keep.

Of a shared wire two ends may still be a link, if each hears only the other: then it is others that overhear one of
them, and as ends of no link they drop what they get.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import networkx as nx

from controller.fabric.model import End


class Fault(StrEnum):
    """What is wrong with a wire."""

    LOOPED = "looped"
    ONE_WAY = "one way"
    SHARED = "shared"


@dataclass(frozen=True, slots=True, order=True)
class Misheard:
    """A wire on which others are heard than should be."""

    fault: Fault
    ends: tuple[End, ...]
    """Of a wire that works one way: the sender, then the receiver. Otherwise in order."""

    def __str__(self) -> str:
        if self.fault is Fault.ONE_WAY:
            return f"{self.ends[1]} hears {self.ends[0]} and is not heard there"
        if self.fault is Fault.SHARED:
            return f"more than two ends on one wire, or frames that come back: {', '.join(map(str, self.ends))}"
        if len(self.ends) == 1:
            return f"{self.ends[0]} hears itself"
        return f"{self.ends[0]} and {self.ends[1]} are on one switch"


def is_link(senders: Mapping[End, tuple[End, ...]], at: End) -> bool:
    """Whether an end and the only one heard there are on two switches, and hear each other and nobody else."""
    heard = senders[at]
    return len(heard) == 1 and senders.get(heard[0]) == (at,) and heard[0].switch != at.switch


def misheard(
    senders: Mapping[End, tuple[End, ...]], loose: Iterable[End], lasts: Callable[[End, End], bool]
) -> frozenset[Misheard]:
    """The faulty wires, one value for each.

    `senders` says who is heard at each end; `loose` are the ends among them that are of no link; `lasts(at, sender)`
    says whether that is so for long enough to say that the other direction is missing, or that a wire was not just
    moved.
    """
    graph: nx.DiGraph[End] = nx.DiGraph()
    for at in loose:
        graph.add_edges_from((sender, at) for sender in senders[at] if lasts(at, sender))
    # An end of a link may be overheard.
    graph.add_edges_from([(sender, at) for at in graph for sender in senders.get(at, ()) if lasts(at, sender)])
    return frozenset(_named(graph.subgraph(part)) for part in nx.weakly_connected_components(graph))


def _named(part: nx.DiGraph[End]) -> Misheard:
    ends = tuple(sorted(part))
    if len(ends) <= 2 and len({end.switch for end in ends}) == 1:
        return Misheard(Fault.LOOPED, ends)
    if part.number_of_edges() == 1:
        (direction,) = part.edges
        return Misheard(Fault.ONE_WAY, direction)
    return Misheard(Fault.SHARED, ends)
