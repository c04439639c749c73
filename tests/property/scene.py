"""A generated world as plain values, and what follows from it: situation, programs, interpreters, wiring.

A `Scene` says what is true (intent, switches, cables, which cables were discovered, which addresses were learned) and
computes nothing. `World` hands it to the code under test. Expectations (`tests.property.expectation`) read the scene
alone, so an error in the lookup cannot hide in them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from controller.compiler import Compiler, beside
from controller.dataplane.flow import Program
from controller.dataplane.interpreter import Interpreter
from controller.dataplane.packet import Packet
from controller.dataplane.walk import Journey, Place, Wiring, walk
from controller.fabric.addresses import Addresses
from controller.fabric.model import End, Fabric, Link, SwitchView
from controller.fabric.paths import Paths
from controller.fabric.protection import Protection
from controller.fabric.routes import Routes
from controller.fabric.transition import MARKS, Floods
from controller.fabric.trees import span
from controller.intent.model import Intent, Port, SegmentKey
from controller.lookup import aim, network_units, second_units, switch_unit, tree_unit
from controller.situation import IntentIndex, Situation


@dataclass(frozen=True)
class Scene:
    """Everything that is true in a generated world."""

    intent: Intent
    keys: Mapping[str, SegmentKey]
    views: Mapping[str, SwitchView]
    """Switches that were seen."""
    cables: tuple[Link, ...]
    links: frozenset[Link]
    """The cables that were discovered."""
    learned: tuple[tuple[str, str, int], ...]
    """(network, port, MAC)."""

    def number(self, end: End) -> int | None:
        """OpenFlow number of an interface; None when it is not there."""
        view = self.views.get(end.switch)
        return view.interfaces[end.interface].number if view and end.interface in view.interfaces else None

    def place(self, port: Port) -> Place | None:
        """Where a port's guest is plugged in; None when nowhere."""
        if port.switch is None or port.interface is None:
            return None
        number = self.number(End(port.switch, port.interface))
        return (port.switch, number) if number is not None else None

    def situation(self) -> Situation:
        """The same, as the compiler reads it."""
        addresses = Addresses(limit=64)
        for network, port, mac in self.learned:
            addresses.observe(network, port, mac, ())
        paths = Paths(self.intent.fabric.switches, self.links)
        return Situation(
            index=IntentIndex(self.intent),
            keys=self.keys,
            fabric=Fabric(self.views, self.links),
            routes=Routes.of(paths),
            protection=Protection.of(paths),
            floods=Floods((span(self.links),) * MARKS),
            addresses=addresses,
        )

    def wiring(self) -> Wiring:
        """All cables, discovered or not, and the tunnel interfaces."""
        wires: dict[Place, Place] = {}
        for cable in self.cables:
            a, b = self.number(cable.a), self.number(cable.b)
            if a is not None and b is not None:
                wires[cable.a.switch, a] = (cable.b.switch, b)
                wires[cable.b.switch, b] = (cable.a.switch, a)
        switches = self.intent.fabric.switches.values()
        tunnels = {
            (switch.name, number): encapsulation.value
            for switch in switches
            for encapsulation, interface in switch.tunnels.items()
            if (number := self.number(End(switch.name, interface))) is not None
        }
        return Wiring(wires, {s.name: s.endpoint for s in switches if s.endpoint}, tunnels)


@dataclass(frozen=True)
class World:
    """A scene and what the code under test makes of it."""

    scene: Scene

    @cached_property
    def situation(self) -> Situation:
        """What the compiler reads."""
        return self.scene.situation()

    @cached_property
    def compiler(self) -> Compiler:
        """Who made the programs."""
        return compiler_of(self.situation)

    @cached_property
    def programs(self) -> Mapping[str, Program]:
        """The program of each switch that was seen."""
        return {name: self.compiler.program(name) for name in self.situation.fabric.switches}

    @cached_property
    def interpreters(self) -> Mapping[str, Interpreter]:
        """The programs, ready to run packets."""
        return {name: Interpreter(program) for name, program in self.programs.items()}

    @cached_property
    def wiring(self) -> Wiring:
        """How the switches are connected."""
        return self.scene.wiring()

    def send(self, start: Place, packet: Packet) -> Journey:
        """Follow a packet that enters at `start`."""
        return walk(self.interpreters, self.wiring, start, packet)

    def __repr__(self) -> str:
        """What hypothesis prints with a failure."""
        return f"World({self.scene})"


def compile_all(situation: Situation) -> dict[str, Program]:
    """The program of each seen switch, from a compiler that remembers nothing."""
    compiler = compiler_of(situation)
    return {name: compiler.program(name) for name in situation.fabric.switches}


def compiler_of(situation: Situation) -> Compiler:
    """A compiler that has compiled all of it, from nothing."""
    compiler = Compiler()
    for network in situation.intent.networks:
        aim(situation, network)
    for name in situation.fabric.switches:
        list(compiler.compile_switch(switch_unit(situation, name)))
        list(compiler.compile_trees(tree_unit(situation, name)))
    for network in situation.intent.networks:
        list(compiler.compile_network(network, network_units(situation, network)))
        list(compiler.compile_network(beside(network), second_units(situation, network)))
    return compiler
