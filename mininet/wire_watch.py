"""Shows how one station's frames travel to another: tcpdump on every wire between switches, and one ping.

The ping has an identifier of its own, by which its packets are told from all others, whatever they are wrapped in.
"""

from __future__ import annotations

import itertools
import os
import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

from capture import SETTLE, Capture
from controller.intent.lab_model import UPLINK
from lab import Lab
from lab_node import LabNode
from namespaces import CommandError, run
from station import Station

_identifiers = itertools.count(4711)
_TUNNEL = re.compile(r"(VXLAN|Geneve|GRE)(?:v0)?\b.*?(?:vni |key=)(0x[0-9a-f]+|\d+)")
_VLAN = re.compile(r"\bvlan (\d+)")
_MACS = re.compile(r"((?:[0-9a-f]{2}:){5}[0-9a-f]{2}) > ((?:[0-9a-f]{2}:){5}[0-9a-f]{2})")
_ADDRESSES = re.compile(r"(\S+) > (\S+): ICMP echo request")


@dataclass(frozen=True, slots=True)
class Passage:
    """One frame seen on one wire."""

    wire: str
    vlan: int | None
    """Outermost tag."""
    tunnel: str | None
    """Encapsulation, as tcpdump calls it."""
    key: int | None
    """Tunnel ID."""
    inner: tuple[str, str, str, str]
    """MAC and IP addresses of sender and receiver, as the guests use them."""


def watch(lab: Lab, sender: Station, receiver: Station) -> list[Passage]:
    """Ping once and return each wire that the request passed."""
    identifier = next(_identifiers)
    wires = list(_wires(lab))
    with ExitStack() as stack:
        captures = [Capture(node.namespace, name, "", env={**os.environ, **lab.mark}) for node, name in wires]
        for capture in captures:
            stack.callback(capture.stop)
        for capture in captures:
            capture.start()
        ping = ["ping", "-n", "-c1", "-W1", "-e", str(identifier), "-I", sender.interface]
        try:
            run([*ping, str(receiver.addresses[0].ip)], pid=sender.namespace)
        except CommandError:
            return []
        time.sleep(SETTLE)
    found = []
    for (node, name), capture in zip(wires, captures, strict=True):
        passages = (parse(f"{node.name}:{name}", line, identifier) for line in capture.lines)
        found += [passage for passage in passages if passage]
    return found


def parse(wire: str, line: str, identifier: int) -> Passage | None:
    """What a line of tcpdump says, when it is an echo request of that identifier."""
    addresses = _ADDRESSES.findall(line)
    if not addresses or f"ICMP echo request, id {identifier}," not in line:
        return None
    tunnel = _TUNNEL.search(line)
    outer = line[: tunnel.start()] if tunnel else line
    vlan = _VLAN.search(outer)
    return Passage(
        wire,
        int(vlan[1]) if vlan else None,
        tunnel[1] if tunnel else None,
        int(tunnel[2], 0) if tunnel else None,
        (*_MACS.findall(line)[-1], *addresses[-1]),
    )


def _wires(lab: Lab) -> Iterator[tuple[LabNode, str]]:
    """One end of each wire between switches: not the uplink's, as `br-phys` is no switch of the intent."""
    for wire in lab.model.wires:
        end = wire.b if wire.a.interface == UPLINK else wire.a
        yield lab.net[end.node], end.interface
    if lab.model.underlay_bridge:
        for name in lab.model.hypervisors:
            yield lab.net[name], UPLINK
