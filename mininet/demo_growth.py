"""The demo's growth: a tenant with so many networks that VLANs run out, added while everything runs.

The tenant's guests are built with the lab, as plugging is not the daemon's business; its networks and ports are asked
for later, by putting one more file where the daemon looks.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import beyond_4093
from controller.intent.lab_model import UPLINK
from controller.intent.lab_model import Lab as LabModel

TENANT = "crowd"
NETWORKS = 4100


@dataclass(frozen=True, slots=True)
class Growth:
    """What will be added, and which of its networks are looked at."""

    file: Path
    switches: tuple[str, str]
    samples: tuple[int, ...]

    @classmethod
    def of(cls, model: LabModel, directory: Path) -> Self | None:
        """Growth between the first two hypervisors of the lab; None when it has fewer, as networks need tunnels."""
        if len(model.hypervisors) < 2:
            return None
        first, second = list(model.hypervisors)[:2]
        linked = {end.node for wire in model.wires for end in (wire.a, wire.b) if end.interface != UPLINK}
        samples = (1, NETWORKS) if {first, second} <= linked else (NETWORKS,)
        file = directory / "crowd.yaml"
        file.write_text(beyond_4093.tenant(TENANT, NETWORKS, (first, second), samples))
        return cls(file, (first, second), samples)

    @property
    def stations(self) -> tuple[str, ...]:
        """Names of the stations in the samples."""
        return tuple(
            beyond_4093.station_name(TENANT, switch, number) for number in self.samples for switch in self.switches
        )
