"""Every way in which a configuration can change shows in its signature."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from controller.watch import signature


def test_unchanged_files_have_an_unchanged_signature(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("a")
    assert signature([tmp_path]) == signature([tmp_path])


@pytest.mark.parametrize("change", ["rewrite", "replace", "add", "remove", "touch"])
def test_every_change_shows(tmp_path: Path, change: str) -> None:
    file, other = tmp_path / "a.yaml", tmp_path / "b.yaml"
    file.write_text("a")
    before = signature([tmp_path])
    if change == "rewrite":
        file.write_text("ab")
    elif change == "replace":
        status = file.stat()
        other.write_text("a")
        os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
        other.replace(file)
    elif change == "add":
        other.write_text("b")
    elif change == "remove":
        file.unlink()
    else:
        os.utime(file, ns=(1, 1))
    assert signature([tmp_path]) != before


def test_a_missing_file_is_no_error(tmp_path: Path) -> None:
    assert signature([tmp_path / "none"]) == ()
