"""Writes large installations for the benchmarks: networks of a few ports each, spread over many switches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address

PER_TENANT = 100
TUNNELS = ("vxlan0", "geneve0", "gre0")
_FIRST_ENDPOINT = IPv4Address("198.18.0.1")


@dataclass(frozen=True, slots=True)
class Installation:
    """So many VXLAN networks, each with one port on each of `spread` of the switches."""

    networks: int
    switches: int
    spread: int

    def text(self) -> str:
        """The YAML."""
        return "\n".join(self._lines()) + "\n"

    def interfaces(self) -> list[dict[str, int]]:
        """For each switch its OpenFlow numbers by interface, tunnels first, as hosts are set up in this order."""
        found: list[dict[str, int]] = [{name: number for number, name in enumerate(TUNNELS, 1)} for _ in self._names()]
        for network in range(self.networks):
            for port, switch in enumerate(self._places(network)):
                found[switch][self._interface(network, port)] = len(found[switch]) + 1
        return found

    @staticmethod
    def dpid(switch: int) -> int:
        """Datapath id of a switch, counted from 0."""
        return switch + 1

    def _names(self) -> list[str]:
        return [f"hv{number:03}" for number in range(1, self.switches + 1)]

    def _places(self, network: int) -> list[int]:
        """The switches of a network: neighbours, starting somewhere else with each network."""
        return [(7 * network + port) % self.switches for port in range(self.spread)]

    def _interface(self, network: int, port: int) -> str:
        return f"tap{self.spread * network + port}"

    def _lines(self) -> Iterator[str]:
        names = self._names()
        yield "fabric:\n  switches:"
        for number, name in enumerate(names):
            yield f'    {name}: {{dpid: "{self.dpid(number):016x}", endpoint: {_FIRST_ENDPOINT + number}}}'
        yield "tenants:"
        for first in range(0, self.networks, PER_TENANT):
            networks = range(first, min(first + PER_TENANT, self.networks))
            yield f"  tenant{first // PER_TENANT}:\n    networks:"
            for network in networks:
                yield f"      net{network}: {{segment: vxlan}}"
            yield "    ports:"
            for network in networks:
                for port, switch in enumerate(self._places(network)):
                    mac = (0x02 << 40 | self.spread * network + port).to_bytes(6, "big").hex(":")
                    where = f"switch: {names[switch]}, interface: {self._interface(network, port)}"
                    yield f'      vm{network}-{port}: {{network: net{network}, {where}, mac: "{mac}"}}'
