"""What the answers are made of, and who does what is to be changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from controller.api import rows
from controller.api.answering import Answering
from controller.api.fabric_rows import Sessions
from controller.api.metrics import Metrics
from controller.api.tenant_rows import Refusals
from controller.core import Core
from controller.event_log import EventLog
from controller.intent.document import FabricDocument
from controller.intent.write import Outcome, Write
from controller.southbound.counters import Counted
from controller.southbound.drift import Drift
from controller.southbound.statistics import Statistics

INVALID: dict[int | str, dict[str, Any]] = {
    422: {"model": rows.Problem, "description": "A parameter is unknown or wrong"},
}
"""What any question may be answered with, for the OpenAPI document."""
NOT_FOUND: dict[int | str, dict[str, Any]] = {
    **INVALID,
    404: {"model": rows.Problem, "description": "There is no such thing"},
}


class Writer(Protocol):
    """Who changes things."""

    async def write(self, write: Write) -> Outcome:
        """Do it when its turn comes; it is stored and in force on return. Raises Refused."""

    def version(self, path: str) -> int | None:
        """The version of a resource that is the API's; None for all others."""

    def marks(self) -> Iterable[str]:
        """Paths of what the API marked as draining, in order."""

    def fabric(self) -> FabricDocument:
        """What the files say about the fabric."""


class Switches(Sessions, Refusals, Protocol):
    """What is needed of the southbound."""

    statistics: Statistics

    async def count(self, trunks: Mapping[str, Sequence[int]], timeout: float) -> dict[str, tuple[float, Counted]]:
        """Ask all connected switches for their counters: when each answered, and with what; one at a time may ask.

        `trunks` has the numbers of trunk ports' interfaces.
        """

    async def looked(self, timeout: float) -> dict[str, Drift]:
        """In what each connected switch differs from what it should hold; one at a time may ask."""


class Planner(Protocol):
    """Who makes plans."""

    async def plan(self, body: bytes, with_lines: bool) -> tuple[int, bytes]:
        """Status and body of the answer to who sends `body`; nobody else may be waiting for one."""


@dataclass(frozen=True, slots=True)
class Sources:
    """All that is asked."""

    core: Core
    switches: Switches
    events: EventLog
    metrics: Metrics
    answering: Answering
    writer: Writer
    planner: Planner
    version: str
    started: float
    """Seconds since 1970."""
