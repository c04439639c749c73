"""Files of the state directory: replaced as a whole, and what is said when they cannot be."""

from __future__ import annotations

import os
from pathlib import Path


class StateError(Exception):
    """The state directory cannot be used; the message names the file and what to do."""


def unusable(file: Path, error: OSError) -> StateError:
    """What to raise for an error of the system."""
    return StateError(f"{file}: cannot be used ({(error.strerror or str(error)).lower()}); check owner, mode and disk")


def replace_file(file: Path, content: bytes) -> None:
    """Write a file beside, flush it to disk, rename it over the old one, and flush the directory. Raises OSError."""
    beside = file.with_name(f"{file.name}.tmp")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    beside.replace(file)
    sync_directory(file.parent)


def sync_directory(path: Path) -> None:
    """Flush the names of files in a directory to disk. Raises OSError."""
    directory = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
