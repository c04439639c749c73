"""A lab: one topology file built with Mininet, for tests, the demo and experiments.

    intent, model = load_topology([Path("topologies/leaf-spine.yaml")])
    with Lab(intent, model, port=6653, socket=Path("/run/x/openflow.sock")) as lab:
        print(wait_until_right(lab.stations))
        print(lab.guests["h1"].run(["ping", "-c1", "10.0.0.2"]))

The daemon is somebody else's business: bridges connect to `tcp:127.0.0.1:<port>`, hypervisors to the Unix socket, both
whenever somebody listens there. Entering first removes what crashed runs left behind; leaving removes what this one
made, and so does the next run after a crash.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from mininet.net import Mininet
from mininet.node import RemoteController

from capture import Capture
from controller.intent import lab_model
from controller.intent.model import Intent
from fabric_bridge import FabricBridge
from guest import DEVICE, Guest
from hypervisor import Hypervisor
from lab_ledger import Ledger, sweep
from lab_node import LabNode
from lab_topology import LabTopology, load_topology
from namespaces import CommandError, ip_batch, run
from outside_vtep import OutsideVtep
from station import Station, stations_of
from wire import Wire

__all__ = ["Lab", "load_topology"]


class Lab:
    """A built topology."""

    def __init__(self, intent: Intent, model: lab_model.Lab, *, port: int = 6653, socket: Path | None = None) -> None:
        """Describe the lab; entering builds it. Without a socket the hypervisors have no controller that listens."""
        self.intent = intent
        self.model = model
        sweep()
        self._ledger = Ledger()
        self._port = port
        self._socket = socket or self._ledger.directory / "nobody.sock"
        self._net: Any = None

    def __enter__(self) -> Self:
        _require_namespaces()
        try:
            topology = LabTopology(intent=self.intent, lab=self.model, ledger=self._ledger, socket=self._socket)
            Mininet.inited = True  # or it would raise limits of the whole machine, and leave them so
            self._net = Mininet(topology, controller=None, build=False)
            self._net.addController("daemon", _Daemon, ledger=self._ledger, ip="127.0.0.1", port=self._port)
            self._net.start()
        except BaseException:
            self._ledger.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ledger.close()
        for node in self._net.values():
            node.cleanup()

    # What is in it

    @property
    def net(self) -> Any:  # noqa: ANN401
        """Mininet's own object, for its prompt."""
        return self._net

    @property
    def mark(self) -> Mapping[str, str]:
        """Environment of processes that should end with the lab, also when its owner crashes."""
        return self._ledger.mark

    @property
    def guests(self) -> dict[str, Guest]:
        """Guests by name."""
        return {name: self._net[name] for name in self.model.guests}

    @property
    def vteps(self) -> dict[str, OutsideVtep]:
        """Outside tunnel endpoints by name."""
        return {name: self._net[name] for name in self.model.vteps}

    @property
    def switches(self) -> dict[str, FabricBridge | Hypervisor]:
        """Switches of the intent by name."""
        return {name: self._net[name] for name in (*self.model.bridges, *self.model.hypervisors)}

    @property
    def stations(self) -> dict[str, Station]:
        """Everything that has an address in a network, by name."""
        return stations_of(self.intent, [*self.guests.values(), *self.vteps.values()])

    # What can be done with it

    def reconnect(self, *names: str) -> None:
        """Make these switches, or all, connect now, after a daemon was restarted; left alone they do within 8 seconds.

        Open vSwitch 3.1 backs off to 8 s whatever `max_backoff` says, and flushes the flows of a bridge whose last
        controller is removed; a change of protocols makes it connect anew and keeps them.
        """
        for switch in [self.switches[name] for name in names or self.switches]:
            has_both = "OpenFlow14" in switch.vsctl("get", "bridge", switch.bridge, "protocols")
            protocols = "OpenFlow13" if has_both else "OpenFlow13,OpenFlow14"
            switch.vsctl("set", "bridge", switch.bridge, f"protocols={protocols}")

    def ping(self, guest: str, address: str, *options: str) -> bool:
        """Whether one ping from the guest is answered within a second."""
        try:
            self.guests[guest].run(["ping", "-n", "-c1", "-W1", *options, address])
        except CommandError:
            return False
        return True

    @contextmanager
    def capture(self, node: str, interface: str, expression: str = "") -> Iterator[Capture]:
        """Hold a tcpdump on an interface of a node; see `Capture`."""
        owner: LabNode = self._net[node]
        with Capture(owner.namespace, interface, expression, env={**os.environ, **self.mark}) as capture:
            yield capture

    def set_link(self, node: str, interface: str, state: str) -> None:
        """Set an interface `up` or `down`; its peer sees the carrier come or go."""
        owner: LabNode = self._net[node]
        ip_batch([f"link set {interface} {state}"], pid=owner.namespace)

    def unplug(self, guest: str) -> None:
        """Take the guest's cable away, and the interface out of its switch."""
        link = self._link_of(guest)
        switch, interface = link.intf2.node, str(link.intf2)
        self._net.delLink(link)
        switch.vsctl("--if-exists", "del-port", switch.bridge, interface)

    def plug(self, guest: str, switch: str, interface: str) -> None:
        """Wire an unplugged guest to an interface of a switch, with the addresses that it had."""
        node, owner = self.guests[guest], self.switches[switch]
        self._net.addLink(node, owner, cls=Wire, ledger=self._ledger, intfName1=DEVICE, intfName2=interface)
        ip_batch([f"link set {interface} addrgenmode none up"], pid=owner.namespace)
        if isinstance(owner, Hypervisor):
            owner.plug(interface, node.guest)
        else:
            owner.vsctl("add-port", owner.bridge, interface)
        node.configDefault()

    def move(self, guest: str, switch: str, interface: str) -> None:
        """Unplug the guest and plug it in elsewhere."""
        self.unplug(guest)
        self.plug(guest, switch, interface)

    def _link_of(self, guest: str) -> Any:  # noqa: ANN401
        return next(link for link in self._net.links if link.intf1.node is self._net[guest])


class _Daemon(LabNode, RemoteController):  # type: ignore[misc]
    """The daemon, which may not be there yet: Mininet's class would probe for it and complain."""

    def checkListening(self) -> None:
        """Probe nothing."""


def _require_namespaces() -> None:
    """Raises CommandError where none can be made: Mininet would wait for ever for the shell of its first guest."""
    try:
        run(["mnexec", "-n", "true"])
    except CommandError as error:
        raise CommandError(f"network namespaces cannot be made here: {error}") from None
