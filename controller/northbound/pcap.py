"""Frames out of a capture file, as tcpdump writes them.

Format: libpcap's, pcap-savefile(5); Ethernet only.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from struct import Struct

_MAGICS = {b"\xa1\xb2\xc3\xd4": ">", b"\xd4\xc3\xb2\xa1": "<", b"\xa1\xb2\x3c\x4d": ">", b"\x4d\x3c\xb2\xa1": "<"}
"""Order of bytes by the first four; times are in microseconds or nanoseconds."""
_NEXT_GENERATION = b"\x0a\x0d\x0d\x0a"
_ETHERNET = 1
_LINK_TYPE = 0x0FFFFFFF
"""Other bits next to the type of link tell about check sequences."""


class BadCapture(ValueError):
    """Not a capture that can be read; the message says why."""


def frames_of(file: Path) -> list[bytes]:
    """Each frame, as far as it was captured. Raises BadCapture and OSError."""
    data = file.read_bytes()
    if data.startswith(_NEXT_GENERATION):
        raise BadCapture("is in the pcapng format; `editcap -F pcap` makes a pcap file of it")
    order = _MAGICS.get(data[:4])
    if order is None or len(data) < 24:
        raise BadCapture("is no capture file of tcpdump")
    (link,) = Struct(f"{order}I").unpack_from(data, 20)
    if link & _LINK_TYPE != _ETHERNET:
        raise BadCapture("was not captured on Ethernet")
    return list(_records(data, Struct(f"{order}IIII")))


def _records(data: bytes, record: Struct) -> Iterator[bytes]:
    at = 24
    while at + record.size <= len(data):
        _, _, length, _ = record.unpack_from(data, at)
        at += record.size
        if at + length > len(data):
            return  # It ends in the middle of a frame: somebody still writes it.
        yield data[at : at + length]
        at += length
