"""The soak's fabric: three bridges in a triangle, and two hypervisors that hang on it and have tunnels to each other.

    s1 ---- s2        hv1 is wired to s1 and s2, hv2 to s2 and s3
      \\    /         blue, red and green: guests of the same number have the same MAC and IP address
        s3           each switch has more places for guests than there are guests, so that guests can move

Pools of keys are small on purpose: a key that a network gave up soon belongs to another, so a flow that stayed behind
would carry frames of one network into the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from controller.intent.lab_model import UPLINK, Wire, WireEnd
from lab_topology import UNDERLAY

TENANTS = ("blue", "red", "green")
BRIDGES = ("s1", "s2", "s3")
HYPERVISORS: Mapping[str, str] = {"hv1": "198.51.100.1", "hv2": "198.51.100.2"}
"""Each with its tunnel endpoint."""
SWITCHES = (*BRIDGES, *HYPERVISORS)
LINKS = tuple(
    Wire(WireEnd(a, f"{a}-to-{b}"), WireEnd(b, f"{b}-to-{a}"))
    for a, b in (("s1", "s2"), ("s2", "s3"), ("s1", "s3"), ("hv1", "s1"), ("hv1", "s2"), ("hv2", "s2"), ("hv2", "s3"))
)
UPLINKS = tuple(Wire(WireEnd(name, UPLINK), WireEnd(UNDERLAY, f"to-{name}")) for name in HYPERVISORS)
"""What tunnels travel over."""
PLACES = {name: 6 if name in HYPERVISORS else 4 for name in SWITCHES}
"""How many guests can be plugged into each switch."""
SLOTS = tuple(WireEnd(name, f"{name}-p{number}") for name in SWITCHES for number in range(1, PLACES[name] + 1))
VLANS, KEYS = (100, 131), (5000, 5031)
"""First and last key of each pool."""


def fabric_section() -> dict[str, Any]:
    """The section `fabric` of the configuration."""
    switches: dict[str, dict[str, str]] = {name: {"dpid": f"{at:016x}"} for at, name in enumerate(SWITCHES, 1)}
    for name, endpoint in HYPERVISORS.items():
        switches[name]["endpoint"] = endpoint
    pools = {"vlans": "{}-{}".format(*VLANS), "keys": "{}-{}".format(*KEYS)}
    return {**pools, "underlay_mtu": 9000, "switches": switches}


def lab_section(guests: Mapping[str, tuple[str, str]]) -> dict[str, Any]:
    """The section `lab`, with the port and MAC of each guest."""
    return {
        "bridges": list(BRIDGES),
        "underlay": "bridge",
        "hypervisors": {name: {"address": f"{endpoint}/24"} for name, endpoint in HYPERVISORS.items()},
        "wires": [[str(link.a), str(link.b)] for link in LINKS],
        "guests": {name: {"port": port, "mac": mac} for name, (port, mac) in guests.items()},
    }
