"""Reads what `ovs-appctl ofproto/trace` says became of a packet.

It prints the flow that decided in each table, with its cookie, then each action, then what the datapath is told to do.
Tunnel outputs are read from the actions, because a bridge alone has no route to any endpoint; all others are also read
from the datapath's actions, which is what really happens to a frame.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address

from controller.dataplane.fields import VLAN_PRESENT, mac_number
from controller.dataplane.packet import Packet
from controller.intent.model import IpAddress

_TABLE = re.compile(r"^ *(\d+)\. (.*)$")
_COOKIE = re.compile(r"cookie (0x[0-9a-f]+)")
_DATAPATH = re.compile(r"(?:^|\n)Datapath actions: (.*)")
_TOP_LEVEL = re.compile(r"[^,()]+(?:\([^()]*(?:\([^()]*(?:\([^()]*\)[^()]*)*\)[^()]*)*\))?")


@dataclass(frozen=True)
class Sent:
    """A frame that leaves by an interface: its destination and tags, and for a tunnel its key and receiver."""

    interface: int
    destination: int
    tags: tuple[int, ...]
    priority: int = 0
    """Of the first tag."""
    key: int | None = None
    receiver: IpAddress | None = None


@dataclass(frozen=True)
class Traced:
    """What became of a packet in one bridge."""

    cookies: tuple[int | None, ...]
    """Of the flow that decided in each table; None for no match."""
    sent: tuple[Sent, ...]
    copies: int


def read_trace(text: str, packet: Packet, tunnels: frozenset[int]) -> Traced:
    """What the trace of `packet` says."""
    cookies: list[int | None] = []
    sent: list[Sent] = []
    copies = 0
    tags, priority, key, receiver = packet.tags, packet.priority, packet.tunnel.id, None
    destination = packet.eth_dst
    steps = text.partition("\nFinal flow:")[0].splitlines()
    for line, following in zip(steps, [*steps[1:], ""], strict=True):
        action = line.strip()
        if found := _TABLE.match(line):
            cookie = _COOKIE.search(found[2])
            cookies.append(int(cookie[1], 16) if cookie else None)
        elif action.lower().startswith("controller"):
            copies += 1
        elif action == "pop_vlan":
            tags, priority = tags[1:], 0
        elif action.startswith("push_vlan"):
            tags, priority = (0, *tags), 0
        elif action.startswith("set_field:"):
            value, _, name = action.removeprefix("set_field:").partition("->")
            if name == "vlan_vid":
                tags = (int(value) & ~VLAN_PRESENT, *tags[1:])
            elif name == "vlan_pcp":
                priority = int(value)
            elif name == "eth_dst":
                destination = mac_number(value)
            elif name == "tun_id":
                key = int(value, 16)
            elif name != "in_port":
                receiver = ip_address(value)
        elif action.startswith("output:") and "skipping output to input port" not in following:
            number = int(action.removeprefix("output:"))
            assert "Nonexistent" not in following
            tunnel = (key, receiver) if number in tunnels else (None, None)
            sent.append(Sent(number, destination, tags, priority, *tunnel))
    return Traced(tuple(cookies), tuple(sent), copies)


def read_datapath(text: str, packet: Packet, numbers: Mapping[int, int]) -> tuple[Sent, ...]:
    """What the datapath sends; `numbers` maps its interface numbers to OpenFlow's."""
    found = _DATAPATH.search(text)
    assert found, text
    sent, tags, priority, destination = [], packet.tags, packet.priority, packet.eth_dst
    for action in _TOP_LEVEL.findall(found[1]):
        if action == "pop_vlan":
            tags, priority = tags[1:], 0
        elif push := re.match(r"push_vlan\(vid=(\d+),pcp=(\d+)", action):
            tags, priority = (int(push[1]), *tags), int(push[2])
        elif change := re.match(r"set\(eth\(.*dst=([0-9a-f:]{17})", action):
            destination = mac_number(change[1])
        elif action.isdigit():
            sent.append(Sent(numbers[int(action)], destination, tags, priority))
    return tuple(sent)
