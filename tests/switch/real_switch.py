"""A switch of a generated world as a real bridge, in an Open vSwitch that belongs to the test alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress

from controller.dataplane.flow import Program
from controller.dataplane.packet import Packet
from controller.dataplane.walk import Place
from controller.fabric.model import SwitchView
from namespaces import CommandError, ip_batch
from private_ovs import PrivateOvs
from tests.switch.ethernet import frame
from tests.switch.openflow_wire import OpenFlowWire

BRIDGE = "br0"


class RealSwitch:
    """One bridge at a time: building the next removes the one before."""

    def __init__(self, ovs: PrivateOvs, namespace: int) -> None:
        self._ovs = ovs
        self._namespace = namespace

    def build(self, view: SwitchView, tunnels: Mapping[Place, str], program: Program) -> None:
        """Make the bridge with the view's interfaces under their numbers, and install the program."""
        with suppress(CommandError):
            self._ovs.vsctl("--if-exists", "del-br", BRIDGE)
        command = f"add-br {BRIDGE} -- set bridge {BRIDGE} datapath_type=netdev fail_mode=secure protocols=OpenFlow13"
        for interface in view.interfaces.values():
            kind = tunnels.get((view.name, interface.number), "internal")
            options = "" if kind == "internal" else " options:remote_ip=flow options:key=flow"
            command += f" -- add-port {BRIDGE} {interface.name} -- set interface {interface.name}"
            command += f" type={kind} ofport_request={interface.number}{options}"
        self._ovs.vsctl(*command.split())
        devices = [i.name for i in view.interfaces.values() if (view.name, i.number) not in tunnels]
        ip_batch([f"link set {name} up" for name in devices], pid=self._namespace)
        with OpenFlowWire(self._ovs.directory / f"{BRIDGE}.mgmt") as wire:
            wire.install(program)

    def datapath_numbers(self) -> dict[int, int]:
        """OpenFlow's number of each interface by the datapath's."""
        shown = self._ovs.appctl("dpif/show")
        return {int(there): int(here) for here, there in re.findall(r" (\d+)/(\d+): ", shown)}

    def trace(self, packet: Packet, interface: int) -> str:
        """What would become of a packet that enters at `interface`."""
        metadata = f"in_port={interface}"
        if source := packet.tunnel.source:
            # Without a receiver, OVS takes no notice of the tunnel's header.
            prefix, receiver = ("tun_", "192.0.2.9") if source.version == 4 else ("tun_ipv6_", "2001:db8::9")
            metadata += f",tun_id={packet.tunnel.id:#x},{prefix}src={source},{prefix}dst={receiver}"
        return self._ovs.appctl("ofproto/trace", BRIDGE, metadata, frame(packet).hex())

    def trace_bytes(self, data: bytes, interface: int) -> str:
        """What would become of a frame that no `Packet` describes."""
        return self._ovs.appctl("ofproto/trace", BRIDGE, f"in_port={interface}", data.hex())

    def parse_tags(self, most: int) -> None:
        """How many tags of a frame OVS may look at; one unless told otherwise."""
        self._ovs.vsctl("set", "Open_vSwitch", ".", f"other_config:vlan-limit={most}")
