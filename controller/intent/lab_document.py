"""The YAML form of the emulated part of a topology."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, Strict

from controller.intent.scalars import AddressesWithPrefix, AddressWithPrefix, End, Mac, Name, PortId, TwoEnds, Vid


class LabForm(BaseModel):
    """A mapping below `lab`; keys that are not declared are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class HypervisorDocument(LabForm):
    """A switch that is a host of its own: ovsdb-server, ovs-vswitchd, `br-phys` with `eth0`, and `br-int`."""

    address: AddressWithPrefix = Field(description="Underlay address with prefix length; the switch's endpoint.")


class GuestVlanDocument(LabForm):
    """A tagged subinterface of a trunk port's guest."""

    address: AddressesWithPrefix = Field((), description="Addresses with prefix length.")


class GuestDocument(LabForm):
    """A namespace plugged where its port says."""

    port: PortId = Field(description="The port, `tenant/port`.")
    hypervisor: Name | None = Field(default=None, description="Where it runs, if its port has an iface_id.")
    address: AddressesWithPrefix = Field((), description="Addresses with prefix length of the untagged interface.")
    mac: Mac | None = Field(default=None, description="MAC address; the port's when left out.")
    vlans: dict[Vid, GuestVlanDocument] = Field(default={}, description="Tagged subinterfaces by VLAN ID.")
    mtu: Annotated[int, Strict()] | None = Field(
        default=None, ge=68, le=65535, description="MTU in bytes of the guest's interface."
    )


class OutsideVtepDocument(LabForm):
    """A host with a Linux `vxlan` device that is not ours."""

    port: PortId = Field(description="The outside port, `tenant/port`.")
    address: AddressWithPrefix = Field(description="Underlay address with prefix length; the port's endpoint.")
    inner: AddressWithPrefix = Field(description="Address with prefix length of the `vxlan` device.")
    wire: End | None = Field(default=None, description="`node:interface` it is wired to; else the underlay bridge.")
    mac: Mac | None = Field(default=None, description="MAC address of the `vxlan` device; the port's when left out.")


class LabDocument(LabForm):
    """What Mininet builds around the intent."""

    bridges: tuple[Name, ...] = Field(default=(), description="Switches that are bridges of the host's Open vSwitch.")
    hypervisors: dict[Name, HypervisorDocument] = Field(default={}, description="Switches that are hosts of their own.")
    wires: tuple[TwoEnds, ...] = Field(default=(), description="Pairs of `node:interface` that are wired together.")
    guests: dict[Name, GuestDocument] = Field(default={}, description="Guests by name.")
    vteps: dict[Name, OutsideVtepDocument] = Field(default={}, description="Outside tunnel endpoints by name.")
    underlay: Literal["bridge"] | None = Field(
        default=None, description="`bridge`: uplinks that are not wired meet on one plain bridge."
    )


LAB_FORMS: dict[tuple[str, ...], tuple[str, type[BaseModel]]] = {
    ("lab",): ("lab", LabDocument),
    ("lab", "hypervisors", "*"): ("hypervisor", HypervisorDocument),
    ("lab", "guests", "*"): ("guest", GuestDocument),
    ("lab", "guests", "*", "vlans", "*"): ("VLAN {} of guest", GuestVlanDocument),
    ("lab", "vteps", "*"): ("vtep", OutsideVtepDocument),
}
"""As `controller.intent.document.FORMS`, for the lab."""
