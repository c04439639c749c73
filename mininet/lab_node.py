"""What all nodes of a lab share: a mark on every process, and commands that fail loudly.

Mininet starts each process of a node through `_popen`; overriding it marks the node's shell, and whatever the shell or
`popen` starts inherits the mark. See `lab_ledger` for what the mark is for.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from subprocess import Popen
from typing import Any

from mininet.node import Node

from lab_ledger import Ledger
from namespaces import run
from wire import namespace_of


class LabNode(Node):  # type: ignore[misc]
    """Mixed in before Mininet's `Host` or `Switch`."""

    def __init__(self, name: str, *, ledger: Ledger, **params: Any) -> None:  # noqa: ANN401
        self.ledger = ledger
        super().__init__(name, **params)

    def _popen(self, cmd: Sequence[str], **params: Any) -> Popen[Any]:  # noqa: ANN401
        params.setdefault("env", {**os.environ, **self.ledger.mark})
        popen: Popen[Any] = super()._popen(cmd, **params)
        return popen

    @property
    def namespace(self) -> int:
        """Id of a process in the node's network namespace."""
        return namespace_of(self)

    def run(self, command: Sequence[str], stdin: str = "") -> str:
        """Run a command in the node to its end and return what it printed; raises CommandError when it fails."""
        return run(command, pid=self.namespace, stdin=stdin, env={**os.environ, **self.ledger.mark})

    def interfaces(self) -> list[str]:
        """Names of the wire ends in this node."""
        return [str(interface) for interface in self.intfList() if str(interface) != "lo"]
