"""The state directory: one daemon at a time, nobody else's, and secrets that stay."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from controller.state_directory import StateDirectory
from controller.state_file import StateError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A directory that was in use."""
    StateDirectory(tmp_path / "state").close()
    return tmp_path / "state"


def test_a_second_daemon_is_refused(path: Path) -> None:
    with StateDirectory(path), pytest.raises(StateError, match="another daemon uses this directory"):
        StateDirectory(path)
    StateDirectory(path).close()


def test_the_lock_ends_with_the_process(path: Path) -> None:
    program = f"from controller.state_directory import *; StateDirectory(Path({str(path)!r})); import os; os._exit(9)"
    subprocess.run([sys.executable, "-c", program], check=False)
    StateDirectory(path).close()


def test_a_directory_that_cannot_be_made_or_is_open_to_others(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StateError, match="file/state: cannot be used"):
        StateDirectory(tmp_path / "file" / "state")
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    with pytest.raises(StateError, match="others may write to it"):
        StateDirectory(shared)


def test_a_secret_stays(path: Path) -> None:
    with StateDirectory(path) as state:
        secret = state.secret("discovery")
        assert len(secret) == 32
        assert state.secret("other") != secret
    with StateDirectory(path) as state:
        assert state.secret("discovery") == secret
        assert stat.S_IMODE((path / "discovery.secret").stat().st_mode) == 0o600
        for length in range(len(secret)):
            (path / "discovery.secret").write_bytes(secret[:length])
            with pytest.raises(StateError, match=rf"damaged \({length} bytes of 32\); remove it to get a new one"):
                state.secret("discovery")
        with pytest.raises(ValueError, match="lower-case"):
            state.secret("../etc/passwd")
