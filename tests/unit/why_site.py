"""A core for questions why: three switches in a line, and one by itself, with something wrong at many a port.

    s1 --- s2 --- s3      s4 has no link, s5 was never seen, s6 has an endpoint of IPv6

`blue/web` is a VLAN network with ports everywhere, `blue/db` one on trunk ports, `blue/far` and `red/far` are VXLAN.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from ipaddress import ip_address

from controller.core import Core
from controller.fabric.model import End, Interface
from controller.fabric.outside_loops import Attachment, Block, Cause
from controller.intent.model import Fabric, Intent, LinkSetting, Network, Port, Segment, SegmentKey, Switch
from controller.why.answer import Answer
from controller.why.asking import Question, explain
from controller.why.frames import wanted_of

VXLAN = {Segment.VXLAN: "vxlan0"}
SWITCHES = {
    "s1": Switch("s1", 1, ip_address("192.0.2.1"), VXLAN),
    "s2": Switch("s2", 2),
    "s3": Switch("s3", 3, ip_address("192.0.2.3"), VXLAN),
    "s4": Switch("s4", 4, ip_address("192.0.2.4"), VXLAN),
    "s5": Switch("s5", 5, ip_address("192.0.2.5"), VXLAN),
    "s6": Switch("s6", 6, ip_address("2001:db8::6"), VXLAN),
}
LINKS = {(("s3", "up"), ("s4", "up")): LinkSetting()}
NETWORKS = {
    network.id: network
    for network in (
        Network("blue", "web", Segment.VLAN),
        Network("blue", "db", Segment.VLAN),
        Network("blue", "far", Segment.VXLAN),
        Network("blue", "new", Segment.VLAN),
        Network("red", "far", Segment.VXLAN),
    )
}
KEYS = {
    "blue/web": SegmentKey(Segment.VLAN, 101),
    "blue/db": SegmentKey(Segment.VLAN, 102),
    "blue/far": SegmentKey(Segment.VXLAN, 70001),
    "op/under": SegmentKey(Segment.VLAN, 10),
    "red/far": SegmentKey(Segment.VXLAN, 80001),
}


def _mac(number: int) -> str:
    return f"02:00:00:00:00:{number:02x}"


def _at(name: str, switch: str, number: int | None = None, network: str = "blue/web") -> Port:
    tenant, _, plain = name.partition("/")
    ips = (ip_address(f"10.0.0.{number}"), ip_address(f"fd00::{number}")) if number else ()
    mac = _mac(number) if number else None
    return Port(tenant, plain, network, switch=switch, interface=f"{tenant[0]}-{plain}", mac=mac, ip=ips)


TRUNK = ((11, "blue/web"), (12, "blue/db"))
PORTS = {
    port.id: port
    for port in (
        _at("blue/w1", "s1", 1),
        _at("blue/w2", "s3", 2),
        _at("blue/quiet", "s3"),
        _at("blue/mute", "s1"),
        _at("blue/near", "s1", 3),
        _at("blue/down", "s3", 4),
        _at("blue/gone", "s3", 5),
        _at("blue/looped", "s3", 6),
        _at("blue/island", "s4", 7),
        _at("blue/never", "s5", 8),
        _at("blue/new1", "s1", 1, "blue/new"),
        Port("blue", "t1", trunk=TRUNK, switch="s1", interface="b-t1", mac=_mac(9)),
        Port("blue", "t2", trunk=TRUNK, switch="s3", interface="b-t2", mac=_mac(10)),
        _at("blue/f1", "s1", 1, "blue/far"),
        _at("blue/f3", "s3", 2, "blue/far"),
        _at("blue/f4", "s4", 3, "blue/far"),
        _at("blue/f5", "s5", 4, "blue/far"),
        _at("blue/f6", "s6", 5, "blue/far"),
        Port("blue", "out", "blue/far", endpoint=ip_address("203.0.113.9"), mac=_mac(11)),
        _at("red/f1", "s1", 1, "red/far"),
        _at("red/f3", "s3", 2, "red/far"),
        Port("red", "out", "red/far", endpoint=ip_address("203.0.113.9"), mac=_mac(11)),
    )
}
INTENT = Intent(Fabric(SWITCHES, links=LINKS), ("blue", "red"), NETWORKS, PORTS)
GONE = {"b-gone", "s4:vxlan0"}
"""Interfaces that are not there."""


def core_of(intent: Intent = INTENT) -> Core:
    """A core that has seen all but one of the switches, and the wires between three of them."""
    core = Core()
    core.adopt(intent, KEYS)
    wires = {"s1": ("l12",), "s2": ("l21", "l23"), "s3": ("l32",), "s4": (), "s6": ()}
    for switch, ends in wires.items():
        taps = [port.interface for port in intent.ports.values() if port.switch == switch and port.interface]
        names = [name for name in ("vxlan0", *ends, *taps) if not {name, f"{switch}:{name}"} & GONE]
        interfaces = [Interface(name, number, up=name != "b-down") for number, name in enumerate(names, 1)]
        core.switch_ready(switch, interfaces, True, 0.0)
    for one, other in ((End("s1", "l12"), End("s2", "l21")), (End("s2", "l23"), End("s3", "l32"))):
        core.heard(one, other, 0.0)
        core.heard(other, one, 0.0)
    at = Attachment("blue/web", "blue/looped")
    core.loops.blocked[at] = Block(at, at, Cause.REFLECTED)
    settle(core)
    return core


def settle(core: Core) -> None:
    """Let the switches confirm all that they are told."""
    core.changes()
    while core.confirmed(core.connected_switches()):
        core.changes()


@dataclass(frozen=True)
class Site:
    """A core that is asked."""

    core: Core
    off: Collection[tuple[str, str]] = ()
    """(switch, network) that was refused."""
    ill: Mapping[str, str] | None = None

    def ask(self, sender: str, receiver: str, packet: str = "icmp", **more: str) -> Answer:
        question = Question(sender, receiver, wanted_of(packet), more.get("tenant"), more.get("network"))

        def health(switch: str) -> str | None:
            return (self.ill or {}).get(switch)

        found = explain(self.core, lambda switch, network: (switch, network) in self.off, health, question)
        return next(answer for answer in found if answer)
