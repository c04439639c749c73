"""One real switch that holds 100,000 flows: 10,000 networks, each with two ports here and two elsewhere.

The networks reach the switch on trunks of 4,000 each, so it needs no more than a few interfaces; where the other ports
are, no switch ever connects. The switch is a bridge of a private Open vSwitch in a namespace of its own.

    with FullSwitch(directory) as switch:
        switch.connect(directory / "openflow.sock")
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from beyond_4093 import PER_TRUNK, network_name, tag_of
from lab_ledger import Ledger
from namespaces import ip_batch, new_namespace
from private_ovs import PrivateOvs
from station import Station

NETWORKS = 10_000
BRIDGE = "br-full"
HERE, THERE = "here", "there"
SIDES = ("a", "b")
DPID = 0xF1


def topology(networks: int = NETWORKS) -> str:
    """The YAML."""
    return "\n".join(_lines(networks)) + "\n"


def interfaces(networks: int = NETWORKS) -> list[str]:
    """The interfaces of each of the two switches, but for tunnels."""
    return [f"{side}{trunk}" for side in SIDES for trunk in range(-(-networks // PER_TRUNK))]


def mac(switch: str, interface: str) -> str:
    """The MAC of the guest behind a trunk."""
    return f"02:00:00:{(HERE, THERE).index(switch):02x}:{SIDES.index(interface[0]):02x}:{int(interface[1:]):02x}"


class FullSwitch:
    """The bridge, empty when it is made."""

    def __init__(self, directory: Path, networks: int = NETWORKS) -> None:
        """All files go into `directory`."""
        self._networks = networks
        self._ledger = Ledger()
        self._stack = ExitStack()
        self._namespace = 0
        self.mark = self._ledger.mark
        self.ovs: PrivateOvs
        self._directory = directory

    def __enter__(self) -> Self:
        self._stack.callback(self._ledger.close)
        with ExitStack() as stack:
            stack.push(self._stack)
            self._namespace = self._stack.enter_context(new_namespace())
            self.ovs = PrivateOvs(self._directory, pid=self._namespace, env=self.mark)
            self._stack.enter_context(self.ovs)
            self._build()
            stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def connect(self, socket: Path) -> None:
        """Let the switch connect to a daemon, which listens on a socket in the switch's directory."""
        self.ovs.vsctl(
            "set-controller", BRIDGE, f"unix:{socket}", "--", "set", "controller", BRIDGE, "max_backoff=1000"
        )

    def disconnect(self) -> None:
        """Let it have no controller; it keeps its flows."""
        self.ovs.vsctl("del-controller", BRIDGE)

    def empty(self) -> None:
        """Delete its flows. Meters stay, as those who give the flows again would miss them."""
        self.ovs.ofctl("del-flows", BRIDGE)

    def flows(self) -> int:
        """How many flows it has."""
        said = self.ovs.ofctl("dump-aggregate", BRIDGE)
        return int(said.partition("flow_count=")[2])

    def number(self, interface: str) -> int:
        """OpenFlow number of an interface."""
        return int(self.ovs.vsctl("get", "interface", interface, "ofport"))

    def stations(self) -> dict[str, Station]:
        """Both guests of the first trunks, which send with the tags of networks."""
        return {side: Station(side, "", (), f"{side}0", self._namespace) for side in SIDES}

    def _build(self) -> None:
        settings = ("datapath_type=netdev", "protocols=OpenFlow13", "fail_mode=secure")
        self.ovs.vsctl(
            "add-br", BRIDGE, "--", "set", "bridge", BRIDGE, *settings, f"other-config:datapath-id={DPID:016x}"
        )
        for name in interfaces(self._networks):
            self.ovs.vsctl("add-port", BRIDGE, name, "--", "set", "interface", name, "type=internal")
        tunnel = ("type=vxlan", "options:remote_ip=flow", "options:key=flow")
        self.ovs.vsctl("add-port", BRIDGE, "vxlan0", "--", "set", "interface", "vxlan0", *tunnel)
        ip_batch([f"link set {name} up" for name in interfaces(self._networks)], pid=self._namespace)


def _lines(networks: int) -> Iterator[str]:
    yield from ("fabric:", "  switches:")
    for number, name in enumerate((HERE, THERE)):
        yield f'    {name}: {{dpid: "{DPID + number:016x}", endpoint: 198.51.100.{number + 1}}}'
    yield from ("tenants:", "  many:", "    networks:")
    for number in range(1, networks + 1):
        yield f"      {network_name(number)}: {{segment: vxlan}}"
    yield "    ports:"
    for switch in (HERE, THERE):
        for interface in interfaces(networks):
            yield f"      {switch}-{interface}:"
            yield f'        {{switch: {switch}, interface: {interface}, mac: "{mac(switch, interface)}",'
            first = int(interface[1:]) * PER_TRUNK + 1
            tags = (f"{tag_of(n)}: {network_name(n)}" for n in range(first, min(first + PER_TRUNK, networks + 1)))
            yield f"        trunk: {{{', '.join(tags)}}}}}"
