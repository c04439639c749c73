"""The command line beside a running daemon, as an operator has it."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.end_to_end.running import Installation


def tenantry(site: Installation, *arguments: str) -> tuple[int, list[str]]:
    """Exit status and output, at 80 columns."""
    program = [sys.executable, "-c", "from controller.northbound.cli import main; main()"]
    command = [*program, *arguments, "--state", str(site.daemon.state)]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "COLUMNS": "80"})
    assert not done.stderr, done.stderr
    return done.returncode, done.stdout.splitlines()
