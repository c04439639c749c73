"""A tenant's guest: a network namespace whose `eth0` is wired to the interface of a port.

Transmit checksum offload is off, as a userspace datapath passes packets on as they are and would spread unfinished
checksums. IPv6 works, without router solicitations and without waiting for duplicate address detection.

A trunk port's guest has an interface `eth0.<VLAN ID>` for each tag that the lab gives addresses for. They are internal
interfaces of an Open vSwitch bridge inside the guest rather than kernel VLAN devices, since kernels without 802.1Q
support are common where labs run, and a guest is then the same everywhere. Like any host, a guest with several
interfaces answers by the address it was asked from: give each of its networks a subnet of its own.
"""

from __future__ import annotations

from typing import Any

from mininet.node import Host

from controller.intent import lab_model
from lab_node import LabNode
from namespaces import ip_batch
from packet_sockets import widen
from private_ovs import SWITCH, PrivateOvs

DEVICE = "eth0"
DEFAULT_MTU = 1500
_QUIET_IPV6 = ("accept_dad=0", "router_solicitations=0", "accept_ra=0")


class Guest(LabNode, Host):  # type: ignore[misc]
    """A guest, described by the lab's model."""

    def __init__(self, name: str, *, guest: lab_model.Guest, **params: Any) -> None:  # noqa: ANN401
        self.guest = guest
        self._ovs: PrivateOvs | None = None
        super().__init__(name, inNamespace=True, **params)

    def configDefault(self, **_params: Any) -> None:  # noqa: ANN401
        """Configure `eth0` as the lab says; Mininet calls this when the wire is there, and a move calls it again."""
        settings = [f"net.ipv6.conf.{where}.{what}" for where in ("all", "default", DEVICE) for what in _QUIET_IPV6]
        self.run(["sysctl", "-q", *settings])
        self.run(["ethtool", "-K", DEVICE, "tx", "off"])
        mac = [f"link set {DEVICE} address {self.guest.mac}"] if self.guest.mac else []
        ip_batch(
            [
                "link set lo up",
                *mac,
                f"link set {DEVICE} mtu {self.mtu} up",
                *(f"address add {address} dev {DEVICE}{_no_dad(address)}" for address in self.guest.addresses),
            ],
            pid=self.namespace,
        )
        self._tell_mininet()
        if self.guest.vlans:
            self._make_tagged_interfaces()

    @property
    def mtu(self) -> int:
        """In bytes, of `eth0`."""
        return self.guest.mtu or DEFAULT_MTU

    def widen(self) -> None:
        """Give what splits its tags room for frames that come while it does not get its turn."""
        if self._ovs and (pid := self._ovs.pid(SWITCH)):
            widen(pid)

    def terminate(self) -> None:
        """End the guest with all that runs in it."""
        if self._ovs:
            self._ovs.stop()
        super().terminate()

    def _tell_mininet(self) -> None:
        """Let `h1 ping h2` in Mininet's prompt know the addresses."""
        interface = self.nameToIntf[DEVICE]
        interface.mac = self.guest.mac
        for address in self.guest.addresses[:1]:
            interface.ip, interface.prefixLen = str(address.ip), address.network.prefixlen

    def _make_tagged_interfaces(self) -> None:
        if self._ovs is None:
            self._ovs = PrivateOvs(self.ledger.directory / self.name, pid=self.namespace, env=self.ledger.mark).start()
            self._ovs.vsctl("add-br", "trunk", "--", "set", "bridge", "trunk", "datapath_type=netdev")
        commands = ["--", "--may-exist", "add-port", "trunk", DEVICE]
        ip_lines = []
        for tag, addresses in self.guest.vlans.items():
            device = f"{DEVICE}.{tag}"
            mac = [f'mac="{self.guest.mac}"'] if self.guest.mac else []
            commands += ["--", "--may-exist", "add-port", "trunk", device, f"tag={tag}"]
            commands += ["--", "set", "interface", device, "type=internal", f"mtu_request={self.mtu}", *mac]
            ip_lines += [f"address replace {address} dev {device}{_no_dad(address)}" for address in addresses]
            ip_lines.append(f"link set {device} up")
        self._ovs.vsctl(*commands[1:])
        ip_batch(ip_lines, pid=self.namespace)


def _no_dad(address: lab_model.IpInterface) -> str:
    return " nodad" if address.version == 6 else ""
