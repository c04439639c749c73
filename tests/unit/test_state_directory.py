"""The state directory: what is written is read back, and no damage makes it guess."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from controller.intent.allocation import KeyLedger
from controller.intent.model import Segment, SegmentKey
from controller.intent.moves import Unsettled
from controller.state_directory import StateDirectory, StateError, read_ledger

OLD = KeyLedger({"blue/web": SegmentKey(Segment.VLAN, 2)}, {SegmentKey(Segment.GRE, 5): 12.5})
NEW = KeyLedger(
    {"blue/web": SegmentKey(Segment.VLAN, 2), "blue/db": SegmentKey(Segment.VXLAN, 4096)},
    {},
    Unsettled(
        {"blue/db": (SegmentKey(Segment.VLAN, 7), SegmentKey(Segment.VXLAN, 4096)), "red/db": (None, None)},
        {SegmentKey(Segment.GRE, 5): "red/web"},
    ),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A directory with two generations."""
    with StateDirectory(tmp_path / "state") as state:
        assert state.read_ledger() == (KeyLedger(), None)
        state.write_ledger(OLD)
        state.write_ledger(NEW)
    return tmp_path / "state"


def test_what_is_written_is_read_back(path: Path) -> None:
    assert read_ledger(path) == (NEW, None)
    assert stat.S_IMODE(path.stat().st_mode) == 0o700
    assert {file.name for file in path.iterdir()} == {"keys.json", "keys.json.bak", "lock"}
    assert {stat.S_IMODE(file.stat().st_mode) for file in path.iterdir()} == {0o600}


def test_truncated_at_any_length_the_generation_before_is_taken(path: Path) -> None:
    content = (path / "keys.json").read_bytes()
    for length in range(len(content)):
        (path / "keys.json").write_bytes(content[:length])
        ledger, warning = read_ledger(path)
        assert ledger == OLD
        assert warning is not None
        assert warning.endswith(f"took the generation before, {path}/keys.json.bak")


def test_any_changed_byte_is_noticed(path: Path) -> None:
    content = (path / "keys.json").read_bytes()
    for place in range(len(content)):
        changed = bytearray(content)
        changed[place] ^= 1
        (path / "keys.json").write_bytes(changed)
        if changed[place] == ord("0") and b'"version": 0' in changed:
            continue  # another format: test_a_newer_format_is_refused
        assert read_ledger(path)[0] in (OLD, NEW)


def test_a_damaged_ledger_never_pushes_out_a_good_one(path: Path) -> None:
    (path / "keys.json").write_bytes(b"{")
    with StateDirectory(path) as state:
        assert state.read_ledger()[0] == OLD
        state.write_ledger(NEW)
    assert read_ledger(path) == (NEW, None)
    (path / "keys.json").write_bytes(b"{")
    assert read_ledger(path)[0] == OLD


def test_a_missing_ledger_is_taken_from_the_generation_before(path: Path) -> None:
    (path / "keys.json").unlink()
    assert read_ledger(path)[0] == OLD


def test_without_a_good_generation_it_does_not_guess(path: Path) -> None:
    (path / "keys.json").write_bytes(b"{")
    (path / "keys.json.bak").write_bytes(b"\xff")
    with pytest.raises(StateError) as caught:
        read_ledger(path)
    assert str(caught.value) == (
        f"{path}/keys.json: damaged (not complete), and "
        f"{path}/keys.json.bak: damaged (not complete); "
        "restore it from a backup, or remove it to give all networks without a chosen key new ones"
    )
    (path / "keys.json.bak").unlink()
    with pytest.raises(StateError, match=r"keys.json: damaged \(not complete\); restore"):
        read_ledger(path)


def test_a_newer_format_is_refused(path: Path) -> None:
    (path / "keys.json").write_text('{"version": 2, "content": "", "sha256": ""}')
    with pytest.raises(StateError, match="version 2 of the format, this program knows 1; update the program"):
        read_ledger(path)


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


def test_a_failed_write_leaves_the_ledger(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with StateDirectory(path) as state:
        state.read_ledger()
        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(StateError, match="no space left on device"):
            state.write_ledger(OLD)
    assert read_ledger(path) == (NEW, None)


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
