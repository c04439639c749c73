"""What `tenantry show networks` says, as a test reads it."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.end_to_end.running import Installation

ROOT = Path(__file__).parents[2]
_PROGRAM = "from controller.northbound.cli import main; main()"


@dataclass(frozen=True, slots=True)
class Row:
    """One network."""

    segment: str | None
    key: int | None
    guest_mtu: int | None


def shown_networks(installation: Installation) -> dict[str, Row]:
    """All networks by name, with the keys in the daemon's state directory."""
    options = ["show", "networks", str(installation.files), "--state", str(installation.daemon.state), "--json"]
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, *options], cwd=ROOT, capture_output=True, text=True, check=False
    )
    rows = json.loads(done.stdout)
    return {row["network"]: Row(row["segment"], row["key"], row["guest_mtu"]) for row in rows}
