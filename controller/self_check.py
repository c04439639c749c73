"""The self-check: what the compiler remembers, compared with what would be compiled now.

Only what events touch is compiled again (`controller.core`). Should an event ever touch too little, switches would stay
wrong until something else touches the same. So every now and then one network is looked up and compiled from scratch on
all of its switches, or one switch for what it has regardless of networks. A difference is a bug: it is reported, and
repaired by compiling all of that switch anew (`controller.core.Core.recompile`).

Nothing may be waiting to be compiled meanwhile, as then both may be right.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from controller.compiler import SWITCH, TREES, Compiler, Unit, compile_unit, network_of
from controller.dataplane.program import EMPTY_SHARE
from controller.lookup import network_units, second_units, switch_unit, tree_unit
from controller.situation import Situation


@dataclass(frozen=True, slots=True)
class Wrong:
    """A unit that is not remembered as it should be."""

    switch: str
    network: str
    """Empty for what the switch has regardless of networks."""
    flows: int
    """How many flows are missing or too much; 0 if it is groups, meters, or what they were compiled from."""


def check_network(situation: Situation, compiler: Compiler, network: str) -> list[Wrong]:
    """What is wrong with a network, on any switch; it need not exist any more."""
    own = network_of(network)
    units = network_units(situation, own) if own == network else second_units(situation, own)
    switches = sorted(units.keys() | compiler.switches_of(network))
    return [wrong for switch in switches for wrong in _compare(compiler, switch, network, units.get(switch))]


def check_switch(situation: Situation, compiler: Compiler, switch: str) -> list[Wrong]:
    """What is wrong with what a switch has regardless of networks; one that is not there is right."""
    if switch not in situation.fabric.switches:
        return []
    own, trees = switch_unit(situation, switch), tree_unit(situation, switch)
    return [*_compare(compiler, switch, SWITCH, own), *_compare(compiler, switch, TREES, trees)]


def check_all(situation: Situation, compiler: Compiler) -> list[Wrong]:
    """What is wrong with anything."""
    networks = sorted(situation.intent.networks.keys() | compiler.networks())
    wrong = [found for network in networks for found in check_network(situation, compiler, network)]
    return wrong + [found for name in situation.fabric.switches for found in check_switch(situation, compiler, name)]


class Rounds:
    """Checks all networks and switches in turn, one with each call, again and again."""

    def __init__(self) -> None:
        self._networks: list[str] = []
        self._switches: list[str] = []

    def check_next(self, situation: Situation, compiler: Compiler) -> list[Wrong]:
        """What is wrong with the one whose turn it is."""
        if not self._networks and not self._switches:
            self._networks = sorted(situation.intent.networks.keys() | compiler.networks())
            self._switches = sorted(situation.fabric.switches)
        if self._networks:
            return check_network(situation, compiler, self._networks.pop())
        return check_switch(situation, compiler, self._switches.pop()) if self._switches else []


def affected(wrong: Iterable[Wrong]) -> list[str]:
    """The switches that have something wrong."""
    return sorted({one.switch for one in wrong})


def _compare(compiler: Compiler, switch: str, name: str, unit: Unit | None) -> Iterator[Wrong]:
    remembered, share = compiler.remembered(switch, name), compile_unit(unit) if unit else EMPTY_SHARE
    lost = {cookie for cookie, flow in share.flows.items() if compiler.find(switch, cookie) != flow}
    if remembered != (unit, share) or lost:
        network = "" if name == TREES else name
        yield Wrong(switch, network, len(lost | (remembered[1].flows.keys() ^ share.flows.keys())))
