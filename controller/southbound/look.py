"""A look at a switch beside the daemon: what it holds, by a management connection of its own.

Open vSwitch takes such connections at `BRIDGE.mgmt` in its run directory, and wherever `ptcp:` or `punix:` of
`ovs-vsctl set-controller` says. Nothing is changed. The switch is known by its dpid, as everywhere.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from struct import error

from controller.dataplane.decoder import HeldFlow, HeldGroup, decode_flows, decode_groups
from controller.fabric.model import Interface
from controller.southbound import messages as wire
from controller.southbound.error_names import describe
from controller.southbound.framing import HEADER, VERSION

PATIENCE = 30.0
"""Seconds for each part of an answer."""


class LookError(Exception):
    """The switch could not be looked at; the message says why."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What was seen."""

    dpid: int
    interfaces: tuple[Interface, ...]
    flows: tuple[HeldFlow, ...]
    groups: tuple[HeldGroup, ...]


def look(address: str) -> Looked:
    """Look at the switch at `unix:PATH` or `tcp:HOST:PORT`.

    Raises:
        LookError: there is no switch, or it does not speak OpenFlow 1.3, or what it says cannot be read.
    """
    try:
        with _connected(address) as link:
            return _ask(link)
    except (OSError, ValueError, error) as reason:
        raise LookError(f"{address}: {reason}") from None


def _connected(address: str) -> socket.socket:
    kind, _, rest = address.partition(":")
    if kind == "unix" and rest:
        link = socket.socket(socket.AF_UNIX)
        link.settimeout(PATIENCE)
        link.connect(rest)
        return link
    host, _, port = rest.rpartition(":")
    if kind != "tcp" or not host or not port.isdecimal():
        raise ValueError("not of the form unix:PATH or tcp:HOST:PORT")
    return socket.create_connection((host.strip("[]"), int(port)), PATIENCE)


def _ask(link: socket.socket) -> Looked:
    link.sendall(wire.hello(0) + wire.message(wire.FEATURES_REQUEST, 1))
    dpid = wire.features_dpid(_answer(link, wire.FEATURES_REPLY))
    interfaces = [
        interface
        for part in _parts(link, wire.multipart_request(wire.PORT_DESCRIPTION, 2))
        for interface in wire.interfaces_of(part)
    ]
    # Groups after flows: one that is deleted meanwhile takes its flows along, one that is added has no flow yet.
    flows = [flow for part in _parts(link, wire.all_flows_request(3)) for flow in decode_flows(part)]
    groups = [
        group
        for part in _parts(link, wire.multipart_request(wire.GROUP_DESCRIPTION, 4))
        for group in decode_groups(part)
    ]
    return Looked(dpid, tuple(interfaces), tuple(flows), tuple(groups))


def _parts(link: socket.socket, request: bytes) -> Iterator[bytes]:
    link.sendall(request)
    is_more = True
    while is_more:
        reply = _answer(link, wire.MULTIPART_REPLY)
        _, is_more = wire.multipart_header(reply)
        yield reply[wire.MULTIPART_BODY :]


def _answer(link: socket.socket, wanted: int) -> bytes:
    """The next message of a kind; what comes before it is not for us."""
    while True:
        header = _receive(link, HEADER.size)
        version, kind, length, xid = HEADER.unpack(header)
        body = _receive(link, length - HEADER.size)
        if kind == wire.HELLO:
            if not wire.speaks_our_version(version, header + body):
                raise ValueError("does not speak OpenFlow 1.3; see `ovs-vsctl set bridge ... protocols=OpenFlow13`")
        elif version != VERSION or kind == wire.ERROR:
            what = describe(header + body)[2] if kind == wire.ERROR else f"answered with version {version}"
            raise ValueError(what)
        elif kind == wire.ECHO_REQUEST:
            link.sendall(wire.message(wire.ECHO_REPLY, xid, body))
        elif kind == wanted:
            return header + body


def _receive(link: socket.socket, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        more = link.recv(size - len(data))
        if not more:
            raise OSError("the switch closed the connection")
        data += more
    return bytes(data)
