"""The key ledger on disk: what is written is read back, no crash loses it, and no damage makes the daemon guess."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from controller import journaled
from controller.intent.allocation import KeyLedger
from controller.intent.key_register import ledger_edit
from controller.intent.model import Segment, SegmentKey
from controller.intent.moves import Unsettled
from controller.ledger_files import LedgerFiles, read_ledger
from controller.sealed import seal
from controller.state_directory import StateDirectory
from controller.state_file import StateError

OLD = KeyLedger({"blue/web": SegmentKey(Segment.VLAN, 2)}, {SegmentKey(Segment.GRE, 5): 12.5})
NEW = KeyLedger(
    {"blue/web": SegmentKey(Segment.VLAN, 2), "blue/db": SegmentKey(Segment.VXLAN, 4096)},
    {},
    Unsettled(
        {"blue/db": (SegmentKey(Segment.VLAN, 7), SegmentKey(Segment.VXLAN, 4096)), "red/db": (None, None)},
        {SegmentKey(Segment.GRE, 5): "red/web"},
    ),
)
NEWER = KeyLedger({"blue/db": SegmentKey(Segment.VXLAN, 4096)}, {SegmentKey(Segment.VLAN, 2): 100.25})
HISTORY = (OLD, NEW, NEWER, OLD, NEW)
FILES = ("keys.json", "keys.journal", "keys.json.bak", "keys.journal.bak")


def write(state: StateDirectory, after: KeyLedger) -> None:
    """Store a ledger that is an edit of the one that is stored."""
    state.write_ledger(after, ledger_edit(state.read_ledger()[0], after))


@pytest.fixture
def fold(monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], None]:
    """Lets each edit be folded into the snapshot, or none."""
    return lambda at_once: monkeypatch.setattr(LedgerFiles, "_is_long", at_once)


@pytest.fixture
def path(tmp_path: Path, fold: Callable[[bool], None]) -> Path:
    """A directory with two snapshots, an edit between them, and an edit since: OLD, NEW, NEWER, OLD."""
    with StateDirectory(tmp_path / "state") as state:
        assert state.read_ledger() == (KeyLedger(), None)
        for ledger, is_folded in ((OLD, True), (NEW, False), (NEWER, True), (OLD, False)):
            fold(is_folded)
            write(state, ledger)
    return tmp_path / "state"


def test_what_is_written_is_read_back(path: Path) -> None:
    assert read_ledger(path) == (OLD, None)
    assert stat.S_IMODE(path.stat().st_mode) == 0o700
    assert {file.name for file in path.iterdir()} == {*FILES, "lock"}
    assert {stat.S_IMODE(file.stat().st_mode) for file in path.iterdir()} == {0o600}


def test_a_snapshot_truncated_at_any_length_loses_nothing(path: Path) -> None:
    content = (path / "keys.json").read_bytes()
    for length in range(len(content)):
        (path / "keys.json").write_bytes(content[:length])
        ledger, warning = read_ledger(path)
        assert ledger == OLD
        assert warning is not None
        assert warning.endswith(f"took the one before, {path}/keys.json.bak, and its journal")


def test_any_changed_byte_of_a_snapshot_is_noticed(path: Path) -> None:
    content = (path / "keys.json").read_bytes()
    for place in range(len(content)):
        changed = bytearray(content)
        changed[place] ^= 1
        (path / "keys.json").write_bytes(changed)
        if changed[place] == ord("0") and b'"version": 0' in changed:
            continue  # another format: test_a_newer_format_is_refused
        assert read_ledger(path)[0] == OLD


def test_a_journal_truncated_at_any_length_has_the_edits_that_were_whole(tmp_path: Path) -> None:
    ends = []
    with StateDirectory(tmp_path) as state:
        for ledger in HISTORY:
            write(state, ledger)
            ends.append((tmp_path / "keys.journal").stat().st_size)
    content = (tmp_path / "keys.journal").read_bytes()
    assert ends[-1] == len(content)
    for length in range(len(content) + 1):
        (tmp_path / "keys.journal").write_bytes(content[:length])
        whole = sum(1 for end in ends if end <= length)
        assert read_ledger(tmp_path) == ((KeyLedger(), *HISTORY)[whole], None)
        with StateDirectory(tmp_path) as state:
            write(state, NEWER)
            assert state.read_ledger() == (NEWER, None)


def test_a_damaged_line_of_the_journal_is_not_skipped(tmp_path: Path) -> None:
    with StateDirectory(tmp_path) as state:
        for ledger in HISTORY:
            write(state, ledger)
    content = (tmp_path / "keys.journal").read_bytes()
    last = content.rindex(b"\n", 0, -1) + 1
    for place in range(last - 1):
        changed = bytearray(content)
        changed[place] ^= 1
        (tmp_path / "keys.journal").write_bytes(changed)
        with pytest.raises(StateError, match=r"keys.journal: line \d is damaged; restore all keys.* from a backup"):
            read_ledger(tmp_path)
    first = content.index(b"\n") + 1
    (tmp_path / "keys.journal").write_bytes(content[first:])
    with pytest.raises(StateError, match=r"keys.journal: edits 1 to 1 are missing; restore"):
        read_ledger(tmp_path)


@pytest.mark.parametrize("at_once", [False, True])
def test_a_crash_between_any_two_steps_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fold: Callable[[bool], None], at_once: bool
) -> None:
    """Whatever call of the system is the last one: what was stored is there, and what was not yet stored may be."""
    fold(at_once)
    for last in range(60):
        path = tmp_path / str(last)
        stored = list(history_until_crash(path, monkeypatch, last))
        following = (KeyLedger(), *HISTORY)[len(stored) : len(stored) + 2]
        assert read_ledger(path)[0] in following
        with StateDirectory(path) as state:
            write(state, NEWER)
        assert read_ledger(path) == (NEWER, None)
        (path / "keys.json").write_bytes(b"{")
        if (path / "keys.json.bak").exists():
            assert read_ledger(path)[0] == NEWER
    assert stored == list(HISTORY), "not every step was tried"


class Crash(BaseException):
    """The daemon dies here."""


def history_until_crash(path: Path, monkeypatch: pytest.MonkeyPatch, last: int) -> Iterator[KeyLedger]:
    """Store HISTORY, dying after `last` calls that change what is on disk; yields what was stored before."""
    calls = iter(range(last))

    def mortal(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401
            if next(calls, None) is None:
                raise Crash
            return real(*arguments, **named)

        return call

    with StateDirectory(path) as state, monkeypatch.context() as patch:
        state.read_ledger()
        for owner, name in ((os, "fsync"), (os, "link"), (Path, "replace")):
            patch.setattr(owner, name, mortal(getattr(owner, name)))
        before = KeyLedger()
        try:
            for ledger in HISTORY:
                state.write_ledger(ledger, ledger_edit(before, ledger))
                before = ledger
                yield ledger
        except Crash:
            return


def test_a_damaged_snapshot_never_pushes_out_a_good_one(path: Path) -> None:
    (path / "keys.json").write_bytes(b"{")
    with StateDirectory(path) as state:
        write(state, NEW)
        assert state.read_ledger() == (NEW, None)
        write(state, NEWER)
    assert read_ledger(path) == (NEWER, None)
    (path / "keys.json").write_bytes(b"{")
    assert read_ledger(path)[0] == NEWER


def test_a_missing_snapshot_is_made_of_the_one_before(path: Path) -> None:
    (path / "keys.json").unlink()
    assert read_ledger(path)[0] == OLD


def test_a_snapshot_of_before_there_were_journals_is_read(tmp_path: Path) -> None:
    content = {"held": {"blue/web": ["vlan", 2]}, "released": [["gre", 5, 12.5]]}
    (tmp_path / "keys.json").write_bytes(seal(json.dumps(content)))
    assert read_ledger(tmp_path) == (OLD, None)
    with StateDirectory(tmp_path) as state:
        write(state, NEW)
    assert read_ledger(tmp_path) == (NEW, None)


def test_a_journal_does_not_outgrow_the_ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journaled, "SHORT", 1000)
    with StateDirectory(tmp_path) as state:
        for _ in range(10):
            for ledger in HISTORY:
                write(state, ledger)
                assert (tmp_path / "keys.journal.bak").exists() or (tmp_path / "keys.journal").stat().st_size <= 1000
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) < 4000


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


def test_a_failed_write_leaves_the_ledger(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with StateDirectory(path) as state:
        before, _ = state.read_ledger()
        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", full)
            with pytest.raises(StateError, match=r"keys.journal: cannot be used \(no space left on device\)"):
                state.write_ledger(NEWER, ledger_edit(before, NEWER))
        state.write_ledger(NEW, ledger_edit(before, NEW))
    assert read_ledger(path) == (NEW, None)


def test_a_fold_without_room_is_put_off(
    path: Path, monkeypatch: pytest.MonkeyPatch, fold: Callable[[bool], None]
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    fold(True)
    with StateDirectory(path) as state:
        before, _ = state.read_ledger()
        with monkeypatch.context() as patch:
            patch.setattr(os, "link", full)
            state.write_ledger(NEW, ledger_edit(before, NEW))
        assert read_ledger(path) == (NEW, None)
        state.write_ledger(NEWER, ledger_edit(NEW, NEWER))
    assert read_ledger(path) == (NEWER, None)
    assert not (path / "keys.journal").exists()
