"""Whatever single wire or switch fails: before anybody is told, all who are still connected reach each other, once.

The switches' programs stay as they are; only what an interface's carrier tells a switch is new. Frames for known
addresses are turned aside where a wire has died; a frame passes no interface twice in the same way, marked or not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import partial
from itertools import combinations, pairwise, permutations

import networkx as nx
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.core import Core
from controller.dataplane.fields import mac_text
from controller.dataplane.flow import Program
from controller.dataplane.interpreter import Interpreter
from controller.dataplane.packet import Packet
from controller.dataplane.walk import Place, Wiring, walk
from controller.fabric.model import End, Interface
from controller.intent.model import Fabric, Intent, LinkSetting, Network, Port, Segment, SegmentKey, Switch

SWITCHES = [f"s{number}" for number in range(6)]
TAP = 100
NOWHERE = "nowhere"
Wires = frozenset[tuple[str, str]]


def mac(switch: str) -> int:
    return 0x020000000001 + SWITCHES.index(switch)


@st.composite
def fabrics(draw: st.DrawFn) -> Wires:
    """Connected, from a line to a full mesh."""
    line = frozenset(pairwise(SWITCHES))
    return line | draw(st.frozensets(st.sampled_from(list(combinations(SWITCHES, 2)))))


class Site:
    """A VLAN network with a port on each switch, settled, on wires of which some have died since."""

    def __init__(self, wires: Wires, key: int, costs: dict[tuple[str, str], int]) -> None:
        self.wires, self.dead = wires, frozenset[tuple[str, str]]()
        network = Network("t", "n", Segment.VLAN)
        ports = {
            f"t/{name}": Port("t", name, network.id, (), name, "tap", None, mac_text(mac(name))) for name in SWITCHES
        }
        links = {((a, f"to-{b}"), (b, f"to-{a}")): LinkSetting(cost) for (a, b), cost in costs.items()}
        fabric = Fabric({name: Switch(name, at) for at, name in enumerate(SWITCHES, 1)}, links=links)
        core = Core()
        core.adopt(Intent(fabric, ("t",), {network.id: network}, ports), {network.id: SegmentKey(Segment.VLAN, key)})
        for name in SWITCHES:
            far = [other for other in SWITCHES if {(name, other), (other, name)} & wires]
            core.switch_ready(name, [Interface("tap", TAP), *(self.interface(other) for other in far)], True, 0.0)
        for a, b in wires:
            for one, other in ((a, b), (b, a)):
                core.heard(End(one, f"to-{other}"), End(other, f"to-{one}"), 0.0)
        core.changes()
        while core.confirmed(SWITCHES):
            core.changes()
        assert not core.settling.is_pending
        programs = {name: core.compiler.program(name) for name in SWITCHES}
        self.switches = {name: Interpreter(program, partial(self.is_up, name)) for name, program in programs.items()}
        self.switches[NOWHERE] = Interpreter(Program())

    @staticmethod
    def interface(far: str) -> Interface:
        return Interface(f"to-{far}", 1 + SWITCHES.index(far))

    def is_up(self, name: str, number: int) -> bool:
        far = SWITCHES[number - 1]
        return not {(name, far), (far, name)} & self.dead

    def wiring(self) -> Wiring:
        wires: dict[Place, Place] = {}
        for wire in self.wires:
            for a, b in (wire, wire[::-1]):
                near, far = 1 + SWITCHES.index(b), 1 + SWITCHES.index(a)
                wires[a, near] = (NOWHERE, 0) if wire in self.dead else (b, far)
        return Wiring(wires, {}, {})

    def check(self, pairs: Iterator[tuple[str, str]]) -> None:
        """All pairs that are still connected reach each other once, and nobody else."""
        parts: list[set[str]] = list(nx.connected_components(nx.Graph(self.wires - self.dead)))
        for sender, owner in pairs:
            journey = walk(self.switches, self.wiring(), (sender, TAP), Packet(mac(owner), mac(sender)))
            arrived = Counter(place for place, packet in journey.delivered if packet.eth_dst == mac(owner))
            assert len(journey.delivered) == sum(arrived.values()), "nobody else gets it, nor a changed one"
            is_connected = any({sender, owner} <= part for part in parts)
            assert arrived == ({(owner, TAP): 1} if is_connected else {})
            passed = Counter((visit.place, visit.packet.priority) for visit in journey.visits)
            assert max(passed.values()) == 1, "no interface is entered twice in the same way"


@settings(max_examples=40)
@given(fabrics(), st.integers(2, 9), st.data())
def test_any_wire_or_switch_may_fail(wires: Wires, key: int, data: st.DataObject) -> None:
    costs = data.draw(st.dictionaries(st.sampled_from(sorted(wires)), st.integers(1, 4), max_size=4))
    site = Site(wires, key, costs)
    site.check(permutations(SWITCHES, 2))
    for wire in sorted(wires):
        site.dead = frozenset({wire})
        site.check(permutations(SWITCHES, 2))


@settings(max_examples=25)
@given(fabrics(), st.integers(2, 9))
def test_a_switch_that_dies_cuts_off_nobody_who_can_do_without_it(wires: Wires, key: int) -> None:
    """Node protection (RFC 5286, 3.2): its neighbours see their wires to it die, and know no more than that."""
    site = Site(wires, key, {})
    for gone in SWITCHES:
        site.dead = frozenset(wire for wire in wires if gone in wire)
        site.check(pair for pair in permutations(SWITCHES, 2) if gone not in pair)
