"""The page of the pipeline in `docs/` is what the declaration prints today."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from apps.pipeline import PIPELINE
from apps.pipeline_page import example_flows, render

ROOT = Path(__file__).parents[2]


def test_the_page_is_not_stale() -> None:
    page = (ROOT / "docs" / "pipeline.md").read_text()
    assert page == render(), "print it again: python -m apps.pipeline_page > docs/pipeline.md"


def test_the_command_prints_the_page() -> None:
    command = [sys.executable, "-m", "apps.pipeline_page"]
    assert subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout == render()


def test_the_example_shows_every_table() -> None:
    assert {flow.table for flow in example_flows()} == {table.id for table in PIPELINE}
