"""What a switch holds, asked over its management socket.

Tests ask whenever they wait for something, and `ovs-ofctl` costs twenty times as much: it is started, prints each flow
as text, and the text is read again.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from struct import Struct

from controller.dataplane.encoder import COOKIE_MARK_MASK, COOKIE_MARK_VALUE
from fabric_bridge import FabricBridge
from hypervisor import Hypervisor
from tests.switch.openflow_wire import OpenFlowWire

FLOW, GROUP_DESC = 1, 7
_ALL_FLOWS = Struct("!B3xII4xQQHH4x").pack(0xFF, 0xFFFFFFFF, 0xFFFFFFFF, 0, 0, 1, 4)
"""Of any table, output, group and cookie; an empty match (OpenFlow 1.3.5, 7.3.5.2)."""
_ENTRY = Struct("!HB21xQ")
"""Length, table, and cookie."""
SYSTEM_OVS = Path("/var/run/openvswitch")
"""Run directory of the Open vSwitch that has a lab's bridges."""


def wire_to(switch: FabricBridge | Hypervisor) -> OpenFlowWire:
    """A connection to a switch of a lab."""
    directory = switch.ovs.directory if isinstance(switch, Hypervisor) else SYSTEM_OVS
    return OpenFlowWire(directory / f"{switch.bridge}.mgmt")


def our_flows(wire: OpenFlowWire) -> Iterator[tuple[int, int]]:
    """Table and cookie of each flow that carries our mark."""
    answer, at = wire.ask(FLOW, _ALL_FLOWS), 0
    while at < len(answer):
        length, table, cookie = _ENTRY.unpack_from(answer, at)
        at += length
        if cookie & COOKIE_MARK_MASK == COOKIE_MARK_VALUE:
            yield table, cookie


def groups(wire: OpenFlowWire) -> bytes:
    """All groups with their buckets, as they were told."""
    return wire.ask(GROUP_DESC)
