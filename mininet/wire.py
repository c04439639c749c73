"""A cable between two nodes: a veth pair whose ends are born in the right namespaces under their final names.

Mininet's `Link` would bring interfaces up one command at a time; here an interface is only made, with its MTU, and its
node configures all of its interfaces at once. A wire end in the host's namespace is claimed in the ledger first. Wires
carry jumbo frames with room for encapsulation; smaller MTUs are set where they matter, on guests.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Any

from mininet.link import Intf, Link
from mininet.node import Node

from lab_ledger import Ledger
from namespaces import CommandError, run

MTU = 9100
"""In bytes, of every wire: a 9,000-byte packet and the largest encapsulation around it."""


class WireInterface(Intf):  # type: ignore[misc]
    """One end of a wire; it leaves all configuration to its node."""

    def config(self, **_params: Any) -> dict[str, Any]:  # noqa: ANN401
        """Do nothing: see the module."""
        return {}

    def delete(self) -> None:
        """Remove the device when it still is there; its peer may have taken it along."""
        with suppress(CommandError):
            run(["ip", "link", "delete", self.name], pid=namespace_of(self.node))
        self.node.delIntf(self)
        self.link = None


class Wire(Link):  # type: ignore[misc]
    """A veth pair between two nodes of a lab."""

    def __init__(self, node1: Node, node2: Node, *, ledger: Ledger, **params: Any) -> None:  # noqa: ANN401
        """Take Mininet's parameters, of which `intfName1` and `intfName2` must be given."""
        params.update(intf=WireInterface, addr1=None, addr2=None)
        for node, name in ((node1, params["intfName1"]), (node2, params["intfName2"])):
            if not node.inNamespace:
                ledger.claim_device(name)
        super().__init__(node1, node2, **params)

    @classmethod
    def makeIntfPair(
        cls,
        name1: str,
        name2: str,
        _mac1: None,
        _mac2: None,
        node1: Node,
        node2: Node,
        deleteIntfs: bool = False,
    ) -> None:
        """Make both ends where they belong, down."""
        end = "name {} mtu {} netns {}"
        run(
            [
                *("ip", "link", "add"),
                *end.format(name1, MTU, namespace_of(node1)).split(),
                *("type", "veth", "peer"),
                *end.format(name2, MTU, namespace_of(node2)).split(),
            ]
        )


def namespace_of(node: Node) -> int:
    """Id of a process in the node's namespace."""
    return int(node.pid) if node.inNamespace else os.getpid()
