"""The proof that networks are kept apart, for an installation: what belongs to whom, and what the switches hold.

Whoever asks has a situation: a running daemon its own, others one from the files and the state directory. What is
examined are the programs that follow from it, or tables that somebody read from switches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from controller.dataplane.walk import Place, Wiring
from controller.fabric.model import End, SwitchView
from controller.intent.moves import Unsettled
from controller.situation import Situation
from controller.verify.borders import Border, Ground, border_of, ground_of
from controller.verify.journeys import Journeys
from controller.verify.rules import Holding
from controller.verify.verdict import Finding, Verdict
from controller.verify.verifier import Examined, examine


def ground_in(situation: Situation, unsettled: Unsettled | None = None) -> Ground:
    """What belongs to whom everywhere. A key that a network has left is still its own until all switches confirmed."""
    left = (unsettled or Unsettled()).vacated
    keys = (*situation.keys.items(), *situation.second_keys.items())
    return ground_of(situation.intent, [*left.items(), *((key, network) for network, key in keys)])


def borders_in(situation: Situation, ground: Ground, views: Iterable[SwitchView]) -> dict[str, Border]:
    """The edges of these switches."""
    return {view.name: border_in(situation, ground, view) for view in views}


def border_in(situation: Situation, ground: Ground, view: SwitchView) -> Border:
    """The edge of one switch."""
    ports = situation.index.ports_by_switch.get(view.name, {}).values()
    return border_of(ground, situation.intent, view, ports)


def wiring_in(situation: Situation, views: Mapping[str, SwitchView]) -> Wiring:
    """How these switches are connected, as far as it is known."""
    switches = {name: situation.intent.fabric.switches[name] for name in views}
    tunnels = {
        (name, number): segment.value
        for name, switch in switches.items()
        for segment, interface in switch.tunnels.items()
        if (number := views[name].number(interface)) is not None
    }
    endpoints = {name: switch.endpoint for name, switch in switches.items() if switch.endpoint}
    return Wiring(dict(_wires(situation, views)), endpoints, tunnels)


def verify(
    situation: Situation,
    holdings: Mapping[str, Holding],
    views: Mapping[str, SwitchView],
    clock: Callable[[], float],
    unsettled: Unsettled | None = None,
) -> tuple[Verdict, dict[str, Border]]:
    """Examine what these switches hold, and say what was found; the borders give names to numbers.

    `clock` tells how long it took, in seconds.
    """
    began = clock()
    borders = borders_in(situation, ground_in(situation, unsettled), (views[name] for name in holdings))
    examined = [examine(borders[name], holding) for name, holding in holdings.items()]
    journeys = Journeys(holdings, borders, wiring_in(situation, views))
    findings = tuple(Finding(breach, journeys.leak(breach)) for one in examined for breach in one.breaches)
    others = situation.intent.fabric.switches.keys() - holdings.keys()
    verdict = Verdict(_networks(examined, borders), tuple(examined), findings, clock() - began, tuple(sorted(others)))
    return verdict, borders


def _networks(examined: Iterable[Examined], borders: Mapping[str, Border]) -> int:
    found: set[str] = set()
    for one in examined:
        for port in borders[one.switch].ports.values():
            found.update((port,) if isinstance(port, str) else port.values())
    return len(found)


def _wires(situation: Situation, views: Mapping[str, SwitchView]) -> Iterator[tuple[Place, Place]]:
    for link in situation.fabric.links:
        ends = _place(views, link.a), _place(views, link.b)
        if ends[0] is not None and ends[1] is not None:
            yield ends[0], ends[1]
            yield ends[1], ends[0]


def _place(views: Mapping[str, SwitchView], end: End) -> Place | None:
    number = views[end.switch].number(end.interface) if end.switch in views else None
    return None if number is None else (end.switch, number)
