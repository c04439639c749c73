"""The graph of a fabric has everything that is known, each thing once, and cannot be changed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import networkx as nx
import pytest

from controller.fabric.graph import fabric_graph
from controller.fabric.model import Interface
from tests.unit.small_fabric import ADDRESSES, FABRIC, INTENT, PARALLEL_A, VIEWS

GRAPH = fabric_graph(INTENT, FABRIC, ADDRESSES, {PARALLEL_A: 0.00025})


def nodes(kind: str) -> dict[str, dict[str, Any]]:
    return {
        node: {key: value for key, value in data.items() if key != "kind"}
        for node, data in GRAPH.nodes(data=True)
        if data["kind"] == kind
    }


def edges(kind: str) -> dict[frozenset[str], dict[str, Any]]:
    return {
        frozenset((one, other)): {key: value for key, value in data.items() if key != "kind"}
        for one, other, data in GRAPH.edges(data=True)
        if data["kind"] == kind
    }


def test_switches() -> None:
    assert nodes("switch") == {
        "switch:s1": {"name": "s1", "dpid": "0000000000000001", "draining": False, "state": "connected"},
        "switch:s2": {"name": "s2", "dpid": "0000000000000002", "draining": False, "state": "connected"},
        "switch:s3": {"name": "s3", "dpid": "0000000000000003", "draining": True, "state": "missing"},
        "switch:hv1": {"name": "hv1", "dpid": "0000000000000011", "draining": False, "state": "away"},
    }


def test_interfaces() -> None:
    assert nodes("interface") == {
        "interface:s1:a": {"switch": "s1", "name": "a", "state": "up", "number": 1, "speed": 10_000_000},
        "interface:s1:b": {"switch": "s1", "name": "b", "state": "up", "number": 2, "speed": 1_000_000},
        "interface:s1:c": {"switch": "s1", "name": "c", "state": "down", "number": 3},
        "interface:s1:tap1": {"switch": "s1", "name": "tap1", "state": "down", "number": 4},
        "interface:s2:a": {"switch": "s2", "name": "a", "state": "up", "number": 1, "speed": 2_500_000},
        "interface:s2:b": {"switch": "s2", "name": "b", "state": "up", "number": 2},
        "interface:s2:up": {"switch": "s2", "name": "up", "state": "up", "number": 3},
        "interface:s2:tap1": {"switch": "s2", "name": "tap1", "state": "up", "number": 4},
        "interface:s3:c": {"switch": "s3", "name": "c", "state": "missing"},
        "interface:hv1:eth0": {"switch": "hv1", "name": "eth0", "state": "up", "number": 1},
        "interface:hv1:vxlan0": {"switch": "hv1", "name": "vxlan0", "state": "up", "number": 2},
        "interface:hv1:gone": {"switch": "hv1", "name": "gone", "state": "missing"},
    }
    assert all(GRAPH.has_edge(node, f"switch:{data['switch']}") for node, data in nodes("interface").items())


def test_links_between_the_same_switches_stay_several() -> None:
    assert edges("link") == {
        frozenset(("interface:s1:a", "interface:s2:a")): {
            "state": "up",
            "cost": 1,
            "draining": False,
            "speed": 2_500_000,
            "latency": 0.00025,
        },
        frozenset(("interface:s1:b", "interface:s2:b")): {
            "state": "up",
            "cost": 10,
            "draining": False,
            "speed": 1_000_000,
        },
        frozenset(("interface:s2:up", "interface:hv1:eth0")): {"state": "up", "cost": 1, "draining": True},
        frozenset(("interface:s1:c", "interface:s3:c")): {"state": "down", "cost": 7, "draining": True},
    }


def test_endpoints_and_tunnels() -> None:
    assert nodes("endpoint") == {
        "endpoint:192.0.2.1": {"name": "192.0.2.1", "outside": False},
        "endpoint:198.51.100.9": {"name": "198.51.100.9", "outside": True},
    }
    tunnel = frozenset(("endpoint:192.0.2.1", "interface:hv1:vxlan0"))
    assert edges("tunnel") == {tunnel: {"encapsulation": "vxlan"}}
    assert GRAPH.has_edge("endpoint:192.0.2.1", "switch:hv1")


def test_ports_and_guests() -> None:
    assert nodes("port") == {
        "port:blue/given": {"name": "blue/given", "tenant": "blue", "networks": "blue/web", "ip": "10.0.0.1"},
        "port:blue/free": {"name": "blue/free", "tenant": "blue", "networks": "blue/web"},
        "port:red/trunk": {"name": "red/trunk", "tenant": "red", "networks": "red/db, red/db2"},
        "port:red/out": {"name": "red/out", "tenant": "red", "networks": "red/db"},
    }
    given, learned = "guest:blue/web:02:00:00:00:00:01", "guest:blue/web:02:00:00:00:00:02"
    assert nodes("guest") == {
        given: {"name": "02:00:00:00:00:01", "network": "blue/web", "learned": False},
        learned: {"name": "02:00:00:00:00:02", "network": "blue/web", "learned": True},
    }
    assert edges("attached").keys() == {
        frozenset((given, "port:blue/given")),
        frozenset((learned, "port:blue/free")),
        frozenset(("port:blue/given", "interface:s1:tap1")),
        frozenset(("port:blue/free", "interface:s2:tap1")),
        frozenset(("port:red/trunk", "interface:hv1:gone")),
        frozenset(("port:red/out", "endpoint:198.51.100.9")),
    }


def test_it_cannot_be_changed() -> None:
    with pytest.raises(nx.NetworkXError, match="Frozen graph"):
        GRAPH.remove_node("switch:s1")


def test_names_that_a_switch_makes_up_are_fit_for_every_format() -> None:
    view = replace(VIEWS["s1"], interfaces={"\x1b[31m\x00": Interface("\x1b[31m\x00", 1)})
    graph = fabric_graph(INTENT, replace(FABRIC, switches={"s1": view}))
    assert graph.nodes["interface:s1:\\x1b[31m\\x00"]["name"] == "\\x1b[31m\\x00"
