"""Who uses a state directory, as the kernel knows it, and how to send a signal to exactly that process.

The daemon holds a record lock (fcntl(2)) on the file `lock`, and the kernel tells whose it is. No file says so, which
could be out of date after a crash while its number is another process's by then. Between asking and sending the process
may end as well, so it is held by a descriptor (pidfd_open(2)), asked for again, and signalled by that.
"""

from __future__ import annotations

import fcntl
import os
import select
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from struct import Struct

from controller.state_directory import LOCK

_FLOCK = Struct("@hhqqi4x")
"""struct flock of 64-bit Linux: type, whence, start, length, process."""


class NoHolder(Exception):
    """No process that can be signalled uses the directory; the message says why that is so."""


class Holder:
    """The process that uses a state directory."""

    def __init__(self, pid: int, descriptor: int) -> None:
        self.pid = pid
        self._descriptor = descriptor

    def send(self, number: signal.Signals) -> None:
        """Send it a signal. Raises NoHolder when it has ended, or is another user's."""
        try:
            signal.pidfd_send_signal(self._descriptor, number)
        except OSError as error:
            raise NoHolder(f"the daemon (process {self.pid}) cannot be asked: {error.strerror}") from None

    def is_running(self) -> bool:
        """Whether it lives."""
        return not select.select([self._descriptor], [], [], 0)[0]


@contextmanager
def holder_of(directory: Path) -> Iterator[Holder]:
    """The process that uses the directory. Raises NoHolder."""
    try:
        lock = os.open(directory / LOCK, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise NoHolder(f"{directory / LOCK}: cannot be read ({(error.strerror or str(error)).lower()})") from None
    try:
        pid = _locked_by(lock)
        descriptor = _opened(pid)
        is_still = descriptor is not None and _locked_by(lock) == pid
    finally:
        os.close(lock)
    if descriptor is None:
        raise NoHolder(f"{directory}: no daemon uses this directory")
    try:
        if not is_still:
            raise NoHolder(f"{directory}: its daemon has just ended")
        yield Holder(pid, descriptor)
    finally:
        os.close(descriptor)


def _opened(pid: int) -> int | None:
    try:
        return os.pidfd_open(pid) if pid else None
    except ProcessLookupError:
        return None


def _locked_by(lock: int) -> int:
    """The process that holds a record lock on the open file; 0 if none does."""
    asked = _FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
    kind, _, _, _, pid = _FLOCK.unpack(fcntl.fcntl(lock, fcntl.F_GETLK, asked))
    return 0 if kind == fcntl.F_UNLCK else int(pid)
