"""LLDP passes between the guests of a network that says so, over links and tunnels, and nowhere else."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address

import pytest

from apps.discovery import NEAREST_BRIDGE
from apps.pipeline import FLOODED_PCP
from apps.pipeline_page import DB, PEER, SWITCH, TREES, WEB
from apps.units import NetworkUnit, OutsidePort
from controller.compiler import compile_network, compile_unit
from controller.dataplane.fields import ETH_LLDP
from controller.dataplane.interpreter import Interpreter
from controller.dataplane.packet import NO_TUNNEL, Packet, Tunnel
from controller.dataplane.program import assemble

GUEST = 0x020000000001
OUTSIDE = IPv4Address("198.51.100.9")
PASSING = (
    replace(WEB, passes_lldp=True),
    replace(DB, outside=(OutsidePort("red/out", OUTSIDE, (), True, None),), peers=(PEER, OUTSIDE), passes_lldp=True),
)
KEEPING = tuple(replace(unit, passes_lldp=False) for unit in PASSING)
ADDRESSES = (NEAREST_BRIDGE, NEAREST_BRIDGE - 11, NEAREST_BRIDGE - 14)


def run(units: tuple[NetworkUnit, ...], in_port: int, packet: Packet) -> tuple[set[int], int]:
    """The interfaces by which the packet leaves, and how many copies the daemon gets of it as of an announcement."""
    interpreter = Interpreter(assemble([compile_unit(SWITCH), compile_unit(TREES), *map(compile_network, units)]))
    outcome = interpreter.run(packet, in_port)
    copies = [flow for flow in outcome.copies if flow.reason.app == "discovery"]
    return {number for number, _ in outcome.emitted}, len(copies)


def lldp(address: int = NEAREST_BRIDGE, tags: tuple[int, ...] = (), tunnel: Tunnel = NO_TUNNEL) -> Packet:
    return Packet(address, GUEST, ETH_LLDP, tags=tags, tunnel=tunnel)


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_guest_s_frame_reaches_the_others_of_its_network(address: int) -> None:
    assert run(PASSING, 2, lldp(address)) == ({1, 4, 5, 7}, 0)
    assert run(PASSING, 4, replace(lldp(address, tags=(7,)), eth_src=GUEST + 2)) == ({1, 2, 5, 7}, 0)
    assert run(PASSING, 3, lldp(address)) == ({8, 10}, 0)
    flooded = replace(lldp(address, tags=(96,)), priority=FLOODED_PCP[0])
    assert run(PASSING, 1, flooded) == ({2, 4, 5, 7}, 0)


@pytest.mark.parametrize("sender", [PEER, OUTSIDE])
def test_it_enters_from_a_tunnel_with_the_network_s_number(sender: IPv4Address) -> None:
    assert run(PASSING, 10, lldp(tunnel=Tunnel(70000, sender, None))) == ({3, 8}, 0)
    assert run(PASSING, 10, lldp(tunnel=Tunnel(70001, sender, None))) == (set(), 0)
    assert run(PASSING, 10, lldp(tunnel=Tunnel(70000, IPv4Address("198.51.100.1"), None))) == (set(), 0)


def test_other_networks_keep_it() -> None:
    for in_port, packet in (
        (2, lldp()),
        (3, lldp()),
        (1, lldp(tags=(96,))),
        (10, lldp(tunnel=Tunnel(70000, PEER, None))),
    ):
        assert run(KEEPING, in_port, packet) == (set(), 0)


def test_other_frames_to_these_addresses_are_dropped_and_announcements_still_heard() -> None:
    assert run(PASSING, 2, replace(lldp(), eth_type=0x888E)) == (set(), 0)
    assert run(PASSING, 1, lldp()) == (set(), 1)
