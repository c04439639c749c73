"""The messages of the ONF bundle extension for OpenFlow 1.3 (ONF EXT-230; in OpenFlow 1.4 and later: 7.3.9).

A bundle is opened, filled with messages one by one, and committed or discarded. Ours are *ordered* and *atomic*: all of
it happens at once, or nothing. Each message inside has the xid of the message around it, so an error names what it is
about both when it is added and when the bundle is committed. A bundle's id is the xid of the message that opens it.
"""

from __future__ import annotations

from struct import Struct

from controller.southbound.framing import HEADER, VERSION

EXPERIMENTER = 4
ONF = 0x4F4E4600

OPEN, COMMIT, DISCARD = 0, 4, 6
"""Kinds of requests; the reply to each is one more."""

_CONTROL, _ADD = 2300, 2301
_ATOMIC_AND_ORDERED = 1 | 2
_CONTROL_MESSAGE = Struct("!BBHIIIIHH")
_ADD_MESSAGE = Struct("!BBHIIII2xH")
_EXTENSION = Struct("!8xII")


def control(kind: int, bundle: int, xid: int) -> bytes:
    """Open, commit or discard a bundle."""
    size = _CONTROL_MESSAGE.size
    return _CONTROL_MESSAGE.pack(VERSION, EXPERIMENTER, size, xid, ONF, _CONTROL, bundle, kind, _ATOMIC_AND_ORDERED)


def add(bundle: int, message: bytes) -> bytes:
    """Put a message into a bundle."""
    _, _, length, xid = HEADER.unpack_from(message)
    size = _ADD_MESSAGE.size + length
    return _ADD_MESSAGE.pack(VERSION, EXPERIMENTER, size, xid, ONF, _ADD, bundle, _ATOMIC_AND_ORDERED) + message


def is_answer(received: bytes) -> bool:
    """Whether an experimenter message is a switch's answer to `control`; it has the request's xid."""
    return _EXTENSION.unpack_from(received) == (ONF, _CONTROL)
