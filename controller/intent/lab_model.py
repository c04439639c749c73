"""The emulated surroundings of an intent, as immutable values: what Mininet builds, and the daemon ignores.

A `Lab` says which of the fabric's switches are bridges of the host's own Open vSwitch and which are hypervisors (hosts
with an Open vSwitch of their own), what is wired to what, and which guests are plugged into the tenants' ports. It
names switches and ports of the `Intent` it was loaded with, and was checked against it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Interface, IPv6Interface
from typing import TypeAlias

IpInterface: TypeAlias = IPv4Interface | IPv6Interface
"""An address with its prefix length, such as `10.0.0.1/24`."""

UPLINK = "eth0"
"""The interface of a hypervisor towards the underlay; it is in `br-phys`, all others are in `br-int`."""


@dataclass(frozen=True, slots=True)
class WireEnd:
    """One interface of a bridge or hypervisor."""

    node: str
    interface: str

    def __str__(self) -> str:
        return f"{self.node}:{self.interface}"


@dataclass(frozen=True, slots=True)
class Wire:
    """A cable between two interfaces."""

    a: WireEnd
    b: WireEnd


@dataclass(frozen=True, slots=True)
class Hypervisor:
    """A switch that is a host of its own, with its own ovsdb-server and ovs-vswitchd."""

    name: str
    address: IpInterface
    """Its address on the underlay; the address part equals the switch's tunnel endpoint."""


@dataclass(frozen=True, slots=True)
class Guest:
    """A network namespace, plugged into an interface of a switch."""

    name: str
    port: str
    """Port id, `tenant/name`."""
    addresses: tuple[IpInterface, ...] = ()
    """Addresses of the untagged interface."""
    mac: str | None = None
    """The port's MAC unless the lab gives another; None leaves it to the kernel."""
    vlans: Mapping[int, tuple[IpInterface, ...]] = field(default_factory=dict)
    """Addresses of the tagged subinterfaces of a trunk port's guest, by VLAN ID."""
    mtu: int | None = None
    """In bytes; None leaves it to the builder."""
    switch: str = ""
    interface: str = ""
    """Those of its port; with an `iface_id`, of the hypervisor on which it is, under a name that the lab gives."""
    iface_id: str | None = None
    """That of its port: the interface is plugged in under it, as libvirt does."""


@dataclass(frozen=True, slots=True)
class OutsideVtep:
    """A host with a Linux `vxlan` device that is not ours, standing behind an outside port."""

    name: str
    port: str
    """Port id, `tenant/name`; its network and key are those of the `vxlan` device."""
    address: IpInterface
    """Its address on the underlay; the address part equals the port's endpoint."""
    inner: IpInterface
    """Address of the `vxlan` device, inside the network."""
    wire: WireEnd | None = None
    """Where it is plugged in; None is the underlay bridge."""
    mac: str | None = None
    """MAC of the `vxlan` device: the port's unless the lab gives another; None leaves it to the kernel."""


@dataclass(frozen=True, slots=True)
class Lab:
    """Everything Mininet builds for one topology."""

    bridges: tuple[str, ...] = ()
    """Switches that are bridges of the host's Open vSwitch."""
    hypervisors: Mapping[str, Hypervisor] = field(default_factory=dict)
    wires: tuple[Wire, ...] = ()
    guests: Mapping[str, Guest] = field(default_factory=dict)
    vteps: Mapping[str, OutsideVtep] = field(default_factory=dict)
    underlay_bridge: bool = False
    """Whether uplinks and outside VTEPs that are not wired meet on one plain bridge outside of the fabric."""
