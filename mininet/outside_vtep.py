"""A tunnel endpoint that is not ours: a host with a Linux `vxlan` device.

It knows of the lab only the addresses of the endpoints to which it floods (`bridge fdb`), the network's key and the
standard port. It learns the rest as any such host does.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mininet.node import Host

from controller.intent import lab_model
from controller.intent.model import IpAddress
from lab_node import LabNode
from namespaces import ip_batch

UPLINK, DEVICE = "eth0", "vxlan"
VXLAN_PORT = 4789
"""RFC 7348, section 5."""
INNER_MTU = 1500


class OutsideVtep(LabNode, Host):  # type: ignore[misc]
    """The host, described by the lab's model."""

    def __init__(
        self,
        name: str,
        *,
        vtep: lab_model.OutsideVtep,
        key: int,
        peers: Iterable[IpAddress],
        underlay_mtu: int,
        **params: Any,  # noqa: ANN401
    ) -> None:
        """`key` is the network's; `peers` are the endpoints to flood to."""
        self.vtep = vtep
        self._key = key
        self._peers = tuple(peers)
        self._underlay_mtu = underlay_mtu
        super().__init__(name, inNamespace=True, **params)

    def configDefault(self, **_params: Any) -> None:  # noqa: ANN401
        """Give the uplink its address and make the `vxlan` device; Mininet calls this when the wire is there."""
        vtep, mac = self.vtep, f"address {self.vtep.mac}" if self.vtep.mac else ""
        quiet = ("accept_dad=0", "router_solicitations=0", "accept_ra=0")
        self.run(["sysctl", "-q", *(f"net.ipv6.conf.default.{setting}" for setting in quiet)])
        self.run(["ethtool", "-K", UPLINK, "tx", "off"])
        ip_batch(
            [
                "link set lo up",
                f"link set {UPLINK} mtu {self._underlay_mtu} up",
                f"address add {vtep.address} dev {UPLINK}",
                f"link add {DEVICE} {mac} mtu {INNER_MTU} type vxlan id {self._key} dstport {VXLAN_PORT} "
                f"local {vtep.address.ip}",
                f"address add {vtep.inner} dev {DEVICE}",
                f"link set {DEVICE} up",
            ],
            pid=self.namespace,
        )
        self.run(["ethtool", "-K", DEVICE, "tx", "off"])
        for peer in self._peers:
            self.run(["bridge", "fdb", "append", "00:00:00:00:00:00", "dev", DEVICE, "dst", str(peer)])
