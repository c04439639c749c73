"""How many flows a switch holds for what is attached to it and reachable from it.

Counted on compiled programs, as flows do not depend on who holds them: on a switch `here`, with one thing of a kind and
with `MANY` of it; the difference for each is what one costs. No packet is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from ipaddress import IPv4Address
from itertools import count, pairwise

from bench_report import Figure
from controller.core import Core
from controller.fabric.model import End, Interface
from controller.intent.model import Fabric, Intent, Learning, Network, Port, Segment, SegmentKey, Switch

NAME = "flows"
MANY = 101
MOST_FOR_PORT, MOST_FOR_ADDRESS = 4, 2
"""The aims: flows for each local port, and for each remote address of a local network."""
_TENANT = "blue"
_NAMES = ("here", "middle", "there")


class _Site:
    """Three switches in a line, with ports of one tenant, and what the first two hold for them."""

    def __init__(self, segment: Segment) -> None:
        self._segment = segment
        self._networks: dict[str, Network] = {}
        self._ports: dict[str, Port] = {}
        self._learned: list[tuple[Port, int]] = []
        self._macs = count(0x020000000001)

    def network(self, name: str) -> str:
        """Add a network, or have the one of that name."""
        added = Network(_TENANT, name, self._segment)
        self._networks[added.id] = added
        return added.id

    def port(self, network: str, switch: str, *, learned: int | None = None) -> None:
        """Add a port with a given address, or with a number of learned ones."""
        name = f"p{len(self._ports)}"
        given = None if learned is not None else f"{next(self._macs):012x}"
        mac = ":".join(given[at : at + 2] for at in range(0, 12, 2)) if given else None
        port = Port(_TENANT, name, network, switch=switch, interface=name, mac=mac)
        self._ports[f"{_TENANT}/{name}"] = port
        self._learned += [(port, next(self._macs)) for _ in range(learned or 0)]

    def flows(self, switch: str = "here") -> int:
        """Flows that the switch holds."""
        core = Core()
        core.adopt(self._intent(), self._keys())
        for name in _NAMES:
            core.switch_ready(name, self._interfaces(name), True, 0.0)
        for one, other in pairwise(_NAMES):
            ends = End(one, f"to-{other}"), End(other, f"to-{one}")
            for at, sender in (ends, ends[::-1]):
                core.heard(at, sender, 0.0)
        for port, mac in self._learned:
            core.observed(str(port.network), port.id, mac)
        core.changes()
        while core.confirmed(core.connected_switches()):
            core.changes()
        return len(core.compiler.program(switch).flows)

    def _intent(self) -> Intent:
        tunnels = {segment: f"{segment}0" for segment in Segment if segment.is_overlay}
        switches = {
            name: Switch(name, number, IPv4Address(f"198.51.100.{number}"), tunnels)
            for number, name in enumerate(_NAMES, 1)
        }
        return Intent(
            Fabric(switches, learning=Learning(limit=MANY)), (_TENANT,), dict(self._networks), dict(self._ports)
        )

    def _keys(self) -> dict[str, SegmentKey]:
        return {name: SegmentKey(self._segment, 2 + at) for at, name in enumerate(self._networks)}

    def _interfaces(self, switch: str) -> list[Interface]:
        names = [port.interface for port in self._ports.values() if port.switch == switch and port.interface]
        links = [f"to-{other}" for other in _NAMES if other != switch]
        tunnels = [f"{segment}0" for segment in Segment if segment.is_overlay]
        return [Interface(name, number) for number, name in enumerate([*names, *links, *tunnels], 1)]


def run() -> Iterator[Figure]:
    """Count; about a second."""
    yield Figure(NAME, "a switch with nothing on it", _Site(Segment.VXLAN).flows(), "flows")
    for segment in (Segment.VLAN, Segment.VXLAN):
        yield from _costs(segment)
        yield from _totals(segment)


def _costs(segment: Segment) -> Iterator[Figure]:
    cases: list[tuple[str, Callable[[_Site, int], None], str, int | None]] = [
        ("local port, MAC given", _local_given, "here", MOST_FOR_PORT),
        ("local port, one MAC learned", _local_learned, "here", MOST_FOR_PORT),
        ("further MAC learned at a local port", _further_learned, "here", None),
        ("network with its first local port", _networks_with_port, "here", None),
        ("remote address of a local network", _remote, "here", MOST_FOR_ADDRESS),
        ("network that only crosses the switch, with two addresses", _crossing, "middle", None),
        ("network of others", _elsewhere, "here", None),
    ]
    for case, fill, switch, aim in cases:
        one, many = _Site(segment), _Site(segment)
        fill(one, 1)
        fill(many, MANY)
        each = (many.flows(switch) - one.flows(switch)) / (MANY - 1)
        yield Figure(NAME, f"{segment}: each {case}", round(each, 3), "flows", aim)


def _totals(segment: Segment) -> Iterator[Figure]:
    for networks, ports in ((10, 2), (100, 2), (1000, 2), (1000, 10)):
        site = _Site(segment)
        for number in range(networks):
            network = site.network(f"n{number}")
            for _ in range(ports):
                site.port(network, "here")
                site.port(network, "there")
        case = f"{segment}: a switch with {networks:,} networks of {ports} local ports and {ports} remote addresses"
        yield Figure(NAME, case, site.flows(), "flows")


def _local_given(site: _Site, number: int) -> None:
    network = site.network("n")
    for _ in range(number):
        site.port(network, "here")


def _local_learned(site: _Site, number: int) -> None:
    network = site.network("n")
    for _ in range(number):
        site.port(network, "here", learned=1)


def _further_learned(site: _Site, number: int) -> None:
    site.port(site.network("n"), "here", learned=number)


def _networks_with_port(site: _Site, number: int) -> None:
    for at in range(number):
        network = site.network(f"n{at}")
        site.port(network, "here")
        site.port(network, "there", learned=0)


def _remote(site: _Site, number: int) -> None:
    network = site.network("n")
    site.port(network, "here")
    for _ in range(number):
        site.port(network, "there")


def _crossing(site: _Site, number: int) -> None:
    for at in range(number):
        network = site.network(f"n{at}")
        site.port(network, "here")
        site.port(network, "there")


def _elsewhere(site: _Site, number: int) -> None:
    for at in range(number):
        network = site.network(f"n{at}")
        site.port(network, "there")
