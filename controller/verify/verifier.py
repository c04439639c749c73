"""The whole examination: each switch by itself, then what becomes of frames that break the invariant of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from controller.verify.borders import Border
from controller.verify.rules import Holding, RuleIndex
from controller.verify.search import Breach, Search
from controller.verify.sweep import Sweep, entries

MOST_BREACHES = 20
"""After so many on one switch no more are looked for."""


@dataclass(frozen=True, slots=True)
class Examined:
    """What was found on one switch."""

    switch: str
    ports: int
    """Interfaces of tenants."""
    tables: int
    flows: int
    classes: int
    """Of frames, each in one table."""
    suspects: int
    """Flows that had to be looked at exactly, for one owner each."""
    breaches: tuple[Breach, ...]


def examine(border: Border, holding: Holding) -> Examined:
    """Look for frames that leave a switch where they should not; one for each flow and interface, if there is any."""
    index = RuleIndex(holding.rules)
    sweep = Sweep(border, holding.groups, index)
    sweep.run(entries(border))
    return Examined(
        switch=border.switch,
        ports=len(border.ports),
        tables=len(index.tables),
        flows=len(holding.rules),
        classes=len(sweep.states),
        suspects=len(sweep.suspects),
        breaches=tuple(confirmed(sweep)),
    )


def confirmed(sweep: Sweep) -> list[Breach]:
    """Frames for the suspects of a sweep, one for each flow and interface, at most `MOST_BREACHES`."""
    if not sweep.suspects:
        return []
    search = Search(sweep.border, sweep.groups, *sweep.layers)
    found: dict[tuple[int, int | None], Breach] = {}
    # Those of networks first, as they tell more than what nobody's frames may do.
    networks = sweep.border.ground.keys
    for suspect in sorted(sweep.suspects, key=lambda suspect: suspect.origin.owner not in networks):
        key = id(suspect.rule), suspect.port
        if key not in found and len(found) < MOST_BREACHES:
            breach = search.find(suspect)
            if breach:
                found[key] = breach
    return list(found.values())


def verify(holdings: Mapping[str, Holding], borders: Mapping[str, Border]) -> list[Examined]:
    """Examine all switches of which both are known."""
    return [examine(border, holdings[name]) for name, border in borders.items() if name in holdings]
