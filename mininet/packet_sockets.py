"""Room for frames in front of a userspace switch.

Open vSwitch's userspace datapath reads frames from packet sockets whose buffers hold some 270 of them. On a machine
where others compute it may not get its turn for longer than that takes to fill, and what is lost then says nothing
about whoever programs the switch. The sockets are reached by duplicating them out of the process (`pidfd_getfd(2)`),
so nothing but that process is touched.
"""

from __future__ import annotations

import ctypes
import os
import socket
from pathlib import Path

SO_RCVBUFFORCE = 33
BUFFER = 32 * 2**20
"""Bytes for each socket: some seconds of a train of a frame each millisecond."""
_PIDFD_GETFD = 438

_libc = ctypes.CDLL(None, use_errno=True)


def widen(pid: int) -> int:
    """Enlarge the receive buffers of all packet sockets of a process; how many there are."""
    widened = 0
    process = os.pidfd_open(pid)
    try:
        for path in Path(f"/proc/{pid}/fd").iterdir():
            descriptor = _libc.syscall(_PIDFD_GETFD, process, int(path.name), 0)
            if descriptor >= 0:
                widened += _widen_descriptor(descriptor)
    finally:
        os.close(process)
    return widened


def _widen_descriptor(descriptor: int) -> bool:
    try:
        found = socket.socket(fileno=descriptor)
    except OSError:
        os.close(descriptor)
        return False
    with found:
        if found.family != socket.AF_PACKET:
            return False
        found.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER)
        return True
