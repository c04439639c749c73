"""Probes: frames by which the daemon finds out which tenants' ports are connected outside of us.

They leave by tenants' ports, so guests see them; they say no more than where that was, and only we can make one. The
destination is a group address (`apps.loop_guard.PROBES`), which bridges forward; the EtherType is the one for protocols
that are named by an OUI (IEEE 802-2014, 9.2.4):

    OUI 3 | protocol 2 | version 1 | dpid 8 | interface number 4 | VLAN ID 2 | time 8 | signature 16

The signature is HMAC-SHA256 over all of that before it, cut to 16 bytes, and not over the Ethernet header, in which a
tag may come or go on the way. A probe counts for some seconds only, so none can be kept and sent later.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from struct import Struct

from controller.dataplane.fields import ETH_OUI_EXTENDED, ETH_SERVICE_VLAN, ETH_VLAN
from controller.southbound.signature import OUI, SIGNATURE_BYTES, is_signed, sign

FRESH = 5.0
"""Seconds for which a probe counts."""

_TYPE = Struct("!H")
_TAG = Struct("!HH")
_TAGS = _TYPE.pack(ETH_VLAN), _TYPE.pack(ETH_SERVICE_VLAN)
_PLACE = Struct("!QIH")
_OURS = Struct("!3sHB14sQ")
_PROTOCOL, _VERSION = 1, 1


class BadProbe(Exception):
    """A frame that is no probe of ours, or an old one; the message says why."""


@dataclass(frozen=True, slots=True)
class Probe:
    """Where a probe left: an interface of a switch, and the VLAN ID if it is a trunk port's."""

    dpid: int
    interface: int
    tag: int | None


def encode_probe(probe: Probe, destination: int, key: bytes, time: float) -> bytes:
    """An Ethernet frame to `destination` that leaves at `time` (seconds since 1970), signed with `key`."""
    place = _PLACE.pack(probe.dpid, probe.interface, probe.tag or 0)
    ours = _OURS.pack(OUI, _PROTOCOL, _VERSION, place, int(time * 1000))
    # Each place has an address of its own, or bridges outside would see one that moves.
    source = b"\x02" + blake2b(place, digest_size=5).digest()
    tag = _TAG.pack(ETH_VLAN, probe.tag) if probe.tag else b""
    head = destination.to_bytes(6, "big") + source + tag + _TYPE.pack(ETH_OUI_EXTENDED)
    return head + ours + sign(ours, key)


def decode_probe(data: bytes, key: bytes, time: float) -> Probe:
    """The probe in a frame that arrived at `time`, tagged or not and perhaps padded.

    Raises:
        BadProbe: it is not ours, is cut off, is not signed with `key`, or is older than `FRESH` seconds.
    """
    at = 16 if data[12:14] in _TAGS else 12
    start, end = at + 2, at + 2 + _OURS.size
    if len(data) < end + SIGNATURE_BYTES or data[at:start] != _TYPE.pack(ETH_OUI_EXTENDED):
        raise BadProbe("it is not a probe, or cut off")
    if not is_signed(data[start:end], data[end : end + SIGNATURE_BYTES], key):
        raise BadProbe("its signature is not made with our key")
    oui, protocol, version, place, sent = _OURS.unpack_from(data, start)
    if (oui, protocol, version) != (OUI, _PROTOCOL, _VERSION):
        raise BadProbe(f"it is of protocol {protocol}, version {version}")
    if abs(time - sent / 1000) > FRESH:
        raise BadProbe(f"it is {time - sent / 1000:.1f} s old")
    dpid, interface, tag = _PLACE.unpack(place)
    return Probe(dpid, interface, tag or None)


def tag_of(data: bytes) -> int | None:
    """The VLAN ID of a frame's outer tag, if it has one."""
    return int.from_bytes(data[14:16], "big") & 0xFFF if data[12:14] in _TAGS else None
