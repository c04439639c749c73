"""Watches configuration files for change, by looking at them now and then.

A signature is everything by which a change shows: the files there are, their inodes, sizes and times. It is compared
and never interpreted, so that editors which replace files, directories that gain files and clocks that jump all count.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypeAlias

Signature: TypeAlias = tuple[tuple[str, int, int, int], ...]


def signature(paths: Sequence[Path]) -> Signature:
    """What the files and directories look like now; a file that is not there has none."""
    return tuple(sorted(_look(paths)))


def _look(paths: Iterable[Path]) -> Iterable[tuple[str, int, int, int]]:
    for path in paths:
        for file in (path, *path.iterdir()) if path.is_dir() else (path,):
            try:
                status = file.stat()
            except OSError:
                continue
            yield str(file), status.st_ino, status.st_size, status.st_mtime_ns
