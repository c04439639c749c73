"""A topology file's lab as Mininet's pure graph: nodes and wires, with what each needs to build itself."""

from __future__ import annotations

from pathlib import Path

from mininet.topo import Topo

from controller.intent import lab_model
from controller.intent.loader import Loaded, load
from controller.intent.model import Intent, IpAddress
from fabric_bridge import FabricBridge
from guest import DEVICE, Guest
from hypervisor import Hypervisor
from lab_ledger import Ledger
from outside_vtep import UPLINK as VTEP_UPLINK
from outside_vtep import OutsideVtep
from underlay import Underlay
from wire import Wire

UNDERLAY = "underlay"
"""Name of the plain underlay's node."""


class TopologyError(ValueError):
    """The files hold nothing that can be built; the message lists every reason."""


def load_topology(paths: list[Path]) -> tuple[Intent, lab_model.Lab]:
    """Load intent and lab; raises TopologyError with all that is wrong."""
    loaded: Loaded = load(paths)
    if loaded.errors:
        raise TopologyError("\n".join(str(error) for error in loaded.errors))
    if loaded.intent is None or loaded.lab is None:
        raise TopologyError(
            f"{', '.join(map(str, paths))}: there is no `lab:` to build; add bridges and guests below it"
        )
    return loaded.intent, loaded.lab


class LabTopology(Topo):  # type: ignore[misc]
    """The graph of one lab; hypervisors reach the daemon at `socket`."""

    def build(self, intent: Intent, lab: lab_model.Lab, ledger: Ledger, socket: Path) -> None:
        """Add all nodes, then all wires (Mininet calls this with the constructor's arguments)."""
        self._ledger = ledger
        self._add_switches(intent, lab, socket)
        for wire in lab.wires:
            self._wire(wire.a, wire.b)
        if lab.underlay_bridge:
            self._add_underlay(lab)
        for guest in lab.guests.values():
            self.addHost(guest.name, cls=Guest, ledger=ledger, guest=guest)
            self._wire(lab_model.WireEnd(guest.name, DEVICE), lab_model.WireEnd(guest.switch, guest.interface))
        for vtep in lab.vteps.values():
            self._add_vtep(intent, lab, vtep)

    def _add_switches(self, intent: Intent, lab: lab_model.Lab, socket: Path) -> None:
        for name in lab.bridges:
            self.addSwitch(
                name, cls=FabricBridge, ledger=self._ledger, dpid=f"{intent.fabric.switches[name].dpid:016x}"
            )
        for hypervisor in lab.hypervisors.values():
            switch = intent.fabric.switches[hypervisor.name]
            self.addSwitch(
                hypervisor.name,
                cls=Hypervisor,
                ledger=self._ledger,
                dpid=f"{switch.dpid:016x}",
                inNamespace=True,
                hypervisor=hypervisor,
                tunnels=switch.tunnels,
                bridge=switch.host.bridge if switch.host else None,
                connect=switch.host.connect if switch.host else None,
                guests={guest.interface: guest for guest in lab.guests.values() if guest.switch == hypervisor.name},
                socket=socket,
                underlay_mtu=intent.fabric.underlay_mtu,
            )

    def _add_underlay(self, lab: lab_model.Lab) -> None:
        self.addSwitch(UNDERLAY, cls=Underlay, ledger=self._ledger, inNamespace=True)
        wired = {(end.node, end.interface) for wire in lab.wires for end in (wire.a, wire.b)}
        for name in lab.hypervisors:
            if (name, lab_model.UPLINK) not in wired:
                self._wire(lab_model.WireEnd(name, lab_model.UPLINK), lab_model.WireEnd(UNDERLAY, f"to-{name}"))

    def _add_vtep(self, intent: Intent, lab: lab_model.Lab, vtep: lab_model.OutsideVtep) -> None:
        network = intent.networks[str(intent.ports[vtep.port].network)]
        if network.key is None:
            raise TopologyError(
                f"vtep {vtep.name}: network {network.id} has no key of its own; give it one, as a host "
                "outside cannot know what is allocated"
            )
        self.addHost(
            vtep.name,
            cls=OutsideVtep,
            ledger=self._ledger,
            vtep=vtep,
            key=network.key,
            peers=_endpoints(intent, network.id),
            underlay_mtu=intent.fabric.underlay_mtu,
        )
        other = vtep.wire or lab_model.WireEnd(UNDERLAY, f"to-{vtep.name}")
        self._wire(lab_model.WireEnd(vtep.name, VTEP_UPLINK), other)

    def _wire(self, a: lab_model.WireEnd, b: lab_model.WireEnd) -> None:
        self.addLink(a.node, b.node, cls=Wire, ledger=self._ledger, intfName1=a.interface, intfName2=b.interface)


def _endpoints(intent: Intent, network: str) -> list[IpAddress]:
    """Endpoints of the switches with a port on the network."""
    switches = {port.switch for port in intent.ports.values() if port.switch and network in port.networks}
    return [endpoint for name in sorted(switches) if (endpoint := intent.fabric.switches[name].endpoint)]
