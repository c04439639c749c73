"""Checks that need more than one value of the document: entry point and what the checks share.

Each check looks at the parts that are valid by themselves (`controller.intent.explain` took out the others) and reports
at the value an operator would change. What refers to a part that was taken out is not reported again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from controller.intent.document import Document, NetworkDocument, PortDocument
from controller.intent.explain import Broken, Steps
from controller.intent.problems import Problems
from controller.intent.tree import Map, locate


@dataclass(frozen=True, slots=True)
class Context:
    """A document, where it is written, and where to report."""

    document: Document
    tree: Map
    problems: Problems
    broken: Broken

    def error(self, path: Steps, what: str, instead: str, *, at_key: bool = False) -> None:
        """Report an error at the value at `path`, or at its key."""
        self.problems.error(locate(self.tree, path, at_key), what, instead)

    def warning(self, path: Steps, what: str, instead: str, *, at_key: bool = False) -> None:
        """Report a warning at the value at `path`, or at its key."""
        self.problems.warning(locate(self.tree, path, at_key), what, instead)

    def place(self, path: Steps, *, at_key: bool = False) -> str:
        """`file:line:column` of the value at `path`, or of its key."""
        return self.problems.place(locate(self.tree, path, at_key))

    def networks(self) -> Iterator[tuple[str, str, NetworkDocument]]:
        """(tenant, name, network) of every valid network."""
        for tenant, part in self.document.tenants.items():
            for name, network in part.networks.items():
                yield tenant, name, network

    def ports(self) -> Iterator[tuple[str, str, PortDocument]]:
        """(tenant, name, port) of every valid port."""
        for tenant, part in self.document.tenants.items():
            for name, port in part.ports.items():
                yield tenant, name, port


def network_path(tenant: str, name: str, *more: str) -> Steps:
    """Where a network, or one of its keys, stands in the document."""
    return ("tenants", tenant, "networks", name, *more)


def port_path(tenant: str, name: str, *more: str) -> Steps:
    """Where a port, or one of its keys, stands in the document."""
    return ("tenants", tenant, "ports", name, *more)


def switch_path(name: str, *more: str) -> Steps:
    """Where a switch, or one of its keys, stands in the document."""
    return ("fabric", "switches", name, *more)
