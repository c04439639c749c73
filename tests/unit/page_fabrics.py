"""Cores for tests of the page: the leaf-spine topology with all of its links, and a large one; no switch is needed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path

from controller.core import Core
from controller.fabric.model import End, Interface, Link
from controller.intent.loader import load
from controller.intent.model import Fabric, Intent, Network, Port, Segment, SegmentKey, Switch
from controller.southbound.counters import Counted, InterfaceCounters
from tests.unit.api_site import Switches

LEAF_SPINE = Path(__file__).parents[2] / "topologies" / "leaf-spine.yaml"
SPEED = 10_000_000
SPINES, LEAVES, NETWORKS, PER_NETWORK, PER_TENANT = 8, 192, 10_000, 4, 100


@dataclass
class AllWell(Switches):
    """A southbound with nothing to do. It counts what passes out of the ends of links."""

    passing: dict[End, int] = field(default_factory=dict)
    """Bits of a second, in frames of 125 bytes."""

    def is_settled(self, switch: str) -> bool:
        return True

    def is_off(self, switch: str, network: str) -> bool:
        return False

    async def count(self, trunks: Mapping[str, Sequence[int]], timeout: float) -> dict[str, tuple[float, Counted]]:
        assert self.core
        self.rounds += 1
        now = asyncio.get_running_loop().time()
        found = {}
        for name, view in self.core.fabric.switches.items():
            sent = {one.number: int(now * self.passing.get(End(name, one.name), 0)) for one in view.interfaces.values()}
            counters = {at: InterfaceCounters(0, bits // 1000, 0, bits // 8, 0, now) for at, bits in sent.items()}
            found[name] = now, Counted(counters, {})
        return found


def leaf_spine() -> Core:
    """The topology of the demo, all of it in force."""
    loaded = load([LEAF_SPINE])
    assert loaded.intent, loaded.errors
    assert loaded.lab
    links = {
        Link.between(End(wire.a.node, wire.a.interface), End(wire.b.node, wire.b.interface))
        for wire in loaded.lab.wires
        if "eth0" not in (wire.a.interface, wire.b.interface)
    }
    keys = {one.id: SegmentKey(one.segment, one.key or 0) for one in loaded.intent.networks.values()}
    core = core_with(loaded.intent, keys, links)
    core.observed("red/web", "red/web2", 0x020000000099)
    settle(core)
    return core


def large() -> Core:
    """200 switches and 10,000 networks. Nothing is compiled: nobody asks for flows."""
    spines = {f"spine{number}": Switch(f"spine{number}", number) for number in range(1, SPINES + 1)}
    leaves = {
        f"leaf{number:03}": Switch(f"leaf{number:03}", 100 + number, ip_address(f"198.18.0.{number}"))
        for number in range(1, LEAVES + 1)
    }
    links = {
        Link.between(End(leaf, f"{leaf}-up{number}"), End(spine, f"{spine}-{leaf}"))
        for leaf in leaves
        for number, spine in enumerate(spines)
    }
    networks, ports, keys = {}, {}, {}
    names = list(leaves)
    for number in range(NETWORKS):
        tenant = f"tenant{number // PER_TENANT:02}"
        segment = Segment.VLAN if number < 4000 else Segment.VXLAN
        network = Network(tenant, f"net{number}", segment)
        networks[network.id] = network
        keys[network.id] = SegmentKey(segment, number + (2 if number < 4000 else 100_000))
        for which in range(PER_NETWORK):
            leaf = names[(7 * number + which * 31) % LEAVES]
            port = Port(tenant, f"vm{number}-{which}", network.id, switch=leaf, interface=f"tap{number}-{which}")
            ports[port.id] = port
    tenants = tuple(sorted({network.tenant for network in networks.values()}))
    return core_with(Intent(Fabric(spines | leaves), tenants, networks, ports), keys, links)


def core_with(intent: Intent, keys: dict[str, SegmentKey], links: set[Link]) -> Core:
    """A core to which all switches are connected, with the interfaces of all ports, and these links."""
    core = Core()
    core.adopt(intent, keys)
    wired: dict[str, set[str]] = {name: set() for name in intent.fabric.switches}
    for link in links:
        for end in link:
            wired[end.switch].add(end.interface)
    taps: dict[str, set[str]] = {name: set() for name in intent.fabric.switches}
    for port in intent.ports.values():
        if port.switch and port.interface:
            taps[port.switch].add(port.interface)
    for name in intent.fabric.switches:
        found = [*sorted(wired[name] - taps[name]), *sorted(taps[name]), "vxlan0", "geneve0", "gre0"]
        core.switch_ready(name, [Interface(one, at, speed=SPEED) for at, one in enumerate(found, 1)], True, 0.0)
    for number, link in enumerate(sorted(links)):
        core.heard(link.a, link.b, 0.0, 0.0002 + number % 5 * 0.00003)
        core.heard(link.b, link.a, 0.0, 0.0002 + number % 7 * 0.00003)
    core.changes(limit=1)
    return core


def settle(core: Core) -> None:
    """Compile, and confirm all steps."""
    core.changes()
    while core.confirmed(core.connected_switches()):
        core.changes()


def set_link(core: Core, link: str, *, up: bool) -> None:
    """Cut a wire, or mend it."""
    ends = link_of(link)
    for end in ends:
        known = core.fabric.switches[end.switch].interfaces[end.interface]
        core.interface_changed(end.switch, Interface(known.name, known.number, up, known.speed), False)
    if up:
        core.heard(ends.a, ends.b, 1.0)
        core.heard(ends.b, ends.a, 1.0)
    core.changes(limit=1)


def link_of(text: str) -> Link:
    """The link with this id."""
    one, other = (End(*part.split(":", 1)) for part in text.split(" -- "))
    return Link.between(one, other)
