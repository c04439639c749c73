"""All that an answer is made of, as it is at one moment, so that nothing changes while a frame is followed.

A frame of a network meets flows of that network and flows regardless of networks; so of each switch only these shares
are taken up, and not its whole program. A network that a switch refused is off there, and its share is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain

import networkx as nx

from controller.compiler import SWITCH, TREES, Compiler, beside
from controller.dataplane.fields import mac_number
from controller.dataplane.flow import Program
from controller.dataplane.interpreter import Interpreter
from controller.dataplane.program import Share
from controller.dataplane.walk import Place, Wiring
from controller.fabric.model import Fabric
from controller.fabric.outside_loops import Attachment
from controller.intent.model import Intent, Port, SegmentKey
from controller.situation import Situation
from controller.verification import wiring_in
from controller.why.parties import Learned

IsOff = Callable[[str, str], bool]
"""Whether a switch (by name) refused a network (by id)."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is known of some networks."""

    intent: Intent
    fabric: Fabric
    keys: Mapping[str, SegmentKey]
    learned: Learned
    blocked: frozenset[Attachment]
    off: frozenset[tuple[str, str]]
    """(switch, network) that was refused."""
    wiring: Wiring
    interpreters: Mapping[str, Interpreter]
    given: Mapping[str, Mapping[int, str]]
    """Network -> MAC that the configuration gives -> port."""

    def place(self, port: Port | None) -> Place | None:
        """Where a port's guest is plugged in; None when nowhere, or outside."""
        view = self.fabric.switches.get(port.switch or "") if port else None
        number = view.number(port.interface) if view and port else None
        return (view.name, number) if view and number is not None else None

    def interface(self, place: Place) -> str:
        """The interface's name."""
        view = self.fabric.switches.get(place[0])
        names = (one.name for one in view.interfaces.values() if one.number == place[1]) if view else iter(())
        return next(names, str(place[1]))

    def tunnel(self, switch: str, key: SegmentKey) -> Place | None:
        """The tunnel interface of a switch by which a network with that key travels, if it is there."""
        known, view = self.intent.fabric.switches.get(switch), self.fabric.switches.get(switch)
        number = view.number(known.tunnels.get(key.segment)) if known and view else None
        return None if number is None else (switch, number)

    def holder(self, network: str, mac: int) -> str | None:
        """The port that is known to have a MAC in a network."""
        return self.given.get(network, {}).get(mac) or self.learned.get(network, {}).get(mac)

    def macs(self, network: str, port: Port) -> list[int]:
        """MACs that a port is known to have in a network, in order."""
        known = (*self.given.get(network, {}).items(), *self.learned.get(network, {}).items())
        return sorted(mac for mac, who in known if who == port.id)

    def is_connected(self, one: str, other: str) -> bool:
        """Whether links lead from one switch to another."""
        graph: nx.Graph[str] = nx.Graph([(link.a.switch, link.b.switch) for link in self.fabric.links])
        return one in graph and other in graph and nx.has_path(graph, one, other)


def take(situation: Situation, compiler: Compiler, networks: Collection[str], is_off: IsOff) -> Snapshot:
    """A snapshot of these networks, on all switches that were seen."""
    views, index = situation.fabric.switches, situation.index
    seen = [name for name in views if name in situation.intent.fabric.switches]
    off = frozenset((switch, network) for switch in seen for network in networks if is_off(switch, network))
    shares = {
        switch: tuple(_shares(compiler, switch, [n for n in networks if (switch, n) not in off])) for switch in seen
    }
    down = {switch: frozenset(one.number for one in views[switch].interfaces.values() if not one.up) for switch in seen}
    wiring = wiring_in(situation, {switch: views[switch] for switch in seen})
    return Snapshot(
        intent=situation.intent,
        fabric=situation.fabric,
        keys={network: situation.keys[network] for network in networks if network in situation.keys},
        learned={network: dict(situation.addresses.of(network)) for network in networks},
        blocked=frozenset(at for at in situation.blocked if at.network in networks),
        off=off,
        wiring=replace(wiring, down=frozenset((switch, one) for switch in seen for one in down[switch])),
        interpreters=_Interpreters(shares, down),
        given={network: _given(index.ports_by_network.get(network, ())) for network in networks},
    )


def _shares(compiler: Compiler, switch: str, networks: Iterable[str]) -> Iterator[Share]:
    """What concerns these networks on a switch."""
    names = chain((SWITCH, TREES), *((network, beside(network)) for network in networks))
    return (compiler.remembered(switch, name)[1] for name in names)


def _given(ports: Iterable[tuple[Port, int | None]]) -> dict[int, str]:
    return {mac_number(port.mac): port.id for port, _ in ports if port.mac}


class _Interpreters(Mapping[str, Interpreter]):
    """One for each switch, made when it is asked for: a frame visits few of them."""

    def __init__(self, shares: Mapping[str, tuple[Share, ...]], down: Mapping[str, frozenset[int]]) -> None:
        self._shares = shares
        self._down = down
        self._made: dict[str, Interpreter] = {}

    def __getitem__(self, switch: str) -> Interpreter:
        if switch not in self._made:
            shares, down = self._shares[switch], self._down[switch]
            flows = {cookie: flow for share in shares for cookie, flow in share.flows.items()}
            groups = {group.id: group for share in shares for group in share.groups}
            self._made[switch] = Interpreter(Program(flows, groups), lambda interface: interface not in down)
        return self._made[switch]

    def __iter__(self) -> Iterator[str]:
        return iter(self._shares)

    def __len__(self) -> int:
        return len(self._shares)
