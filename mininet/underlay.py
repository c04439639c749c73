"""The plain underlay: a learning Linux bridge in a namespace of its own, to which uplinks are wired.

For labs whose hypervisors are not carried by a fabric that the daemon controls.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mininet.node import Switch

from lab_node import LabNode
from namespaces import ip_batch

BRIDGE = "underlay"


class Underlay(LabNode, Switch):  # type: ignore[misc]
    """A learning switch that speaks no OpenFlow."""

    def __init__(self, name: str, **params: Any) -> None:  # noqa: ANN401
        params.update(inNamespace=True, dpid="ffffffffffffffff")
        super().__init__(name, **params)

    def start(self, _controllers: Iterable[Any]) -> None:
        """Make the bridge over all wires."""
        lines = [f"link add {BRIDGE} type bridge", f"link set {BRIDGE} addrgenmode none"]
        lines += [f"link set {name} addrgenmode none master {BRIDGE} up" for name in self.interfaces()]
        ip_batch([*lines, f"link set {BRIDGE} up"], pid=self.pid)
