"""A fabric switch: a bridge of the host's own Open vSwitch.

All bridges of a lab are made in one OVSDB transaction, with their interfaces and controllers, and carry the run's mark.
The transaction is refused as a whole when a bridge of one of the names exists: Mininet's own class would delete it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from mininet.node import Switch

from lab_ledger import EXTERNAL_ID, refuse_taken
from lab_node import LabNode
from namespaces import CommandError, ip_batch, run

FAIL_MODE = "secure"


def vsctl(*arguments: str) -> str:
    """Run `ovs-vsctl` on the host's Open vSwitch."""
    return run(["ovs-vsctl", "--timeout=10", *arguments])


def datapath_type() -> str:
    """`system` where the kernel has Open vSwitch's module, `netdev` (userspace) elsewhere."""
    try:
        run(["ovs-dpctl", "dump-dps"])
    except CommandError:
        return "netdev"
    return "system"


class FabricBridge(LabNode, Switch):  # type: ignore[misc]
    """One bridge; `dpid` is 16 hex digits."""

    def __init__(self, name: str, **params: Any) -> None:  # noqa: ANN401
        self._targets: list[str] = []
        params["inNamespace"] = False
        super().__init__(name, **params)

    def start(self, controllers: Iterable[Any]) -> None:
        """Remember the controllers; `batchStartup` makes the bridge."""
        self._targets = [f"tcp:{controller.IP()}:{controller.port}" for controller in controllers]

    @classmethod
    def batchStartup(cls, bridges: Sequence[FabricBridge]) -> Sequence[FabricBridge]:
        """Make all bridges at once."""
        if taken := {bridge.name for bridge in bridges} & set(vsctl("list-br").split()):
            raise CommandError(
                f"the host's Open vSwitch already has {', '.join(sorted(taken))}, not of this lab; left alone, and the "
                "lab is not built (rename one of the two, or remove that bridge)"
            )
        for bridge in bridges:
            refuse_taken(bridge.name)
        datapath = datapath_type()
        ip_batch([f"link set {name} addrgenmode none up" for bridge in bridges for name in bridge.interfaces()])
        words = [word for bridge in bridges for word in bridge.transaction(datapath)]
        vsctl(*words[1:])
        return bridges

    def transaction(self, datapath: str) -> list[str]:
        """The `ovs-vsctl` commands that make the bridge, each after a `--`."""
        add = ["--", "add-br", self.name, "--", "set", "bridge", self.name, f"datapath_type={datapath}"]
        add += [f"fail_mode={FAIL_MODE}", "protocols=OpenFlow13", f"other_config:datapath-id={self.dpid}"]
        add += ["other_config:disable-in-band=true", f"external_ids:{EXTERNAL_ID}={self.ledger.run}"]
        for interface in self.interfaces():
            add += ["--", "add-port", self.name, interface]
        return add + (["--", "set-controller", self.name, *self._targets] if self._targets else [])

    def vsctl(self, *arguments: str) -> str:
        """Run `ovs-vsctl` on the Open vSwitch of this bridge."""
        return vsctl(*arguments)

    def ofctl(self, *arguments: str, stdin: str = "") -> str:
        """Run `ovs-ofctl` on the Open vSwitch of this bridge."""
        return run(["ovs-ofctl", "-O", "OpenFlow13", *arguments], stdin=stdin)

    @property
    def bridge(self) -> str:
        """Name of the bridge that is the switch."""
        return str(self.name)

    def connected(self) -> bool:
        """Whether the OpenFlow channel is up, as the database knew at most 5 seconds ago."""
        return "true" in vsctl("--columns=is_connected", "list", "controller", self.name)

    @classmethod
    def batchShutdown(cls, bridges: Sequence[FabricBridge]) -> Sequence[FabricBridge]:
        """Remove all bridges at once."""
        vsctl(*" -- ".join(f"--if-exists del-br {bridge.name}" for bridge in bridges).split())
        for bridge in bridges:
            bridge.terminate()
        return bridges
