"""A southbound at work with what it reported written down, and a bridge of a private Open vSwitch to talk to it."""

from __future__ import annotations

import asyncio
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from controller.dataplane.encoder import cookie_of
from controller.dataplane.fields import METADATA, TUN_DST, TUN_ID, TUN_IPV6_DST, VLAN_VID
from controller.dataplane.flow import (
    OUR_GROUPS,
    OUR_METERS,
    Action,
    Bucket,
    Flow,
    Group,
    GroupKind,
    Match,
    Meter,
    Output,
    PopVlan,
    Program,
    PushVlan,
    Reason,
    SetField,
    ToController,
    ToGroup,
)
from controller.dataplane.table import match_of
from controller.dataplane.text import flow_text, normalised
from controller.fabric.model import Interface
from controller.southbound.drift import Drift
from controller.southbound.events import Held
from controller.southbound.listen import Listen
from controller.southbound.southbound import Southbound
from namespaces import CommandError
from private_ovs import PrivateOvs

BRIDGE = "br0"
DPID = 0xA1
PATIENCE = 20.0
WHY = Reason("test", "a test", network="blue/web")


@dataclass(slots=True)
class Recorder:
    """A handler that writes down what it is told, and opens the gate for each switch."""

    southbound: Southbound | None = None
    """Whose gate to open; None leaves it closed."""
    ready: list[tuple[str, tuple[Interface, ...], bool]] = field(default_factory=list)
    lost: list[tuple[str, str]] = field(default_factory=list)
    interfaces: list[tuple[str, Interface, bool]] = field(default_factory=list)
    packets: list[tuple[str, int, int, bytes]] = field(default_factory=list)
    expired: list[tuple[str, int]] = field(default_factory=list)
    refusals: list[tuple[str, Reason, str]] = field(default_factory=list)
    drifts: list[tuple[str, Drift]] = field(default_factory=list)
    taken_later: list[tuple[str, str]] = field(default_factory=list)

    def switch_ready(self, name: str, interfaces: tuple[Interface, ...], has_meters: bool, held: Held) -> None:
        self.ready.append((name, interfaces, has_meters))
        if self.southbound:
            self.southbound.open_gate(name)

    def switch_settled(self, name: str) -> None:
        """Nothing that a test asks for; see `Southbound.settled`."""

    def switch_lost(self, name: str, reason: str) -> None:
        self.lost.append((name, reason))

    def interface_changed(self, name: str, interface: Interface, deleted: bool) -> None:
        self.interfaces.append((name, interface, deleted))

    def packet_in(self, name: str, cookie: int, in_port: int, data: bytes) -> None:
        self.packets.append((name, cookie, in_port, data))

    def flow_expired(self, name: str, cookie: int) -> None:
        self.expired.append((name, cookie))

    def drifted(self, name: str, what: Drift) -> None:
        self.drifts.append((name, what))

    def refused(self, name: str, reason: Reason, text: str) -> None:
        self.refusals.append((name, reason, text))

    def taken(self, name: str, network: str) -> None:
        self.taken_later.append((name, network))


@asynccontextmanager
async def serving(
    *endpoints: Listen, recorder: Recorder | None = None, dpids: Sequence[int] = (DPID,), gate_open: bool = True
) -> AsyncIterator[tuple[Southbound, Recorder]]:
    """A southbound that expects switches `s1`, `s2`, ..."""
    recorder = recorder or Recorder()
    southbound = Southbound(recorder, {dpid: f"s{index}" for index, dpid in enumerate(dpids, 1)})
    recorder.southbound = southbound if gate_open else None
    await southbound.listen(endpoints)
    try:
        yield southbound, recorder
    finally:
        await southbound.close()


async def until(condition: Callable[[], object]) -> None:
    """Wait until it holds."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        await asyncio.sleep(0.02)


@contextmanager
def private_ovs(directory: Path) -> Iterator[tuple[PrivateOvs, int]]:
    """An Open vSwitch in a network namespace of its own, and the id of a process in it."""
    shell = subprocess.Popen(["unshare", "-n", "sleep", "infinity"])
    try:
        time.sleep(0.2)
        with PrivateOvs(directory, pid=shell.pid) as ovs:
            yield ovs, shell.pid
    finally:
        shell.kill()
        shell.wait()


def fresh_bridge(ovs: PrivateOvs) -> None:
    """Bridge `br0` with two interfaces, numbers 1 and 2, and no controller."""
    with suppress(CommandError):
        ovs.vsctl("--if-exists", "del-br", BRIDGE)
    settings = ["datapath_type=netdev", "protocols=OpenFlow13", "fail_mode=secure"]
    ovs.vsctl("add-br", BRIDGE, "--", "set", "bridge", BRIDGE, *settings, f"other-config:datapath-id={DPID:016x}")
    for number in (1, 2):
        interface = ["set", "interface", f"p{number}", "type=internal", f"ofport_request={number}"]
        ovs.vsctl("add-port", BRIDGE, f"p{number}", "--", *interface)


def flows_of(ovs: PrivateOvs) -> set[str]:
    """What `ovs-ofctl` says that the bridge holds."""
    lines = ovs.ofctl("--no-names", "dump-flows", BRIDGE).splitlines()
    return {normalised(line) for line in lines if "cookie=" in line}


def as_text(program: Program) -> set[str]:
    """What `ovs-ofctl` should say of it."""
    return {normalised(flow_text(flow, cookie)) for cookie, flow in program.flows.items()}


def program_of(*flows: Flow, groups: Sequence[Group] = (), meters: Sequence[Meter] = ()) -> Program:
    return Program(
        {cookie_of(flow): flow for flow in flows},
        {group.id: group for group in groups},
        {meter.id: meter for meter in meters},
    )


def mac_flow(number: int, out: int = 1, idle_timeout: int = 0) -> Flow:
    """A flow for one address."""
    return Flow(0, 10, match_of(eth_dst=number), (Output(out),), None, None, idle_timeout, WHY)


METER = Meter(OUR_METERS[0], 50, 50, WHY)
GROUPS = (
    Group(OUR_GROUPS[0], GroupKind.ALL, (Bucket((Output(1),)), Bucket((Output(2),))), WHY),
    Group(OUR_GROUPS[1], GroupKind.FAST_FAILOVER, (Bucket((Output(1),), 1), Bucket((Output(2),), 2)), WHY),
    Group(OUR_GROUPS[2], GroupKind.ALL, (), WHY),
    Group(
        OUR_GROUPS[3],
        GroupKind.ALL,
        (
            Bucket((PushVlan(), SetField(VLAN_VID, 0x1064), Output(2))),
            Bucket((SetField(TUN_ID, 5), SetField(TUN_DST, 0xC0000201), Output(2))),
            Bucket((SetField(TUN_IPV6_DST, 1 << 100), Output(2))),
            Bucket((PopVlan(), ToController(METER.id), ToController(None))),
        ),
        WHY,
    ),
)


def mixed_program() -> Program:
    """Something of everything."""

    def flow(
        priority: int, match: Match, *actions: Action, goto: int | None = None, metadata: int | None = None
    ) -> Flow:
        return Flow(0, priority, match, actions, goto, metadata, 0, WHY)

    return program_of(
        *(mac_flow(number, idle_timeout=number % 2 * 300) for number in range(200)),
        flow(5, match_of(in_port=1), ToGroup(OUR_GROUPS[1]), goto=1),
        flow(4, match_of(vlan_vid=0), ToController(METER.id), ToGroup(OUR_GROUPS[0])),
        flow(3, match_of(eth_src=5), goto=1, metadata=7),
        flow(2, ()),
        flow(20, match_of(in_port=3, vlan_vid=0x1064), PopVlan(), goto=5, metadata=77),
        flow(21, match_of(vlan_vid=(0x1000, 0x1000), eth_type=0x88CC), ToController(None)),
        flow(22, match_of(tun_id=5, tun_src=0xC0000201), PushVlan(), SetField(VLAN_VID, 0x1FFF), Output(2)),
        flow(23, match_of(metadata=(1 << 40, 0xFF << 40), eth_src=(1 << 40, 1 << 40)), SetField(TUN_ID, 1 << 40)),
        flow(
            24, match_of(tun_ipv6_src=5, tun_dst=1), SetField(TUN_IPV6_DST, 1 << 90), SetField(METADATA, 5), Output(9)
        ),
        groups=GROUPS,
        meters=(METER,),
    )
