"""A hypervisor: a network namespace with an Open vSwitch of its own, and tunnels in userspace.

    eth0 (uplink) -- br-phys [the underlay address]        br-int -- vxlan0, geneve0, gre0 (one for all peers)
                     a plain learning switch                    \\-- eth1 (fabric link), tap3 (a guest), ...

A userspace tunnel sends through the bridge that has the endpoint's address, so `br-phys` has it on its internal
interface. `br-int` is the switch of the intent: secure, and programmed by the daemon. A tunnel interface takes peer and
key from the flow that outputs to it (`remote_ip=flow`, `key=flow`).

To a peer whose MAC address is not known yet, userspace tunnels send one ARP request for each *translation* of a packet,
and drop what they translated from then on without asking again, for as long as packets keep coming. An underlay that
comes up a second too late would stay unused; `MAX_IDLE` makes the drops be forgotten between a guest's retries.

A hypervisor whose switch has `host: {}` is a bare host instead: it has `br-phys`, as its underlay is its own business,
and one `ovs-vsctl` line makes its database connect to the daemon, or listen for it; the daemon makes all else. Its
guests are plugged in as libvirt does it.

There is no management wire. The file system is shared between network namespaces, and OVS connects to any socket in
its own run directory, so `openflow.sock` in there is a symbolic link to the Unix socket on which the daemon listens.
ovsdb-server connects to any; the daemon's other socket, `ovsdb.sock`, is beside the first.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from mininet.node import Switch

from controller.intent import lab_model
from controller.intent.model import Segment, SocketAddress
from controller.northbound.join_command import passive
from lab_node import LabNode
from namespaces import CommandError, ip_batch
from packet_sockets import widen
from private_ovs import SWITCH, PrivateOvs

INTEGRATION, PHYSICAL = "br-int", "br-phys"
JOINED_WITHIN = 30.0
"""Seconds for a daemon to make a bridge; ovsdb-server tries to connect every 8 seconds at least."""
MAX_IDLE = 500
"""Milliseconds until a datapath flow without packets is dropped (Open vSwitch's own default is 10,000)."""


class Hypervisor(LabNode, Switch):  # type: ignore[misc]
    """A hypervisor, described by the lab's model and the tunnel interfaces of the intent's switch."""

    def __init__(
        self,
        name: str,
        *,
        hypervisor: lab_model.Hypervisor,
        tunnels: Mapping[Segment, str],
        socket: Path,
        underlay_mtu: int,
        bridge: str | None,
        connect: SocketAddress | None,
        guests: Mapping[str, lab_model.Guest],
        **params: Any,  # noqa: ANN401
    ) -> None:
        """`socket` is where the daemon listens, `bridge` what it makes if the host joins; `guests` are by interface.

        `connect` is where the database listens for the daemon; None if it connects itself.
        """
        self.bridge = bridge or INTEGRATION
        """Name of the bridge that is the switch."""
        self._joins = bridge is not None
        self._manager = passive(connect) if connect else f"unix:{socket.with_name('ovsdb.sock')}"
        self._guests = guests
        self._address = hypervisor.address
        self._tunnels = tunnels
        self._socket = socket
        self._underlay_mtu = underlay_mtu
        params["inNamespace"] = True
        super().__init__(name, **params)
        self.ovs = PrivateOvs(self.ledger.directory / name, pid=self.pid, env=self.ledger.mark)

    def start(self, _controllers: Iterable[Any]) -> None:
        """Start the Open vSwitch and make both bridges."""
        self.ovs.start()
        self.ovs.directory.joinpath("openflow.sock").symlink_to(self._socket)
        ip_batch(
            ["link set lo up", *(f"link set {name} addrgenmode none up" for name in self.interfaces())],
            pid=self.pid,
        )
        if self._joins:
            self.ovs.vsctl(*self._physical())
            self.join()
            for interface in self.interfaces():
                if interface != lab_model.UPLINK:
                    self.plug(interface, self._guests.get(interface))
        else:
            self.ovs.vsctl(*self._physical(), "--", *self._integration())
        self._address_underlay()

    def join(self) -> None:
        """Give the daemon the database, whoever connects, and wait until it has made the bridge."""
        words = [f"external_ids:tenantry-host={self.name}", f"external_ids:tenantry-controller={self._target}"]
        words += [f'external_ids:tenantry-encap-ip="{self._address.ip}"']
        self.ovs.vsctl("set", "Open_vSwitch", ".", *words, "--", "set-manager", self._manager)
        deadline = time.monotonic() + JOINED_WITHIN
        while self.bridge not in self.ovs.vsctl("list-br").split():
            if time.monotonic() > deadline:
                raise CommandError(f"no daemon has made {self.bridge} on {self.name} by {self._manager}")
            time.sleep(0.05)

    def plug(self, interface: str, guest: lab_model.Guest | None) -> None:
        """Put an interface into the switch; under its id if it is a guest's that has one, as libvirt does."""
        words = ["add-port", self.bridge, interface]
        if guest and guest.iface_id:
            words += ["--", "set", "interface", interface, f'external_ids:iface-id="{guest.iface_id}"']
            words += [f'external_ids:attached-mac="{guest.mac}"'] if guest.mac else []
            words += ["external_ids:iface-status=active"]
        self.ovs.vsctl("--", "--if-exists", "del-port", interface, "--", *words)

    def restart_switch(self) -> None:
        """Start ovs-vswitchd again after its end: without flows, and with the underlay address."""
        self.ovs.start_switch()
        self._address_underlay()

    def widen(self) -> None:
        """Give ovs-vswitchd room for frames that come while it does not get its turn."""
        if pid := self.ovs.pid(SWITCH):
            widen(pid)

    def _address_underlay(self) -> None:
        dad = " nodad" if self._address.version == 6 else ""
        lines = [f"link set {PHYSICAL} addrgenmode none", f"address replace {self._address} dev {PHYSICAL}{dad}"]
        ip_batch([*lines, f"link set {PHYSICAL} up"], pid=self.pid)

    def _physical(self) -> list[str]:
        return [
            *("set", "Open_vSwitch", ".", f"other_config:max-idle={MAX_IDLE}", "--"),
            *("add-br", PHYSICAL, "--", "set", "bridge", PHYSICAL, "datapath_type=netdev", "fail_mode=standalone"),
            *("--", "set", "interface", PHYSICAL, f"mtu_request={self._underlay_mtu}"),
            *(("--", "add-port", PHYSICAL, lab_model.UPLINK) if lab_model.UPLINK in self.interfaces() else ()),
        ]

    def _integration(self) -> list[str]:
        words = ["add-br", INTEGRATION, "--", "set", "bridge", INTEGRATION, "datapath_type=netdev", "fail_mode=secure"]
        words += ["protocols=OpenFlow13", f"other_config:datapath-id={self.dpid}"]
        words += ["other_config:disable-in-band=true"]
        for interface in self.interfaces():
            if interface != lab_model.UPLINK:
                words += ["--", "add-port", INTEGRATION, interface]
        for segment, interface in self._tunnels.items():
            words += ["--", "add-port", INTEGRATION, interface, "--", "set", "interface", interface]
            words += [f"type={segment}", "options:remote_ip=flow", "options:key=flow"]
            words += [f"options:local_ip={self._address.ip}"]
        return [*words, "--", "set-controller", INTEGRATION, self._target]

    @property
    def _target(self) -> str:
        return f"unix:{self.ovs.directory}/openflow.sock"

    def vsctl(self, *arguments: str) -> str:
        """Run `ovs-vsctl` on the Open vSwitch of this hypervisor."""
        return self.ovs.vsctl(*arguments)

    def ofctl(self, *arguments: str, stdin: str = "") -> str:
        """Run `ovs-ofctl` on the Open vSwitch of this hypervisor."""
        return self.ovs.ofctl(*arguments, stdin=stdin)

    def connected(self) -> bool:
        """Whether the OpenFlow channel is up, as the database knew at most 5 seconds ago."""
        return "true" in self.ovs.vsctl("--columns=is_connected", "list", "controller", INTEGRATION)

    def stop(self, deleteIntfs: bool = True) -> None:
        """End the daemons, and the namespace with them."""
        self.ovs.stop()
        super().stop(deleteIntfs)
