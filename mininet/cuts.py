"""Cutting the wire between two switches of a lab, in two ways, and mending it.

*Interface down*: one end is set down, and the other loses its carrier. *Silent loss*: both ends stay up with their
carrier, but drop whatever is sent out of them, by a queue that has room for nothing. Frames are dropped behind the
packet sockets of a userspace switch and behind the kernel's datapath alike.
"""

from __future__ import annotations

from contextlib import suppress
from enum import Enum

from controller.intent.lab_model import Wire, WireEnd
from lab import Lab
from lab_node import LabNode
from namespaces import CommandError, run


class Cut(Enum):
    """How a wire fails."""

    DOWN = "interface down"
    SILENT = "silent loss"


def cut(lab: Lab, wire: Wire, how: Cut, end: WireEnd) -> None:
    """Let a wire carry nothing; of one that goes down `end` is the end that is set down."""
    if how is Cut.DOWN:
        lab.set_link(end.node, end.interface, "down")
    else:
        for one in (wire.a, wire.b):
            _tc(lab, "replace", one, "root", "pfifo", "limit", "0")


def mend(lab: Lab, wire: Wire, how: Cut, end: WireEnd) -> None:
    """Let a wire carry frames again that was cut so."""
    if how is Cut.DOWN:
        lab.set_link(end.node, end.interface, "up")
    else:
        for one in (wire.a, wire.b):
            with suppress(CommandError):
                _tc(lab, "delete", one, "root")


def _tc(lab: Lab, verb: str, end: WireEnd, *rest: str) -> None:
    node: LabNode = lab.net[end.node]
    run(["tc", "qdisc", verb, "dev", end.interface, *rest], pid=node.namespace)
