"""Every topology that is shipped is valid, and the generated one is what its generator gives."""

from __future__ import annotations

from pathlib import Path

import pytest

import beyond_4093
from controller.intent.loader import load

FILES = sorted((Path(__file__).parents[2] / "topologies").glob("*.yaml"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.stem))
def test_a_topology_is_valid_without_a_warning(file: Path) -> None:
    loaded = load([file])
    assert loaded.errors == ()
    assert loaded.warnings == ()
    assert loaded.lab


def test_the_generated_topology_is_current() -> None:
    generated = next(file for file in FILES if file.stem == "beyond-4093")
    assert generated.read_text() == beyond_4093.topology(beyond_4093.NETWORKS)
