"""A switch without a datapath: it answers what a session asks, counts what it is told, and forgets it.

Hundreds of them fit into one process, over real sockets. They are for scale and for faults, not for what a program does
with packets. A fake holds nothing, so its session finds it empty; it has bundles and meters, and refuses nothing.
"""

from __future__ import annotations

import asyncio
import struct
import time
from collections import Counter
from collections.abc import Mapping
from typing import cast

_HEADER = struct.Struct("!BBHI")
_HELLO, _ECHO_REQUEST, _EXPERIMENTER, _FEATURES_REQUEST = 0, 2, 4, 5
_MULTIPART_REQUEST, _BARRIER_REQUEST = 18, 20
_BUNDLE_CONTROL, _BUNDLE_ADD = 2300, 2301
_METER_FEATURES, _PORT_DESCRIPTION = 11, 13
_PORTS_PER_PART = 900
FLOW_MOD, GROUP_MOD, METER_MOD = 14, 15, 29


def message(kind: int, xid: int, body: bytes = b"") -> bytes:
    """An OpenFlow 1.3 message."""
    return _HEADER.pack(4, kind, 8 + len(body), xid) + body


class FakeSwitch(asyncio.Protocol):
    """One connection of one switch; pass it to `loop.create_connection`."""

    def __init__(self, dpid: int, interfaces: Mapping[str, int]) -> None:
        """`interfaces` are OpenFlow numbers by name."""
        self.dpid = dpid
        self.told: Counter[int] = Counter()
        """Messages that change a switch, by type, whether or not in a bundle."""
        self.barriers = 0
        self.last_barrier = 0.0
        """When the last of them came, in seconds of `time.monotonic`."""
        self.echoes = 0
        """Echo replies that came: answers to `probe`."""
        self.is_closed = False
        self.transport: asyncio.Transport
        self._interfaces = interfaces
        self._buffer = bytearray()

    def probe(self) -> None:
        """Send an echo request, as a switch does to find out whether its controller lives."""
        self.transport.write(message(_ECHO_REQUEST, 7))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Say hello."""
        self.transport = cast(asyncio.Transport, transport)
        self.transport.write(message(_HELLO, 0))

    def connection_lost(self, error: Exception | None) -> None:
        """The controller is gone."""
        self.is_closed = True

    def data_received(self, data: bytes) -> None:
        """Answer what is whole."""
        buffer = self._buffer
        buffer += data
        start, end, told = 0, len(buffer), self.told
        said: list[bytes] = []
        while end - start >= 8:
            _, kind, length, xid = _HEADER.unpack_from(buffer, start)
            if end - start < length:
                break
            if kind in (FLOW_MOD, GROUP_MOD, METER_MOD):
                told[kind] += 1
                self._change(kind, bytes(buffer[start : start + length]))
            elif kind == _EXPERIMENTER:
                (subtype,) = struct.unpack_from("!I", buffer, start + 12)
                if subtype == _BUNDLE_ADD:
                    told[buffer[start + 25]] += 1
                    self._change(buffer[start + 25], bytes(buffer[start + 24 : start + length]))
                else:
                    said.append(self._bundle_answer(xid, bytes(buffer[start + 8 : start + length])))
            else:
                said += self._answers(kind, xid, bytes(buffer[start + 8 : start + length]))
            start += length
        del buffer[:start]
        if said:
            self.transport.write(b"".join(said))

    def _change(self, kind: int, message: bytes) -> None:
        """A message that changes the switch, whether or not in a bundle, for a kind of fake that holds something."""

    def _answers(self, kind: int, xid: int, body: bytes) -> list[bytes]:
        if kind == _ECHO_REQUEST:
            return [message(kind + 1, xid, body)]
        if kind == _ECHO_REQUEST + 1:
            self.echoes += 1
        if kind == _BARRIER_REQUEST:
            self.barriers += 1
            self.last_barrier = time.monotonic()
            return [message(kind + 1, xid)]
        if kind == _FEATURES_REQUEST:
            return [message(kind + 1, xid, struct.pack("!QIBB2xII", self.dpid, 0, 254, 0, 0, 0))]
        if kind == _MULTIPART_REQUEST:
            (question,) = struct.unpack_from("!H", body)
            parts = self._parts(question)
            last = len(parts) - 1
            return [
                message(kind + 1, xid, struct.pack("!HH4x", question, number < last) + part)
                for number, part in enumerate(parts)
            ]
        return []

    def _parts(self, question: int) -> list[bytes]:
        if question == _METER_FEATURES:
            return [struct.pack("!IIIBBxx", 65536, 0, 0, 1, 1)]
        if question != _PORT_DESCRIPTION:
            return [b""]
        ports = [
            struct.pack("!I4x6s2x16sII24x", number, number.to_bytes(6, "big"), name.encode(), 0, 0)
            for name, number in self._interfaces.items()
        ]
        return [b"".join(ports[at : at + _PORTS_PER_PART]) for at in range(0, len(ports) or 1, _PORTS_PER_PART)]

    def _bundle_answer(self, xid: int, body: bytes) -> bytes:
        experimenter, subtype, bundle, kind, flags = struct.unpack("!IIIHH", body)
        answer = struct.pack("!IIIHH", experimenter, subtype, bundle, kind + 1, flags)
        return message(_EXPERIMENTER, xid, answer)
