"""What an intent comes to for readers, in order: sorted once for each intent, as that takes long for 100,000 ports.

Sorting is cut into pieces, so that it can run in a worker thread without holding the interpreter for long.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice

from controller.intent.model import Intent
from controller.intent.mtu import endpoint_versions

PIECE = 1000


@dataclass(frozen=True, slots=True)
class Order:
    """Ids in order, and counts by tenant."""

    intent: Intent
    networks: Sequence[str]
    ports: Sequence[str]
    network_counts: Counter[str] = field(default_factory=Counter)
    port_counts: Counter[str] = field(default_factory=Counter)
    ip_versions: dict[str, int] = field(default_factory=dict)
    """Of the tunnel endpoints that each network's ports are at."""


def order_of(intent: Intent) -> Order:
    """The order of an intent's networks and ports."""
    return Order(
        intent,
        _ordered(intent.networks),
        _ordered(intent.ports),
        Counter(network.tenant for network in intent.networks.values()),
        Counter(port.tenant for port in intent.ports.values()),
        endpoint_versions(intent),
    )


def part_of(ids: Sequence[str], tenant: str | None, after: str | None) -> range:
    """Where in the ordered `ids` those of a tenant are (None: of all) that follow `after` (None: from the first)."""
    # "0" is the character that follows "/".
    first = bisect_left(ids, f"{tenant}/") if tenant is not None else 0
    end = bisect_left(ids, f"{tenant}0") if tenant is not None else len(ids)
    return range(max(first, bisect_right(ids, after) if after is not None else 0), end)


def _ordered(ids: Iterable[str]) -> Sequence[str]:
    remaining, pieces = iter(ids), []
    while piece := sorted(islice(remaining, PIECE)):
        pieces.append(piece)
    return tuple(heapq.merge(*pieces))
