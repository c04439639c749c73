"""A guest's network card: a tap device whose other side is held by the test.

What is written is what the guest sends, what is read is what reaches it, both as bytes with all tags in place (a packet
socket would be given the outer tag apart from the frame). The device vanishes when it is closed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from fcntl import ioctl
from struct import pack

from namespaces import entered

TUNSETIFF = 0x400454CA
IFF_TAP, IFF_NO_PI = 0x0002, 0x1000


class Tap:
    """A tap device in a namespace."""

    def __init__(self, name: str, namespace: int) -> None:
        with entered(namespace):
            self._descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
            ioctl(self._descriptor, TUNSETIFF, pack("16sH22x", name.encode(), IFF_TAP | IFF_NO_PI))

    def send(self, data: bytes) -> None:
        """Let the guest send a frame."""
        os.write(self._descriptor, data)

    def received(self) -> Iterator[bytes]:
        """All frames that have reached the guest by now."""
        with suppress(BlockingIOError):
            while True:
                yield os.read(self._descriptor, 65536)

    def close(self) -> None:
        """Unplug it."""
        os.close(self._descriptor)
