"""All mixtures of programs that switches may have while something changes, and frames that are sent through them.

Switches apply what they are told one after the other, in any order. The state machine drives the daemon's core through
events of one VLAN network on a fabric with circles; after each, some switches have followed and others have not, and
frames are sent from every port through several such mixtures.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import partial
from itertools import combinations, pairwise, product
from random import Random

import networkx as nx
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from controller.core import Core
from controller.dataplane.fields import mac_text
from controller.dataplane.flow import Program
from controller.dataplane.interpreter import Interpreter
from controller.dataplane.packet import Packet
from controller.dataplane.walk import Place, Wiring, walk
from controller.fabric.model import End, Interface, Link
from controller.intent.model import Fabric, Intent, LinkEnd, LinkSetting, Network, Port, Segment, SegmentKey, Switch

NETWORK = Network("t", "n", Segment.VLAN)
KEYS = {NETWORK.id: SegmentKey(Segment.VLAN, 9)}
LEARNED = (0x020000000001, 0x020000000002)
BROADCAST = 0xFFFFFFFFFFFF
UNKNOWN = 0x02DEAD000001
TAPS = {"tap0": 10, "tap1": 11}
MIXTURES = 12
MOST_STEPS = 60
RING = frozenset([("s0", "s1"), ("s1", "s2"), ("s2", "s3"), ("s3", "s4"), ("s0", "s4")])
NOWHERE = "nowhere"
"""The far end of wires that are cut."""


def switch_names(count: int) -> list[str]:
    return [f"s{number}" for number in range(count)]


@st.composite
def shapes(draw: st.DrawFn) -> tuple[list[str], frozenset[tuple[str, str]]]:
    """Three to five switches, connected, mostly with circles."""
    names = switch_names(draw(st.integers(3, 5)))
    line = frozenset(pairwise(names))
    others = sorted(frozenset(combinations(names, 2)) - line)
    return names, line | draw(st.frozensets(st.sampled_from(others), min_size=1))


class Mixtures(RuleBasedStateMachine):
    """The core, what each switch was told and holds, and which wires are whole."""

    core: Core
    names: list[str]
    wires: frozenset[tuple[str, str]]

    def __init__(self) -> None:
        super().__init__()
        self.ports: dict[str, Port] = {}
        self.cut: set[tuple[str, str]] = set()
        self.prices: dict[tuple[LinkEnd, LinkEnd], LinkSetting] = {}
        self.told: dict[str, Interpreter] = {}
        self.held: dict[str, Interpreter] = {}
        self.silent: set[str] = set()
        self.unsettled_ports: set[str] = set()
        """Ports that came or whose addresses changed since all was settled."""
        self.parts: list[set[str]] = []
        """Switches that were connected when all was settled."""
        self.cuts = self.changes = 0
        """What happened to wires since all was settled. Nothing is lost by changes alone; by one cut alone, nothing
        that is for a known address."""
        self.is_stale = False
        self.seen: object = None

    @initialize(shape=shapes(), data=st.data())
    def begin(self, shape: tuple[list[str], frozenset[tuple[str, str]]], data: st.DataObject) -> None:
        members = data.draw(st.lists(st.sampled_from(shape[0]), min_size=2, unique=True))
        self.build(*shape, {name: data.draw(st.booleans()) for name in members})

    def build(self, names: list[str], wires: frozenset[tuple[str, str]], members: dict[str, bool]) -> None:
        """Everything up, and settled; of each member whether its address is given."""
        self.names, self.wires = names, wires
        self.core = Core()
        for name, is_given in members.items():
            self.put(name, "tap0", is_given)
        self.adopt()
        for name in self.names:
            self.connect(name)
        for wire in sorted(self.wires):
            self.hear(wire)
        self.tell()
        self.settle()

    @rule(data=st.data(), mac=st.sampled_from(LEARNED))
    def learn(self, data: st.DataObject, mac: int) -> None:
        learning = sorted(name for name, port in self.ports.items() if not port.mac)
        if learning:
            port = data.draw(st.sampled_from(learning))
            before = self.core.situation.addresses.of(NETWORK.id).get(mac)
            self.core.observed(NETWORK.id, port, mac)
            self.unsettled_ports |= {port} | ({before} if before and before != port else set())

    @rule(mac=st.sampled_from(LEARNED))
    def forget(self, mac: int) -> None:
        for name, interpreter in self.told.items():
            for cookie, flow in interpreter.program.flows.items():
                if flow.reason.note == "learned sender" and flow.match[-1][1] == mac:
                    self.core.flow_expired(name, cookie)

    @rule(data=st.data(), interface=st.sampled_from(sorted(TAPS)), is_given=st.booleans())
    def add_port(self, data: st.DataObject, interface: str, is_given: bool) -> None:
        self.put(data.draw(st.sampled_from(self.names)), interface, is_given)
        self.adopt()

    @rule(data=st.data())
    def remove_port(self, data: st.DataObject) -> None:
        if self.ports:
            self.unsettled_ports.add(self.ports.pop(data.draw(st.sampled_from(sorted(self.ports)))).id)
            self.adopt()

    @rule(data=st.data())
    def move_a_given_address(self, data: st.DataObject) -> None:
        given = sorted(name for name, port in self.ports.items() if port.mac)
        learning = sorted(self.ports.keys() - set(given))
        if given and learning:
            one, other = (self.ports[data.draw(st.sampled_from(names))] for names in (given, learning))
            for port, mac in ((one, None), (other, one.mac)):
                self.ports[port.id] = Port("t", port.name, NETWORK.id, (), port.switch, port.interface, None, mac)
                self.unsettled_ports.add(port.id)
            self.adopt()

    @rule(data=st.data())
    def cut_a_wire(self, data: st.DataObject) -> None:
        whole = sorted(self.wires - self.cut)
        if whole:
            self.sever(data.draw(st.sampled_from(whole)))

    def sever(self, wire: tuple[str, str]) -> None:
        self.cut.add(wire)
        self.cuts += 1
        for near, far in (wire, wire[::-1]):
            if near not in self.silent:
                self.core.interface_changed(near, self.interface(near, far), deleted=False)

    @rule(data=st.data())
    def mend_a_wire(self, data: st.DataObject) -> None:
        """Also at a switch without session, and before one that comes back has followed."""
        if self.cut:
            self.mend(data.draw(st.sampled_from(sorted(self.cut))))

    def mend(self, wire: tuple[str, str]) -> None:
        self.cut.discard(wire)
        self.changes += 1
        for near, far in (wire, wire[::-1]):
            self.core.interface_changed(near, self.interface(near, far), deleted=False)
        self.hear(wire)

    @rule(data=st.data(), cost=st.integers(1, 3), draining=st.booleans())
    def price_a_wire(self, data: st.DataObject, cost: int, draining: bool) -> None:
        """What operators do before they unplug one: nothing is lost."""
        a, b = data.draw(st.sampled_from(sorted(self.wires)))
        self.prices[(a, f"to-{b}"), (b, f"to-{a}")] = LinkSetting(cost, draining)
        self.changes += 1
        self.adopt()

    @rule(data=st.data())
    def lose_a_session(self, data: st.DataObject) -> None:
        self.lose(data.draw(st.sampled_from(self.names)))

    def lose(self, name: str) -> None:
        self.silent.add(name)
        self.is_stale = True
        self.core.switch_lost(name)

    @rule()
    def regain_sessions(self) -> None:
        for name in sorted(self.silent):
            self.connect(name)
            # It is read back, and gets all that it missed.
            del self.told[name]
        self.silent.clear()

    @rule(data=st.data())
    def some_follow(self, data: st.DataObject) -> None:
        self.tell()
        for name in data.draw(st.sets(st.sampled_from(self.names))) - self.silent:
            self.held[name] = self.told[name]

    @rule(is_rested=st.booleans())
    def confirm(self, is_rested: bool) -> None:
        self.tell()
        self.follow()
        self.core.confirmed(self.core.connected_switches(), is_rested=is_rested)

    @rule()
    def settle(self) -> None:
        self.frames_arrive_as_they_should()
        self.follow()
        for _ in range(MOST_STEPS):
            if not self.core.confirmed(self.core.connected_switches()):
                break
            self.frames_arrive_as_they_should()
            self.follow()
        else:
            raise AssertionError("this does not come to an end")
        if not self.silent:
            assert not self.core.settling.is_pending
            self.cuts = self.changes = 0
            self.is_stale = False
            self.unsettled_ports.clear()
            self.parts = list(nx.connected_components(nx.Graph(self.wires - self.cut)))

    @invariant()
    def frames_arrive_as_they_should(self) -> None:
        self.tell()
        now = self.told.copy(), self.held.copy(), self.cut.copy(), self.ports.copy(), self.silent.copy()
        if now != self.seen:
            self.seen = now
            for mixture in self.mixtures():
                for port in sorted(self.ports):
                    for mac, owner in [*self.owners().items(), (BROADCAST, ""), (UNKNOWN, "")]:
                        if owner != port:
                            self.send(mixture, port, mac, owner)

    def mixtures(self) -> Iterator[dict[str, Interpreter]]:
        """All that there can be; of many, a sample that is the same every time."""
        behind = [name for name in self.names if name not in self.silent and self.held[name] is not self.told[name]]
        choices = list(product((True, False), repeat=len(behind)))
        if len(choices) > MIXTURES:
            choices = Random(len(self.ports)).sample(choices, MIXTURES)
        for choice in choices:
            yield self.held | {name: self.told[name] for name, has in zip(behind, choice, strict=True) if has}

    def send(self, mixture: dict[str, Interpreter], sender: str, mac: int, owner: str) -> None:
        start = self.place(sender)
        own = [known for known, name in self.owners().items() if name == sender]
        packet = Packet(mac, own[0] if own else UNKNOWN + 1)
        switches = {**mixture, NOWHERE: Interpreter(Program())}
        arrived = Counter(place for place, _ in walk(switches, self.wiring(), start, packet).delivered)
        assert max(arrived.values(), default=0) <= 1, "a frame arrives twice"
        assert start not in arrived, "a frame comes back to its sender"
        is_known_since = not {sender, owner} & self.unsettled_ports
        is_protected = (self.cuts == 0 or (self.cuts, self.changes) == (1, 0)) and not self.is_stale
        if owner and is_known_since and is_protected and self.are_connected(sender, owner):
            assert arrived == {self.place(owner): 1}, "a frame for a known address goes there and nowhere else"
        if not owner and self.cuts == 0 and not self.is_stale and sender not in self.unsettled_ports:
            others = self.ports.keys() - self.unsettled_ports - {sender}
            members = {self.place(other) for other in others if self.are_connected(sender, other)}
            assert members <= arrived.keys(), "a flooded frame arrives at all members"

    # What there is

    def put(self, switch: str, interface: str, is_given: bool) -> None:
        name = f"{switch}-{interface}"
        if f"t/{name}" not in self.ports:
            mac = mac_text(0x02AA00000000 | self.names.index(switch) << 8 | TAPS[interface])
            is_taken = any(port.mac == mac for port in self.ports.values())
            port = Port("t", name, NETWORK.id, (), switch, interface, None, mac if is_given and not is_taken else None)
            self.ports[port.id] = port
            self.unsettled_ports.add(port.id)

    def owners(self) -> dict[int, str]:
        """Addresses, and the ports that they are behind."""
        given = {int(port.mac.replace(":", ""), 16): name for name, port in self.ports.items() if port.mac}
        learned = self.core.situation.addresses.of(NETWORK.id)
        return {**learned, **given}

    def place(self, port: str) -> Place:
        return str(self.ports[port].switch), TAPS[str(self.ports[port].interface)]

    def interface(self, near: str, far: str) -> Interface:
        is_up = not {(near, far), (far, near)} & self.cut
        return Interface(f"to-{far}", 1 + int(far[1:]), is_up)

    def wiring(self) -> Wiring:
        whole = self.wires - self.cut
        ends = ((a, b) for wire in whole for a, b in (wire, wire[::-1]))
        wires = {(a, 1 + int(b[1:])): (b, 1 + int(a[1:])) for a, b in ends}
        # What is sent into a cut wire is lost, and is not for a guest.
        lost = ((a, b) for wire in self.cut for a, b in (wire, wire[::-1]))
        return Wiring(wires | {(a, 1 + int(b[1:])): (NOWHERE, 0) for a, b in lost}, {}, {})

    def are_connected(self, one: str, other: str) -> bool:
        """Whether there is a way between two ports, and was when all was settled."""
        ends = {str(self.ports[name].switch) for name in (one, other)}
        now: list[set[str]] = list(nx.connected_components(nx.Graph(self.wires - self.cut)))
        return len(ends) == 1 or all(any(ends <= part for part in parts) for parts in (self.parts, now))

    def is_alive(self, name: str, number: int) -> bool:
        """Whether an interface has a carrier: switches see that for themselves, before and without being told."""
        far = f"s{number - 1}"
        return not {(name, far), (far, name)} & self.cut

    # What happens

    def adopt(self) -> None:
        switches = {name: Switch(name, 1 + number) for number, name in enumerate(self.names)}
        fabric = Fabric(switches, links=dict(self.prices))
        self.core.adopt(Intent(fabric, ("t",), {NETWORK.id: NETWORK}, dict(self.ports)), KEYS)

    def connect(self, name: str) -> None:
        interfaces = [Interface(tap, number) for tap, number in TAPS.items()]
        far = [b if a == name else a for a, b in sorted(self.wires) if name in (a, b)]
        self.core.switch_ready(name, [*interfaces, *(self.interface(name, other) for other in far)], True, 0.0)

    def hear(self, wire: tuple[str, str]) -> None:
        a, b = End(wire[0], f"to-{wire[1]}"), End(wire[1], f"to-{wire[0]}")
        self.core.heard(a, b, 0.0)
        self.core.heard(b, a, 0.0)
        assert Link.between(a, b) in self.core.discovery.links()

    def tell(self) -> None:
        changed = {change.switch for change in self.core.changes()}
        for name in changed - self.silent | (set(self.names) - self.silent - self.told.keys()):
            self.told[name] = Interpreter(self.core.compiler.program(name), partial(self.is_alive, name))
            self.held.setdefault(name, Interpreter(Program()))

    def follow(self) -> None:
        self.held.update({name: told for name, told in self.told.items() if name not in self.silent})
