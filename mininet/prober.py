"""Sends frames from stations and tells exactly which stations received them, and how often.

    with Prober(lab.stations.values()) as prober:
        prober.send("blue1", "hello", dst="02:00:00:00:00:02")
        assert prober.received("hello") == {"blue2": 1}

One packet socket for each station, made inside its namespace and held here, so nothing is started in the guests and
nothing has to be waited for. A socket sees every frame that the switch hands to the interface, for whatever address,
but not what the guest itself sends. A tag that the kernel took off a frame is put back.
"""

from __future__ import annotations

import errno
import select
import socket
import struct
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from frames import BROADCAST, EXPERIMENTAL, MINIMUM, TAG, frame, token_in
from namespaces import entered
from station import Station

SOL_PACKET, PACKET_AUXDATA = 263, 8
SO_RCVBUFFORCE = 33
_AUXDATA = struct.Struct("=IIIHHHH")
_VLAN_VALID = 1 << 4
_ALL_PROTOCOLS = 3
_BUFFER = 4 * 2**20
_LARGEST = 65536


@dataclass(frozen=True, slots=True)
class Sighting:
    """A frame with a token, as a station received it."""

    station: str
    token: str
    frame: bytes
    vlans: tuple[int, ...]
    """Tags from the outside in."""


class Prober:
    """Packet sockets of many stations."""

    def __init__(self, stations: Iterable[Station]) -> None:
        self._stations = {station.name: station for station in stations}
        self._sockets: dict[str, socket.socket] = {}
        self._macs: dict[str, str] = {}
        self._kept: list[Sighting] = []

    def __enter__(self) -> Self:
        for name in self._stations:
            self._open(name)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for opened in self._sockets.values():
            opened.close()

    def reopen(self, station: str) -> None:
        """Go on with the station's new interface, after it was plugged in elsewhere."""
        self._sockets.pop(station).close()
        self._open(station)

    def mac(self, station: str) -> str:
        """MAC address of the station's interface."""
        return self._macs[station]

    def send(
        self,
        station: str,
        token: str,
        *,
        dst: str = BROADCAST,
        src: str | None = None,
        vlans: Sequence[int] = (),
        size: int = MINIMUM,
        ethertype: int = EXPERIMENTAL,
    ) -> None:
        """Send one frame with a token from the station, by default with its own MAC as the source."""
        data = frame(token, src=src or self._macs[station], dst=dst, vlans=vlans, size=size, ethertype=ethertype)
        self.send_raw(station, data)

    def send_raw(self, station: str, data: bytes) -> None:
        """Send one frame as it is."""
        self._sockets[station].send(data)

    def sightings(self, *, quiet: float = 0.3, timeout: float = 5.0) -> list[Sighting]:
        """What was received since the last call, until nothing came for `quiet` seconds or `timeout` is over."""
        deadline = time.monotonic() + timeout
        names = {opened.fileno(): name for name, opened in self._sockets.items()}
        poller = select.poll()
        for descriptor in names:
            poller.register(descriptor, select.POLLIN)
        found, last = self._kept, time.monotonic()
        self._kept = []
        while (now := time.monotonic()) < min(deadline, last + quiet):
            for descriptor, _ in poller.poll(1000 * (min(deadline, last + quiet) - now)):
                fresh = self._drain(names[descriptor])
                found += fresh
                last = time.monotonic() if fresh else last
        return found

    def received(self, token: str, *, quiet: float = 0.3, timeout: float = 5.0) -> dict[str, int]:
        """How often each station received the token; what else came meanwhile is kept for the next call."""
        found = self.sightings(quiet=quiet, timeout=timeout)
        self._kept = [sighting for sighting in found if sighting.token != token]
        return dict(Counter(sighting.station for sighting in found if sighting.token == token))

    def _open(self, name: str) -> None:
        station = self._stations[name]
        with entered(station.namespace):
            opened = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
            opened.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, _BUFFER)
            opened.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
            opened.bind((station.interface, _ALL_PROTOCOLS))
        opened.setblocking(False)
        self._sockets[name] = opened
        self._macs[name] = opened.getsockname()[4].hex(":")

    def _drain(self, name: str) -> list[Sighting]:
        found: list[Sighting] = []
        while True:
            try:
                data, extra, _, address = self._sockets[name].recvmsg(_LARGEST, socket.CMSG_SPACE(_AUXDATA.size))
            except BlockingIOError:
                return found
            except OSError as error:
                if error.errno != errno.ENETDOWN:
                    raise
                continue  # The interface is, or was, down: said once, and then frames come again.
            if address[2] != socket.PACKET_OUTGOING and (token := token_in(data)):
                whole = _with_tag(data, extra)
                found.append(Sighting(name, token, whole, _tags(whole)))


def _with_tag(data: bytes, extra: list[tuple[int, int, bytes]]) -> bytes:
    """The frame as it was on the wire: the kernel hands over its outer tag apart from it."""
    for level, kind, value in extra:
        if (level, kind) == (SOL_PACKET, PACKET_AUXDATA):
            status, _, _, _, _, tci, tpid = _AUXDATA.unpack_from(value)
            if status & _VLAN_VALID:
                return data[:12] + struct.pack("!HH", tpid or TAG, tci) + data[12:]
    return data


def _tags(data: bytes) -> tuple[int, ...]:
    tags, at = [], 12
    while int.from_bytes(data[at : at + 2], "big") == TAG:
        tags.append(int.from_bytes(data[at + 2 : at + 4], "big") & 0xFFF)
        at += 4
    return tuple(tags)
