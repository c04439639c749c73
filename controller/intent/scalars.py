"""The single values of the YAML form: names, addresses, datapath IDs, ranges; each checked, and described to editors.

Each type accepts the text an operator writes and yields the value the models hold. What is refused is refused with a
`wrong` error, which carries what is wrong and what would be right as two sentences of ours; `controller.intent.explain`
finds the place.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import IPv4Interface, IPv6Interface, ip_address, ip_interface
from typing import Annotated, Literal, TypeAlias

from pydantic import BeforeValidator, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from controller.intent.lab_model import IpInterface, WireEnd
from controller.intent.model import MAX_VLAN, IpAddress, KeyRange, SocketAddress

WRONG = "wrong"
"""Error type of values refused here; its context holds `what` and `instead`."""

_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?")
_NAME_PATTERN = re.compile(r"!?[A-Za-z0-9_.*?-]{1,63}")
_INTERFACE = re.compile(r"[^\s/\x00-\x1f:]{1,15}")
_IFACE_ID = re.compile(r"[!-~]{1,255}")
_MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")
_DPID = re.compile(r"[0-9A-Fa-f]{16}")
_RANGE = re.compile(r"([0-9]{1,10})(?:\s*-\s*([0-9]{1,10}))?")
_SECONDS = re.compile(r"([0-9]{1,4}(?:\.[0-9]{1,3})?)(?: ?(s|ms))?")
_WIRE_END = re.compile(r"([^:]+):([^:]+)")
_SOCKET = re.compile(r"(ssl|tcp):(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+)):([0-9]{1,5})|unix:(/[!-~]{1,106})")


def wrong(what: str, instead: str) -> PydanticCustomError:
    """The error to raise for a value that is not acceptable."""
    return PydanticCustomError(WRONG, "{what}; {instead}", {"what": what, "instead": instead})


def _text(value: object, what: str) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        raise wrong(f"{what} {value} is a number to YAML", f'write it in quotes: "{value}"')
    raise wrong(f"{what} must be text", "write one value in quotes")


def _name(value: object) -> str:
    text = _text(value, "the name")
    if not _NAME.fullmatch(text):
        allowed = "use up to 63 letters, digits and inner . _ -"
        raise wrong(f"{shown(text)} cannot be a name", allowed)
    return text


def is_name(text: str) -> bool:
    """Whether something can be called so."""
    return _NAME.fullmatch(text) is not None


def _name_pattern(value: object) -> str:
    text = _text(value, "the pattern")
    if not _NAME_PATTERN.fullmatch(text):
        allowed = "use up to 63 letters, digits, . _ - and * ?, behind ! for names that may not"
        raise wrong(f"{shown(text)} cannot be a pattern of names", allowed)
    return text


def _interface(value: object) -> str:
    text = _text(value, "the interface")
    if len(text.encode()) > 15:
        raise wrong(f"the interface name {shown(text)} has {len(text.encode())} bytes", "Linux allows 15")
    if not _INTERFACE.fullmatch(text):
        raise wrong(f"{shown(text)} cannot be an interface", "leave out blanks, colons and slashes")
    return text


def _iface_id(value: object) -> str:
    text = _text(value, "the iface_id")
    if not _IFACE_ID.fullmatch(text):
        raise wrong(f"{shown(text)} cannot be an iface_id", "use 1 to 255 visible ASCII characters, such as a UUID")
    return text


def _mac(value: object) -> str:
    text = _text(value, "the MAC address").lower()
    if not _MAC.fullmatch(text):
        raise wrong(f"{shown(text)} is not a MAC address", "write it as 02:00:00:00:00:01")
    if int(text[:2], 16) & 1:
        raise wrong(f"the MAC address {text} is for groups", "give a unicast one: an even first byte")
    if text == "00:00:00:00:00:00":
        raise wrong("the MAC address is zero", "give the guest's own, or leave mac out to learn it")
    return text


def _address(value: object) -> IpAddress:
    text = _text(value, "the IP address")
    try:
        return ip_address(text)
    except ValueError:
        raise wrong(f"{shown(text)} is not an IP address", "write it as 192.0.2.1 or 2001:db8::1") from None


def _endpoint(value: object) -> IpAddress:
    address = _address(value)
    if address.is_multicast or address.is_unspecified or (address.version == 6 and address.scope_id):
        raise wrong(f"{address} cannot be a tunnel endpoint", "give the unicast address of one host")
    return address


def _database(value: object) -> SocketAddress:
    """Where a host's database listens: by its address, so that no name service decides who is asked."""
    found = _socket(value, "where a database listens", "write ssl:192.0.2.11:6640, tcp:192.0.2.11:6640 or unix:PATH")
    if found.kind != "unix":
        _of_one_host(found.host, f"write an IP address, as in {found.kind}:192.0.2.11:{found.port}")
    return found


def _controller(value: object) -> SocketAddress:
    """Where a bridge reaches the daemon; Open vSwitch takes names."""
    return _socket(value, "where a bridge reaches the daemon", "write ssl:HOST:6653, tcp:HOST:6653 or unix:PATH")


def _socket(value: object, what: str, instead: str) -> SocketAddress:
    text = _text(value, "the address")
    match = _SOCKET.fullmatch(text)
    if not match or not (match[5] or 1 <= int(match[4]) <= 65535):
        raise wrong(f"{shown(text)} is not {what}", instead)
    if match[5]:
        return SocketAddress("unix", match[5])
    kind: Literal["ssl", "tcp"] = "ssl" if match[1] == "ssl" else "tcp"
    if match[2]:
        return SocketAddress(kind, _of_one_host(match[2], instead), int(match[4]))
    return SocketAddress(kind, match[3], int(match[4]))


def _of_one_host(text: str, instead: str) -> str:
    try:
        address = ip_address(text)
    except ValueError:
        raise wrong(f"{shown(text)} is not an IP address", instead) from None
    if address.is_multicast or address.is_unspecified:
        raise wrong(f"{address} is not the address of one host", instead)
    return str(address)


def _address_with_prefix(value: object) -> IpInterface:
    text = _text(value, "the address")
    try:
        found: IPv4Interface | IPv6Interface = ip_interface(text)
    except ValueError:
        found = IPv4Interface("0.0.0.0/0")
    if found.network.prefixlen == 0 or "/" not in text:
        raise wrong(f"{shown(text)} is not an address with its prefix length", "write it as 10.0.0.1/24") from None
    return found


def _dpid(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        # The reader takes only decimal digits for a number, so this gives back what was written.
        raise wrong("the dpid is a number to YAML, whose digits are ambiguous", f'write it in quotes: "{value:016}"')
    text = _text(value, "the dpid")
    if not _DPID.fullmatch(text):
        raise wrong(f"{shown(text)} is not a dpid", 'write 16 hexadecimal digits: "0000000000000011"')
    if int(text, 16) == 0:
        raise wrong("the dpid is zero", "give each switch a number of its own")
    return int(text, 16)


def _vid(value: object) -> int:
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= 4:
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MAX_VLAN:
        raise wrong(f"{shown(value)} is not a VLAN ID", f"use 1 to {MAX_VLAN}")
    return value


MIN_PERIOD, MAX_PERIOD = 0.2, 10.0
"""Seconds. Faster costs CPU and makes links of a busy machine look dead; slower delays a daemon that starts."""


def _period(value: object) -> float:
    # The reader knows whole numbers only, and leaves 0.5 as text.
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    match = _SECONDS.fullmatch(text) if isinstance(text, str) else None
    if not match:
        raise wrong(f"{shown(value)} is not a time", "write seconds: 1, 0.5 or 500ms")
    seconds = float(match[1]) / (1000 if match[2] == "ms" else 1)
    if not MIN_PERIOD <= seconds <= MAX_PERIOD:
        raise wrong(f"the period is {text}", f"use {MIN_PERIOD} to {MAX_PERIOD:.0f} seconds")
    return seconds


def _range(least: int, most: int, kind: str) -> Callable[[object], KeyRange]:
    """A validator of `first-last` or one number, within `least` to `most`."""

    def check(value: object) -> KeyRange:
        text = str(value) if isinstance(value, int) and not isinstance(value, bool) else _text(value, "the range")
        match = _RANGE.fullmatch(text.strip())
        if not match:
            raise wrong(f"{shown(text)} is not a range of {kind}s", f"write it as {least}-{most}, or one number")
        first, last = int(match[1]), int(match[2] or match[1])
        if first > last:
            raise wrong(f"the range {text} ends before it begins", f"write {last}-{first}")
        if first < least or last > most:
            raise wrong(f"the range {text} leaves the {kind}s that can be used", f"stay within {least}-{most}")
        return KeyRange(first, last)

    return check


def _port_id(value: object) -> str:
    tenant, slash, port = _text(value, "the port").partition("/")
    if not slash or "/" in port:
        raise wrong(f"{shown(value)} is not the name of a port", "write tenant/port")
    return f"{_name(tenant)}/{_name(port)}"


def _wire_end(value: object) -> WireEnd:
    match = _WIRE_END.fullmatch(_text(value, "the end of a wire"))
    if not match:
        raise wrong(f"{shown(value)} is not the end of a wire", "write node:interface, such as leaf1:leaf1-eth1")
    return WireEnd(_name(match[1]), _interface(match[2]))


def shown(value: object) -> str:
    """A value in quotes, shortened for a message."""
    text = str(value)
    return f'"{text}"' if len(text) <= 40 else f'"{text[:37]}..."'


def _listed(value: object) -> object:
    return value if isinstance(value, list) else [value]


def _string(**more: object) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", **more})


def _ranges(least: int, most: int) -> WithJsonSchema:
    number = {"type": "integer", "minimum": least, "maximum": most}
    text = {"type": "string", "pattern": r"^\s*[0-9]{1,10}(\s*-\s*[0-9]{1,10})?\s*$"}
    return WithJsonSchema(
        {"anyOf": [number, text, {"type": "array", "items": {"anyOf": [number, text]}}]},
    )


_MAC_PATTERN = "^[0-9A-Fa-f][02468ACEace](:[0-9A-Fa-f]{2}){5}$"

Name: TypeAlias = Annotated[str, PlainValidator(_name), _string(pattern=f"^{_NAME.pattern}$")]
Interface: TypeAlias = Annotated[str, PlainValidator(_interface), _string(pattern=r"^[^\s/:]{1,15}$")]
IfaceId: TypeAlias = Annotated[str, PlainValidator(_iface_id), _string(pattern=f"^{_IFACE_ID.pattern}$")]
Mac: TypeAlias = Annotated[str, PlainValidator(_mac), _string(pattern=_MAC_PATTERN)]
Address: TypeAlias = Annotated[IpAddress, PlainValidator(_address), _string()]
Endpoint: TypeAlias = Annotated[IpAddress, PlainValidator(_endpoint), _string()]
AddressWithPrefix: TypeAlias = Annotated[IpInterface, PlainValidator(_address_with_prefix), _string(pattern="/[0-9]+$")]
Database: TypeAlias = Annotated[SocketAddress, PlainValidator(_database), _string(pattern="^(ssl|tcp|unix):")]
Controller: TypeAlias = Annotated[SocketAddress, PlainValidator(_controller), _string(pattern="^(ssl|tcp|unix):")]
Dpid: TypeAlias = Annotated[int, PlainValidator(_dpid), _string(pattern=f"^{_DPID.pattern}$")]
PortId: TypeAlias = Annotated[str, PlainValidator(_port_id), _string(pattern="^[^/]+/[^/]+$")]
Vid: TypeAlias = Annotated[int, PlainValidator(_vid), _string(pattern="^[1-9][0-9]{0,3}$")]
End: TypeAlias = Annotated[WireEnd, PlainValidator(_wire_end), _string(pattern="^[^:]+:[^:]+$")]

_PERIOD_SCHEMA = WithJsonSchema(
    {
        "anyOf": [
            {"type": "number", "minimum": MIN_PERIOD, "maximum": MAX_PERIOD},
            {"type": "string", "pattern": f"^{_SECONDS.pattern}$"},
        ]
    }
)
Period: TypeAlias = Annotated[float, PlainValidator(_period), _PERIOD_SCHEMA]
_TWO_ENDS = {"type": "array", "items": {"type": "string", "pattern": "^[^:]+:[^:]+$"}, "minItems": 2, "maxItems": 2}
TwoEnds: TypeAlias = Annotated[tuple[End, End], WithJsonSchema(_TWO_ENDS)]

_Vlans: TypeAlias = Annotated[KeyRange, PlainValidator(_range(2, MAX_VLAN, "VLAN ID"))]
_AnyVlans: TypeAlias = Annotated[KeyRange, PlainValidator(_range(0, 4095, "VLAN ID"))]
_TunnelIds: TypeAlias = Annotated[KeyRange, PlainValidator(_range(1, 2**24 - 1, "tunnel ID"))]
VlanRanges: TypeAlias = Annotated[tuple[_Vlans, ...], BeforeValidator(_listed), _ranges(2, MAX_VLAN)]
ReservedRanges: TypeAlias = Annotated[tuple[_AnyVlans, ...], BeforeValidator(_listed), _ranges(0, 4095)]
KeyRanges: TypeAlias = Annotated[tuple[_TunnelIds, ...], BeforeValidator(_listed), _ranges(1, 2**24 - 1)]

_ONE_OR_MORE = WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]})
_NamePattern = Annotated[str, PlainValidator(_name_pattern), _string(pattern=f"^{_NAME_PATTERN.pattern}$")]
NamePatterns: TypeAlias = Annotated[tuple[_NamePattern, ...], BeforeValidator(_listed), _ONE_OR_MORE]
Addresses: TypeAlias = Annotated[tuple[Address, ...], BeforeValidator(_listed), _ONE_OR_MORE]
AddressesWithPrefix: TypeAlias = Annotated[tuple[AddressWithPrefix, ...], BeforeValidator(_listed), _ONE_OR_MORE]
