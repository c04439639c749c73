"""The wires between switches as stations of their own, so that a prober sees, and sends, frames in between.

A frame that crosses a wire arrives at exactly one of its two ends, so counting arrivals at both ends counts passages.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from controller.intent.lab_model import UPLINK
from lab import Lab
from prober import Prober, Sighting
from station import Station

_MARK = ">"


def wire_stations(lab: Lab) -> dict[str, Station]:
    """Both ends of each wire that may be a link; what arrives there came over the wire. Uplinks carry only tunnels."""
    wires = [wire for wire in lab.model.wires if UPLINK not in (wire.a.interface, wire.b.interface)]
    ends = [(end, f"{_MARK}{end.node}:{end.interface}") for wire in wires for end in (wire.a, wire.b)]
    return {name: Station(name, "", (), end.interface, lab.net[end.node].namespace) for end, name in ends}


def prober_with_wires(lab: Lab) -> Prober:
    """A prober at all stations and on all wires."""
    return Prober([*lab.stations.values(), *wire_stations(lab).values()])


def on_wires(sightings: Iterable[Sighting]) -> list[Sighting]:
    """Of what was seen, that which was seen between switches."""
    return [one for one in sightings if one.station.startswith(_MARK)]


def at_guests(sightings: Iterable[Sighting]) -> list[Sighting]:
    """Of what was seen, that which was delivered."""
    return [one for one in sightings if not one.station.startswith(_MARK)]


def delivered(sightings: Iterable[Sighting], token: str) -> dict[str, int]:
    """How often each guest received the token."""
    return dict(Counter(one.station for one in at_guests(sightings) if one.token == token))


def passages(lab: Lab, sightings: Iterable[Sighting]) -> Counter[tuple[str, str]]:
    """How often each token crossed each wire, in either direction; the wire is named by its first end."""
    first = {f"{_MARK}{end.node}:{end.interface}": str(wire.a) for wire in lab.model.wires for end in (wire.a, wire.b)}
    return Counter((one.token, first[one.station]) for one in on_wires(sightings))
