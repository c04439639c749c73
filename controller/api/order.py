"""What an intent comes to for readers, in order: sorted once for each intent, as that takes long for 100,000 ports.

Sorting is cut into pieces, so that it can run in a worker thread without holding the interpreter for long. A small edit
of the intent needs no sorting: what changed is put in its place.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice

from controller.intent.edit import IntentEdit
from controller.intent.model import Intent, Port
from controller.intent.mtu import endpoint_version, endpoint_versions

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


def order_after(order: Order, edit: IntentEdit, ports_of: Callable[[str], Iterable[Port]]) -> Order:
    """The order after an edit of its intent; `ports_of` a network are those that it has now."""
    versions = dict(order.ip_versions)
    for name in edit.touched_networks():
        versions.pop(name, None)
        if name in edit.after.networks:
            versions[name] = max((endpoint_version(edit.after.fabric, port) for port in ports_of(name)), default=4)
    before, after = edit.before, edit.after
    return Order(
        after,
        _put(order.networks, edit.networks, after.networks),
        _put(order.ports, edit.ports, after.ports),
        _counted(order.network_counts, edit.networks, before.networks, after.networks),
        _counted(order.port_counts, edit.ports, before.ports, after.ports),
        versions,
    )


def _put(ids: Sequence[str], changed: Collection[str], after: Collection[str]) -> Sequence[str]:
    """Ids in order, with those that came, and without those that went."""
    if not changed:
        return ids
    result = list(ids)
    for name in changed:
        at = bisect_left(result, name)
        is_there = at < len(result) and result[at] == name
        if is_there and name not in after:
            del result[at]
        elif not is_there and name in after:
            result.insert(at, name)
    return tuple(result)


def _counted(
    counts: Counter[str], changed: Iterable[str], before: Collection[str], after: Collection[str]
) -> Counter[str]:
    result = Counter(counts)
    for name in changed:
        result[name.partition("/")[0]] += (name in after) - (name in before)
    return +result


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
