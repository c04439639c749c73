"""What the daemon keeps between its lives: the key ledger, what the API changed, what was learned, and secrets.

    DIR/                  mode 0700
        lock              held by the daemon that uses the directory (see `controller.holder`)
        keys.*            the key ledger (`controller.ledger_files`)
        api.*             what was changed over the API (`controller.api_part_files`)
        memory.json       interfaces, links and addresses that were learned
        audit.json        what the last audit found that somebody asked for
        NAME.secret       32 random bytes, mode 0600

A file is replaced as a whole: written beside, flushed to disk, renamed over the old one, and the directory flushed. So
a crash leaves the old or the new one, never a mixture. What was learned can be learned again, so damage there is a
warning only.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import re
import stat
from pathlib import Path
from types import TracebackType

from controller.api_part_files import ApiPartFiles
from controller.fabric.memory import Memory, from_plain, to_plain
from controller.intent.allocation import KeyLedger
from controller.intent.key_register import LedgerEdit
from controller.ledger_files import LedgerFiles
from controller.sealed import Damaged, UnknownVersion, seal, unseal
from controller.state_file import StateError, replace_file, unusable

_MEMORY, _AUDIT = "memory.json", "audit.json"
LOCK = "lock"
_SECRET_BYTES = 32
_SECRET_NAME = re.compile(r"[a-z0-9-]+")


class StateDirectory:
    """A state directory in use by this process, from construction until `close`, or as a context manager."""

    def __init__(self, path: Path) -> None:
        """Create the directory if need be, and lock it. Raises StateError, also when another process has the lock."""
        self._path = path
        self._ledger = LedgerFiles(path)
        self.api_part = ApiPartFiles(path)
        """What was changed over the API."""
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            if path.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH):
                raise StateError(f"{path}: others may write to it; make it the daemon's own, with mode 0700")
            self._lock = _open_lock(path / LOCK)
        except OSError as error:
            raise unusable(path, error) from None
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # The one that keeps others out does not say whose it is; this one does.
            is_writable = fcntl.fcntl(self._lock, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDWR
            fcntl.lockf(self._lock, (fcntl.LOCK_EX if is_writable else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except OSError:
            os.close(self._lock)
            raise StateError(f"{path}: another daemon uses this directory; stop it, or give --state another") from None

    def __enter__(self) -> StateDirectory:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the lock."""
        os.close(self._lock)

    def read_ledger(self) -> tuple[KeyLedger, str | None]:
        """The ledger, empty at first, and a warning when an older file had to be taken. Raises StateError."""
        return self._ledger.read()

    def write_ledger(self, ledger: KeyLedger, edit: LedgerEdit) -> None:
        """Store the ledger, which `edit` made of the one before. Raises StateError, and then that is still stored."""
        self._ledger.write(ledger, edit)

    def read_memory(self) -> tuple[Memory, str | None]:
        """What was learned before, and a warning when that could not be read: then it is learned anew."""
        try:
            found = read_memory(self._path)
        except StateError as error:
            return Memory(), f"{error}; starting without what was learned before"
        return found[0] if found else Memory(), None

    def write_memory(self, memory: Memory) -> None:
        """Replace what was learned, atomically. Raises StateError, and then the old is still there."""
        file = self._path / _MEMORY
        try:
            replace_file(file, seal(json.dumps(to_plain(memory))))
        except OSError as error:
            raise unusable(file, error) from None

    def write_audit(self, report: str) -> None:
        """Replace the last report of an audit, atomically. Raises StateError."""
        file = self._path / _AUDIT
        try:
            replace_file(file, seal(report))
        except OSError as error:
            raise unusable(file, error) from None

    def secret(self, name: str) -> bytes:
        """32 random bytes that stay the same; made at the first call. Raises StateError, and ValueError for a name."""
        if not _SECRET_NAME.fullmatch(name):
            raise ValueError(f"{name!r} is not lower-case letters, digits and hyphens")
        file = self._path / f"{name}.secret"
        try:
            if not file.exists():
                replace_file(file, os.urandom(_SECRET_BYTES))
            content = file.read_bytes()
        except OSError as error:
            raise unusable(file, error) from None
        if len(content) != _SECRET_BYTES:
            raise StateError(f"{file}: damaged ({len(content)} bytes of {_SECRET_BYTES}); remove it to get a new one")
        return content


def read_memory(path: Path) -> tuple[Memory, float] | None:
    """What was learned, and when that was saved, in seconds since 1970; None when nothing was. Raises StateError.

    Nothing is locked or changed, so this may be asked while a daemon uses the directory.
    """
    file = path / _MEMORY
    try:
        with file.open("rb") as stream:
            return from_plain(json.loads(unseal(stream.read()))), os.fstat(stream.fileno()).st_mtime
    except FileNotFoundError:
        return None
    except OSError as error:
        raise unusable(file, error) from None
    except (ValueError, Damaged, UnknownVersion) as error:
        raise StateError(f"{file}: {error}") from None


def read_audit(path: Path) -> str | None:
    """The last report of an audit in the state directory `path`; None when there is none. Raises StateError."""
    file = path / _AUDIT
    try:
        return unseal(file.read_bytes())
    except (FileNotFoundError, Damaged, UnknownVersion):
        return None
    except OSError as error:
        raise unusable(file, error) from None


def _open_lock(file: Path) -> int:
    """A disk that became read-only is no reason not to start: only what is new has to be written."""
    try:
        return os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        if error.errno != errno.EROFS:
            raise
        return os.open(file, os.O_RDONLY | os.O_CLOEXEC)
