"""A bare OpenFlow 1.3 connection to a management socket: enough to install a program, hear of errors and ask."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Iterator
from pathlib import Path
from struct import Struct

from controller.dataplane.encoder import encode_flow_add, encode_group_add, encode_meter_add
from controller.dataplane.flow import Program

HEADER = Struct("!BBHI")
MULTIPART = Struct("!HH4x")
"""Which question, and flags (OpenFlow 1.3.5, 7.3.5)."""
VERSION = 4
HELLO, ERROR, ECHO_REQUEST, ECHO_REPLY = 0, 1, 2, 3
MULTIPART_REQUEST, MULTIPART_REPLY, BARRIER_REQUEST, BARRIER_REPLY = 18, 19, 20, 21
MORE = 1


class OpenFlowWire:
    """One connection; the version is settled when it is made."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(10)
        self._socket.connect(str(path))
        self._socket.sendall(HEADER.pack(VERSION, HELLO, 8, 0))

    def __enter__(self) -> OpenFlowWire:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def install(self, program: Program) -> None:
        """Send a program, and fail when the switch refuses anything in it."""
        messages = [encode_meter_add(meter, 0) for meter in program.meters.values()]
        messages += [encode_group_add(group, 0) for group in program.groups.values()]
        messages += [encode_flow_add(flow, cookie, 0) for cookie, flow in program.flows.items()]
        assert list(self.errors(messages)) == []

    def errors(self, messages: Iterable[bytes]) -> Iterator[bytes]:
        """Send messages and a barrier; what the switch says against them."""
        self._socket.sendall(b"".join(messages) + HEADER.pack(VERSION, BARRIER_REQUEST, 8, 1))
        for kind, body in self._messages():
            if kind == BARRIER_REPLY:
                return
            if kind == ERROR:
                yield body

    def ask(self, question: int, body: bytes = b"") -> bytes:
        """All parts of the answer to a multipart request."""
        asked = MULTIPART.pack(question, 0) + body
        self._socket.sendall(HEADER.pack(VERSION, MULTIPART_REQUEST, 8 + len(asked), 1) + asked)
        parts = []
        for kind, part in self._messages():
            assert kind != ERROR, part
            if kind == MULTIPART_REPLY:
                parts.append(part[MULTIPART.size :])
                if not MULTIPART.unpack_from(part)[1] & MORE:
                    break
        return b"".join(parts)

    def _messages(self) -> Iterator[tuple[int, bytes]]:
        """Type and body of what comes; echo requests are answered."""
        while True:
            _, kind, length, xid = HEADER.unpack(self._receive(8))
            body = self._receive(length - 8)
            if kind == ECHO_REQUEST:
                self._socket.sendall(HEADER.pack(VERSION, ECHO_REPLY, length, xid) + body)
            yield kind, body

    def _receive(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            more = self._socket.recv(size - len(data))
            assert more, "the switch closed the connection"
            data += more
        return data
