"""A daemon that remembers nothing finds switches with trees of before, and wires that changed meanwhile.

It takes them over from what they hold, whichever of them follow first: no flooded frame circles, comes twice, or comes
back. Frames for a known address are not looked at, as their next hops are not read back.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import partial

from hypothesis import given, settings
from hypothesis import strategies as st

from controller.core import Core
from controller.dataplane.flow import Program
from controller.dataplane.interpreter import Interpreter
from controller.dataplane.packet import Packet
from controller.dataplane.walk import walk
from controller.held_trees import held_trees
from controller.southbound.events import Held
from controller.southbound.readback import group_content
from tests.property.mixtures import BROADCAST, MOST_STEPS, NOWHERE, UNKNOWN, Mixtures, shapes


class Successor(Mixtures):
    """The fabric of before, with a new daemon."""

    def begin_anew(self, cut: Collection[tuple[str, str]]) -> None:
        """No daemon is there, other wires are cut than before, and one comes that remembers nothing."""
        self.follow()
        self.cut = set(cut)
        self.core = Core()
        self.told = self.held.copy()
        self.adopt()
        self.core.at_gates = set(self.names)
        for name in self.names:
            self.connect(name)
            interfaces = self.core.fabric.switches[name].interfaces.values()
            self.core.found_trees(name, held_trees(name, interfaces, self.holds(name)))
        for wire in sorted(self.wires - self.cut):
            self.hear(wire)
        self.core.changes()
        # Who is not told anything yet has always done so.
        for _ in range(MOST_STEPS):
            if not self.core.confirmed(self.names):
                break
            self.core.changes()

    def open_gates(self) -> None:
        """All are told at once."""
        self.core.at_gates = ()
        programs = {name: self.core.compiler.program(name) for name in self.names}
        self.told = {name: Interpreter(program, partial(self.is_alive, name)) for name, program in programs.items()}

    def holds(self, name: str) -> Held:
        program = self.held[name].program
        groups = {number: group_content(group) for number, group in program.groups.items()}
        return Held(frozenset(program.flows), groups, {})

    def check_floods(self) -> None:
        """In whichever mixture."""
        for mixture in self.mixtures():
            for port in sorted(self.ports):
                start = self.place(port)
                for destination in (BROADCAST, UNKNOWN):
                    packet, switches = Packet(destination, UNKNOWN + 1), {**mixture, NOWHERE: Interpreter(Program())}
                    arrived = [place for place, _ in walk(switches, self.wiring(), start, packet).delivered]
                    assert len(arrived) == len(set(arrived)), "a frame arrives twice"
                    assert start not in arrived, "a frame comes back to its sender"


@given(shape=shapes(), data=st.data())
@settings(max_examples=100)
def test_floods_make_no_circle(shape: tuple[list[str], frozenset[tuple[str, str]]], data: st.DataObject) -> None:
    names, wires = shape
    some_wires = st.sets(st.sampled_from(sorted(wires)))
    fabric = Successor()
    fabric.build(names, wires, {name: data.draw(st.booleans()) for name in names})
    for wire in sorted(data.draw(some_wires)):
        fabric.sever(wire)
    fabric.settle()
    fabric.begin_anew(data.draw(some_wires))
    fabric.check_floods()
    fabric.open_gates()
    for _ in range(MOST_STEPS):
        fabric.check_floods()
        fabric.follow()
        if not fabric.core.confirmed(names):
            break
        fabric.tell()
    assert not fabric.core.settling.is_pending
