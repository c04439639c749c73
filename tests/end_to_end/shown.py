"""What `tenantry show networks` and `tenantry graph` say, as a test reads it."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import networkx as nx

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
    rows = _said(installation, "show", "networks", "--json")
    return {row["network"]: Row(row["segment"], row["key"], row["guest_mtu"]) for row in rows}


def shown_graph(installation: Installation) -> nx.Graph[str]:
    """The fabric as it is in the daemon's state directory."""
    content = _said(installation, "graph", "--format", "json")
    graph: nx.Graph[str] = nx.node_link_graph(content, edges="edges")
    return graph


def _said(installation: Installation, *command: str) -> Any:  # noqa: ANN401
    options = [*command, str(installation.files), "--state", str(installation.daemon.state)]
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, *options], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return json.loads(done.stdout)
