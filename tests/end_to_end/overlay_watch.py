"""Watches guests and the underlay at once: which guest got which frame, and which endpoint sent it to which, in what.

A prober's token is found inside an encapsulation too, so the uplinks are watched as stations like any other.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeAlias

from controller.intent.lab_model import UPLINK
from lab import Lab
from prober import Prober
from station import Station
from tests.end_to_end.envelope import Envelope, opened

Deliveries: TypeAlias = dict[str, dict[str, int]]
"""How often each station got each token."""


def uplink(node: str) -> str:
    """The prober's name for the underlay side of a hypervisor or outside VTEP."""
    return f"{node}:{UPLINK}"


class Watch:
    """A prober at all stations and all uplinks."""

    def __init__(self, lab: Lab, prober: Prober) -> None:
        self._stations = lab.stations
        self.prober = prober

    def collect(self) -> tuple[Deliveries, dict[str, list[Envelope]]]:
        """Deliveries to stations, and envelopes that arrived at an uplink, both by token."""
        delivered: dict[str, Counter[str]] = defaultdict(Counter)
        envelopes: dict[str, list[Envelope]] = defaultdict(list)
        for sighting in self.prober.sightings(quiet=1.0, timeout=30.0):
            if sighting.station in self._stations:
                delivered[sighting.token][sighting.station] += 1
            elif envelope := opened(sighting.frame):
                envelopes[sighting.token].append(envelope)
        return {token: dict(seen) for token, seen in delivered.items()}, dict(envelopes)


@contextmanager
def watching(lab: Lab) -> Iterator[Watch]:
    """A watch on everything in the lab."""
    nodes = [lab.net[name] for name in (*lab.model.hypervisors, *lab.model.vteps)]
    uplinks = [Station(uplink(node.name), "", (), UPLINK, node.namespace) for node in nodes]
    with Prober([*lab.stations.values(), *uplinks]) as prober:
        yield Watch(lab, prober)
