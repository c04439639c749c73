"""What the soak's operator asks for: networks and ports that operations change, and the YAML that says so.

A `Net` is one network whatever it is called and however its frames travel: a renamed network is the same object, and
one that is removed and made again is another. Names are never used twice.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import yaml

from controller.intent.lab_model import WireEnd
from soak_fabric import HYPERVISORS, TENANTS, fabric_section

OVERLAYS = ("vxlan", "geneve", "gre")
SEGMENTS = ("vlan", *OVERLAYS, "auto")


class Place(NamedTuple):
    """A guest in one network: by untagged frames (None), or by the tag that a trunk guest uses for it."""

    guest: str
    tag: int | None


@dataclass(eq=False, slots=True)
class Net:
    """A network."""

    tenant: str
    name: str
    segment: str
    """As written, `auto` included."""
    held: str | None = None
    """Kind of segment that the daemon was seen to have given it; None as long as it has none."""

    @property
    def kind(self) -> str:
        """How its frames travel once the daemon has taken up what is written."""
        return self.segment if self.segment != "auto" else self.held or "vlan"

    @property
    def needs_endpoints(self) -> bool:
        """Whether its ports have to be on hypervisors."""
        return self.kind in OVERLAYS

    def __str__(self) -> str:
        return f"{self.tenant}/{self.name}"


@dataclass(eq=False, slots=True)
class Port:
    """A guest's port, where it should be plugged in."""

    name: str
    guest: str
    tenant: str
    slot: WireEnd
    nets: dict[int | None, Net]
    """By tag; None is the network of an access port."""
    mac: str
    given: bool
    """Whether the MAC is written down, or left to be learned."""

    @property
    def needs_endpoints(self) -> bool:
        """Whether it has to be on a hypervisor."""
        return any(net.needs_endpoints for net in self.nets.values())

    def __str__(self) -> str:
        return f"{self.tenant}/{self.name}"


@dataclass(slots=True)
class Wish:
    """Everything that is asked for."""

    nets: list[Net] = field(default_factory=list)
    ports: dict[str, Port] = field(default_factory=dict)
    """By the name of the guest."""
    _count: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def fresh_name(self, prefix: str) -> str:
        """A name that nothing had yet."""
        return f"{prefix}{next(self._count)}"

    def nets_of(self, tenant: str) -> list[Net]:
        """The tenant's networks."""
        return [net for net in self.nets if net.tenant == tenant]

    def ports_in(self, net: Net) -> list[Port]:
        """The ports of a network."""
        return [port for port in self.ports.values() if net in port.nets.values()]

    def may_need_endpoints(self, net: Net) -> bool:
        """Whether all of its ports are on hypervisors, so that it may be an overlay."""
        return all(port.slot.node in HYPERVISORS for port in self.ports_in(net))

    def places(self) -> dict[Place, Net]:
        """Which network each guest is in, by intent alone."""
        return {Place(port.guest, tag): net for port in self.ports.values() for tag, net in port.nets.items()}

    def document(self) -> dict[str, Any]:
        """The configuration, as YAML would be parsed."""
        return {"fabric": fabric_section(), "tenants": {tenant: self._tenant(tenant) for tenant in TENANTS}}

    def text(self) -> str:
        """The configuration."""
        return yaml.safe_dump(self.document(), sort_keys=False)

    def _tenant(self, tenant: str) -> dict[str, Any]:
        ports = {port.name: _port(port) for port in self.ports.values() if port.tenant == tenant}
        return {"networks": {net.name: {"segment": net.segment} for net in self.nets_of(tenant)}, "ports": ports}


def _port(port: Port) -> dict[str, Any]:
    written: dict[str, Any] = {"switch": port.slot.node, "interface": port.slot.interface, "ip": "10.0.0.1"}
    if None in port.nets:
        written["network"] = port.nets[None].name
    else:
        written["trunk"] = {tag: net.name for tag, net in port.nets.items()}
    return {**written, "mac": port.mac} if port.given else written
