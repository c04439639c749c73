"""A fake switch that holds what it is told and is read back to have it, and whose interfaces are wired to others.

What it is told to send out of an interface arrives at the switch at the other end, which hands it to the controller
with the cookie of its flow for announcements: the one that matches LLDP and has a copy sent. Nothing else is a frame to
it. Bundles take effect as they are filled, as nobody sees the moment between.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence

from fake_switch import FLOW_MOD, GROUP_MOD, METER_MOD, FakeSwitch, message

_PACKET_IN, _PACKET_OUT = 10, 13
_FLOW_STATS, _GROUP_DESCRIPTION, _METER_CONFIG = 1, 7, 10
_FLOW_MOD = struct.Struct("!8xQ8xBBHHH12xH2x")
"""Cookie, table, command, time-outs, priority and flags (OpenFlow 1.3.5, 7.3.4.2); match and instructions follow."""
_FLOW_ENTRY = struct.Struct("!HBx8xHHHH4xQ16x")
"""7.3.5.2, its counters zero."""
_GROUP_MOD = struct.Struct("!8xHBxI")
_METER_MOD = struct.Struct("!8xHHI")
_SEND = struct.Struct("!8xH6x4xI")
"""Bytes of actions, and the interface to send out of, which is all that the daemon asks for (7.3.7)."""
_ADD, _DELETE_FLOW, _DELETE = 0, 3, 2
_PART = 60_000
_LLDP = bytes.fromhex("80000a0288cc")
_COPIES = bytes.fromhex("00000010fffffffd"), bytes.fromhex("ffff0020000023200025")
"""How a copy to the controller begins: as an output (7.2.5), or as Open vSwitch's action with a meter."""
_IN_PORT = bytes.fromhex("0001000c80000004")


class HoldingSwitch(FakeSwitch):
    """One connection of one switch with wires."""

    def __init__(self, dpid: int, interfaces: Mapping[str, int]) -> None:
        super().__init__(dpid, interfaces)
        self.wires: Mapping[int, tuple[HoldingSwitch, int]] = {}
        """By interface: the switch and the interface at the other end."""
        self.heard = 0
        """Frames that went to the controller."""
        self._flows: dict[int, bytes] = {}
        self._groups: dict[int, bytes] = {}
        self._meters: dict[int, bytes] = {}
        self._copies_by: int | None = None

    def hear(self, interface: int, frame: bytes) -> None:
        """A frame arrives, and goes to the controller if the flow for that is there."""
        if self._copies_by is None or self.is_closed:
            return
        self.heard += 1
        head = struct.pack("!IHBBQ", 0xFFFFFFFF, len(frame), 1, 0, self._copies_by)
        self.transport.write(message(_PACKET_IN, 0, head + _IN_PORT + struct.pack("!I6x", interface) + frame))

    def _answers(self, kind: int, xid: int, body: bytes) -> list[bytes]:
        if kind != _PACKET_OUT:
            return super()._answers(kind, xid, body)
        actions, interface = _SEND.unpack_from(body)
        if interface in self.wires:
            other, there = self.wires[interface]
            other.hear(there, body[16 + actions :])
        return []

    def _change(self, kind: int, message: bytes) -> None:
        if kind == FLOW_MOD:
            self._change_flow(message)
        elif kind == GROUP_MOD:
            command, type_, number = _GROUP_MOD.unpack_from(message)
            _hold(self._groups, command, number, struct.pack("!BxI", type_, number) + message[16:])
        elif kind == METER_MOD:
            command, flags, number = _METER_MOD.unpack_from(message)
            _hold(self._meters, command, number, struct.pack("!HI", flags, number) + message[16:])

    def _change_flow(self, message: bytes) -> None:
        cookie, table, command, idle, hard, priority, flags = _FLOW_MOD.unpack_from(message)
        body = message[48:]
        if command == _DELETE_FLOW:
            self._flows.pop(cookie, None)
            self._copies_by = None if cookie == self._copies_by else self._copies_by
        elif command == _ADD:
            length = _FLOW_ENTRY.size + len(body)
            self._flows[cookie] = _FLOW_ENTRY.pack(length, table, priority, idle, hard, flags, cookie) + body
            if _LLDP in body and any(copy in body for copy in _COPIES):
                self._copies_by = cookie

    def _parts(self, question: int) -> list[bytes]:
        if question == _FLOW_STATS:
            return parts(list(self._flows.values()))
        if question == _GROUP_DESCRIPTION:
            return parts([_with_length(one) for one in self._groups.values()])
        if question == _METER_CONFIG:
            return parts([_with_length(one) for one in self._meters.values()])
        return super()._parts(question)


def wire_up(switches: Sequence[HoldingSwitch], wires: Iterable[tuple[tuple[int, int], tuple[int, int]]]) -> None:
    """Connect (place in `switches`, interface) with the same at the other end."""
    ends: list[dict[int, tuple[HoldingSwitch, int]]] = [{} for _ in switches]
    for (a, at_a), (b, at_b) in wires:
        ends[a][at_a], ends[b][at_b] = (switches[b], at_b), (switches[a], at_a)
    for switch, wired in zip(switches, ends, strict=True):
        switch.wires = wired


def parts(entries: Sequence[bytes]) -> list[bytes]:
    """The entries in as few bodies of multipart replies as they fit in; one that is empty if there are none."""
    found = [b""]
    for entry in entries:
        if len(found[-1]) + len(entry) > _PART:
            found.append(b"")
        found[-1] += entry
    return found


def _hold(held: dict[int, bytes], command: int, number: int, content: bytes) -> None:
    if command == _DELETE:
        held.pop(number, None)
    else:
        held[number] = content


def _with_length(entry: bytes) -> bytes:
    return struct.pack("!H", 2 + len(entry)) + entry
