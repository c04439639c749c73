"""The demo's look at the wires: how the frames of each network are told apart on the way between two switches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import demo_show as show
from controller.intent.model import Intent
from lab import Lab
from station import Station
from wire_watch import Passage, watch


def show_wires(lab: Lab, intent: Intent, stations: Mapping[str, Station]) -> bool:
    """Ping once inside each network and print what passed; whether every network has a mark of its own on the wires."""
    rows: list[tuple[str, Passage]] = []
    marks: dict[tuple[str, int | None], str] = {}
    good = True
    for network, (sender, receiver) in _pairs(lab, intent, stations):
        passages = watch(lab, sender, receiver)
        good = good and bool(passages)
        for passage in passages:
            mark = (passage.tunnel, passage.key) if passage.tunnel else ("VLAN", passage.vlan)
            good = good and marks.setdefault(mark, network) == network
            good = good and intent.networks[network].key in (None, mark[1])
        rows += [(network, passage) for passage in _telling(passages)]
    show.passages(rows)
    return good


def _pairs(lab: Lab, intent: Intent, stations: Mapping[str, Station]) -> Iterator[tuple[str, tuple[Station, Station]]]:
    """For each network, two stations on different switches."""
    for network in intent.networks:
        members = [station for station in stations.values() if station.network == network and station.addresses]
        pairs = ((a, b) for a in members for b in members if _switch(lab, intent, a) != _switch(lab, intent, b))
        for pair in pairs:
            yield network, pair
            break


def _switch(lab: Lab, intent: Intent, station: Station) -> str | None:
    guest = lab.model.guests.get(station.name.partition(".")[0])
    return intent.ports[guest.port].switch if guest else None


def _telling(passages: list[Passage]) -> list[Passage]:
    """The one passage that tells most: inside a tunnel and a VLAN at once where there is one."""
    return sorted(passages, key=lambda passage: (passage.tunnel is None, passage.vlan is None))[:1]
