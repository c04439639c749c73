"""Which files make up a document, and their text.

A path that is a directory stands for its `*.yaml` and `*.yml` files by name, hidden ones left out. Whatever can be
wrong with a file before its YAML is looked at is reported here: it is missing, unreadable, huge, binary, not UTF-8.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Sequence
from pathlib import Path

from controller.intent.problems import Problems
from controller.intent.tree import MAX_FILES, pack

MAX_BYTES = 32 * 2**20
"""Largest file that is read; 100,000 ports take about 10 MB."""

_SUFFIXES = (".yaml", ".yml")
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What YAML 1.2.2, 5.1 does not allow in a document."""


def files_of(paths: Sequence[Path], problems: Problems) -> list[Path]:
    """The files that `paths` stand for, each once, in the order given."""
    found: dict[Path, Path] = {}
    for path in paths:
        try:
            names = _directory(path, problems) if path.is_dir() else [path]
        except (OSError, ValueError) as error:
            problems.file_error(path, f"cannot be read ({_reason(error)})", "make it readable")
            continue
        for name in names:
            found.setdefault(Path(name).absolute(), name)
    if len(found) > MAX_FILES // 2:
        problems.file_error(paths[0], f"there are {len(found):,} files", f"join them into {MAX_FILES // 2:,} at most")
        return []
    return list(found.values())


def _directory(path: Path, problems: Problems) -> list[Path]:
    names = sorted(name for name in path.iterdir() if name.suffix in _SUFFIXES and not name.name.startswith("."))
    if not names:
        problems.file_error(path, "the directory has no *.yaml or *.yml file", "name a file or another directory")
    return names


def read_text(file: Path, problems: Problems) -> tuple[int, str] | None:
    """A file's number in `problems` and its text; None when an error was reported."""
    number = problems.add_file(file)
    start = pack(number, 0, 0)
    content = _content(file, start, problems)
    if content is None:
        return None
    if b"\0" in content:
        problems.error(start, "the file is binary (it holds NUL bytes)", "give a text file in YAML")
        return None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line, column = before.count(b"\n"), len(before) - before.rfind(b"\n") - 1
        what = f"the byte 0x{content[error.start]:02x} is not UTF-8"
        problems.error(pack(number, line, column), what, "save the file as UTF-8")
        return None
    return _printable(number, text, problems)


def check_text(file: Path, text: str, problems: Problems) -> tuple[int, str] | None:
    """The same for text that somebody else has read from the file."""
    return _printable(problems.add_file(file), text, problems)


def _printable(number: int, text: str, problems: Problems) -> tuple[int, str] | None:
    if bad := _UNPRINTABLE.search(text):
        line, column = text.count("\n", 0, bad.start()), bad.start() - text.rfind("\n", 0, bad.start()) - 1
        what = f"the character U+{ord(bad[0]):04X} is not allowed in YAML"
        problems.error(pack(number, line, column), what, "remove it")
        return None
    return number, text


def _content(file: Path, start: int, problems: Problems) -> bytes | None:
    try:
        status = file.stat()
        if not stat.S_ISREG(status.st_mode):
            problems.error(start, "not a regular file", "give a file or a directory of files")
            return None
        if status.st_size > MAX_BYTES:
            size = f"{status.st_size / 2**20:,.0f} MiB, and {MAX_BYTES // 2**20} MiB is the most that is read"
            problems.error(start, f"the file has {size}", "split it into several files")
            return None
        return file.read_bytes()
    except FileNotFoundError:
        problems.error(start, "there is no such file", "check its name")
    except (OSError, ValueError) as error:
        problems.error(start, f"cannot be read ({_reason(error)})", "make it readable")
    return None


def _reason(error: Exception) -> str:
    return (error.strerror or str(error)).lower() if isinstance(error, OSError) else str(error)
