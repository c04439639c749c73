"""The switches and cables of a generated world as real bridges and veth pairs, its guests as tap devices.

Tunnel interfaces are left out: bridges of one Open vSwitch cannot tunnel to each other.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

from controller.dataplane.packet import Packet
from controller.dataplane.walk import Place
from namespaces import ip_batch
from private_ovs import PrivateOvs
from tests.property.scene import World
from tests.switch.ethernet import frame, tags_and_payload
from tests.switch.openflow_wire import OpenFlowWire
from tests.switch.tap import Tap

PATIENCE = 3.0
QUIET = 0.15
"""Seconds after the last expected frame in which nothing more may come."""


class RealFabric:
    """A world that is built on entry and gone on exit."""

    def __init__(self, world: World, ovs: PrivateOvs, namespace: int) -> None:
        self._world = world
        self._ovs = ovs
        self._namespace = namespace
        self._cables = [
            (f"{cable.a.interface}", f"{cable.b.interface}")
            for cable in world.scene.cables
            if world.scene.number(cable.a) is not None and world.scene.number(cable.b) is not None
        ]
        wired = {name for cable in self._cables for name in cable}
        self._taps: dict[Place, Tap] = {}
        self._devices: dict[str, dict[str, int]] = {}
        for name, view in world.scene.views.items():
            self._devices[name] = {}
            for interface in view.interfaces.values():
                place = (name, interface.number)
                if place in world.wiring.tunnels:
                    continue
                self._devices[name][interface.name] = interface.number
                if interface.name not in wired:
                    self._taps[place] = Tap(interface.name, namespace)

    def __enter__(self) -> Self:
        lines = [f"link add {one} type veth peer name {other}" for one, other in self._cables]
        lines += [f"link set {device} up" for devices in self._devices.values() for device in devices]
        ip_batch(lines, pid=self._namespace)
        for name, devices in self._devices.items():
            words = f"add-br {name} -- set bridge {name} datapath_type=netdev fail_mode=secure protocols=OpenFlow13"
            for device, number in devices.items():
                words += f" -- add-port {name} {device} -- set interface {device} ofport_request={number}"
            self._ovs.vsctl(*words.split())
            with OpenFlowWire(self._ovs.directory / f"{name}.mgmt") as wire:
                wire.install(self._world.programs[name])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ovs.vsctl(*" -- ".join(f"--if-exists del-br {name}" for name in self._devices).split())
        for tap in self._taps.values():
            tap.close()
        ip_batch([f"link delete {one}" for one, _ in self._cables], pid=self._namespace)

    def guests(self) -> frozenset[Place]:
        """Where something can be sent from."""
        return frozenset(self._taps)

    def exchange(
        self, sent: Sequence[tuple[Place, Packet]], expected: Mapping[bytes, int]
    ) -> dict[bytes, Counter[tuple[Place, tuple[int, ...]]]]:
        """Send packets, each under its mark (`mark_of` its index), and see where each mark comes out.

        `expected` says how many copies of each mark to wait for.
        """
        for index, (place, packet) in enumerate(sent):
            self._taps[place].send(frame(packet, mark_of(index)))
        seen: dict[bytes, Counter[tuple[Place, tuple[int, ...]]]] = {mark: Counter() for mark in expected}
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            self._collect(seen)
            if all(seen[mark].total() >= count for mark, count in expected.items()):
                break
            time.sleep(0.01)
        time.sleep(QUIET)
        self._collect(seen)
        return seen

    def _collect(self, seen: dict[bytes, Counter[tuple[Place, tuple[int, ...]]]]) -> None:
        for place, tap in self._taps.items():
            for data in tap.received():
                tags, payload = tags_and_payload(data)
                # The kernel's own frames, of its neighbour discovery, carry no mark.
                if payload[:8] in seen:
                    seen[payload[:8]][place, tags] += 1


def mark_of(index: int) -> bytes:
    """First bytes of the payload of frame number `index`."""
    return b"tnt!" + index.to_bytes(4, "big")
