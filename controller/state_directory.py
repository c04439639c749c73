"""What the daemon keeps between its lives: the key ledger, what was learned, and secrets.

    DIR/                  mode 0700
        lock              held by the daemon that uses the directory (see `controller.holder`)
        keys.json         the key ledger
        keys.json.bak     the generation before
        memory.json       interfaces, links and addresses that were learned
        audit.json        what the last audit found that somebody asked for
        NAME.secret       32 random bytes, mode 0600

A file is replaced as a whole: written beside, flushed to disk, renamed over the old one, and the directory flushed. So
a crash leaves the old or the new generation, never a mixture. The ledger carries a checksum, and before it is replaced
the old generation is kept as `.bak`. A ledger that is damaged all the same (by a full or failing disk) is replaced by
that generation, with a warning. When neither can be read the daemon must not guess, for it would give away keys that
are in use: `StateError`. What was learned can be learned again, so damage there is a warning only.
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
from typing import Any

from controller.fabric.memory import Memory, from_plain, to_plain
from controller.intent.allocation import KeyLedger
from controller.intent.model import Segment, SegmentKey
from controller.intent.moves import Unsettled
from controller.sealed import Damaged, UnknownVersion, seal, unseal

_LEDGER, _PREVIOUS, _MEMORY, _AUDIT = "keys.json", "keys.json.bak", "memory.json", "audit.json"
LOCK = "lock"
_SECRET_BYTES = 32
_SECRET_NAME = re.compile(r"[a-z0-9-]+")


class StateError(Exception):
    """The state directory cannot be used; the message names the file and what to do."""


class StateDirectory:
    """A state directory in use by this process, from construction until `close`, or as a context manager."""

    def __init__(self, path: Path) -> None:
        """Create the directory if need be, and lock it. Raises StateError, also when another process has the lock."""
        self._path = path
        # Whether keys.json may become the previous generation: a damaged one must not push out a good one.
        self._sound = False
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            if path.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH):
                raise StateError(f"{path}: others may write to it; make it the daemon's own, with mode 0700")
            self._lock = _open_lock(path / LOCK)
        except OSError as error:
            raise _unusable(path, error) from None
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
        """The ledger, empty at first, and a warning when the previous generation had to be taken. Raises StateError."""
        ledger, warning = read_ledger(self._path)
        self._sound = warning is None
        return ledger, warning

    def write_ledger(self, ledger: KeyLedger) -> None:
        """Replace the ledger atomically. Raises StateError, and then the old ledger is still there."""
        try:
            if self._sound and (self._path / _LEDGER).exists():
                spare = self._path / f"{_PREVIOUS}.tmp"
                spare.unlink(missing_ok=True)
                os.link(self._path / _LEDGER, spare)
                spare.replace(self._path / _PREVIOUS)
            self._replace(self._path / _LEDGER, _encode(ledger))
        except OSError as error:
            raise _unusable(self._path / _LEDGER, error) from None
        self._sound = True

    def read_memory(self) -> tuple[Memory, str | None]:
        """What was learned before, and a warning when that could not be read: then it is learned anew."""
        file = self._path / _MEMORY
        try:
            return from_plain(json.loads(unseal(file.read_bytes()))), None
        except FileNotFoundError:
            return Memory(), None
        except (OSError, ValueError, Damaged, UnknownVersion) as error:
            return Memory(), f"{file}: {error}; starting without what was learned before"

    def write_memory(self, memory: Memory) -> None:
        """Replace what was learned, atomically. Raises StateError, and then the old is still there."""
        file = self._path / _MEMORY
        try:
            self._replace(file, seal(json.dumps(to_plain(memory))))
        except OSError as error:
            raise _unusable(file, error) from None

    def write_audit(self, report: str) -> None:
        """Replace the last report of an audit, atomically. Raises StateError."""
        file = self._path / _AUDIT
        try:
            self._replace(file, seal(report))
        except OSError as error:
            raise _unusable(file, error) from None

    def secret(self, name: str) -> bytes:
        """32 random bytes that stay the same; made at the first call. Raises StateError, and ValueError for a name."""
        if not _SECRET_NAME.fullmatch(name):
            raise ValueError(f"{name!r} is not lower-case letters, digits and hyphens")
        file = self._path / f"{name}.secret"
        try:
            if not file.exists():
                self._replace(file, os.urandom(_SECRET_BYTES))
            content = file.read_bytes()
        except OSError as error:
            raise _unusable(file, error) from None
        if len(content) != _SECRET_BYTES:
            raise StateError(f"{file}: damaged ({len(content)} bytes of {_SECRET_BYTES}); remove it to get a new one")
        return content

    def _replace(self, file: Path, content: bytes) -> None:
        beside = file.with_name(f"{file.name}.tmp")
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(file)
        directory = os.open(self._path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)


def read_ledger(path: Path) -> tuple[KeyLedger, str | None]:
    """The ledger in the state directory `path`, without locking or changing it; see `StateDirectory.read_ledger`."""
    current, previous = path / _LEDGER, path / _PREVIOUS
    try:
        ledger = _read(current)
        if ledger is not None:
            return ledger, None
        damage = f"{current}: missing"
    except Damaged as damaged:
        damage = f"{current}: {damaged}"
    try:
        ledger = _read(previous)
    except Damaged as damaged:
        raise StateError(f"{damage}, and {previous}: {damaged}; {_REMEDY}") from None
    if ledger is not None:
        return ledger, f"{damage}; took the generation before, {previous}"
    if current.exists():
        raise StateError(f"{damage}; {_REMEDY}")
    return KeyLedger(), None


def read_audit(path: Path) -> str | None:
    """The last report of an audit in the state directory `path`; None when there is none. Raises StateError."""
    file = path / _AUDIT
    try:
        return unseal(file.read_bytes())
    except (FileNotFoundError, Damaged, UnknownVersion):
        return None
    except OSError as error:
        raise _unusable(file, error) from None


def _open_lock(file: Path) -> int:
    """A disk that became read-only is no reason not to start: only what is new has to be written."""
    try:
        return os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        if error.errno != errno.EROFS:
            raise
        return os.open(file, os.O_RDONLY | os.O_CLOEXEC)


_REMEDY = "restore it from a backup, or remove it to give all networks without a chosen key new ones"


def _unusable(file: Path, error: OSError) -> StateError:
    return StateError(f"{file}: cannot be used ({(error.strerror or str(error)).lower()}); check owner, mode and disk")


def _encode(ledger: KeyLedger) -> bytes:
    content = {
        "held": {network: [key.segment.value, key.key] for network, key in ledger.held.items()},
        "released": [[key.segment.value, key.key, since] for key, since in ledger.released.items()],
        "moving": {network: [_plain(key) for key in keys] for network, keys in ledger.unsettled.moving.items()},
        "vacated": [[key.segment.value, key.key, network] for key, network in ledger.unsettled.vacated.items()],
    }
    return seal(json.dumps(content))


def _read(file: Path) -> KeyLedger | None:
    """The ledger in one file, None when there is none. Raises Damaged, and StateError where `.bak` is no remedy."""
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unusable(file, error) from None
    try:
        return _decode(json.loads(unseal(content)))
    except UnknownVersion as error:
        raise StateError(f"{file}: {error}") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Damaged("damaged (its content is not a ledger)") from None


def _decode(content: dict[str, Any]) -> KeyLedger:
    held = {network: _key(segment, key) for network, (segment, key) in content["held"].items()}
    released = {_key(segment, key): float(since) for segment, key, since in content["released"]}
    # A ledger from before there were moves has neither.
    moving = {
        network: (_key_or_none(entered), _key_or_none(second))
        for network, (entered, second) in content.get("moving", {}).items()
    }
    vacated = {_key(segment, key): str(network) for segment, key, network in content.get("vacated", [])}
    return KeyLedger(held, released, Unsettled(moving, vacated))


def _plain(key: SegmentKey | None) -> list[str | int] | None:
    return [key.segment.value, key.key] if key else None


def _key(segment: str, key: int) -> SegmentKey:
    return SegmentKey(Segment(segment), key)


def _key_or_none(plain: tuple[str, int] | None) -> SegmentKey | None:
    return _key(*plain) if plain else None
