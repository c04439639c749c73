"""Three hypervisors in a line of VLAN links and on one underlay, and two tenants with a network of either kind each.

    hv1 --- hv2 --- hv3      every one with an Open vSwitch of its own

Both tenants use the same MACs in all of their networks. In each network a guest is on every hypervisor; the MACs of the
first two are given, that of the third is learned. Switches reach the daemon through a `Cutter`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from packet_train import Journey, PacketTrain
from prober import Prober
from tests.end_to_end.cutter import Cutter
from tests.end_to_end.running import Installation, running

SWITCHES = ("hv1", "hv2", "hv3")
NETWORKS = {
    "blue/web": {"segment": "vlan", "key": 101},
    "blue/db": {"segment": "vxlan", "key": 70001},
    "red/web": {"segment": "vlan", "key": 201},
    "red/db": {"segment": "geneve", "key": 70001},
}
NOBODY = "02:00:00:00:00:ee"


@contextmanager
def standing(directory: Path) -> Iterator[tuple[Installation, Cutter]]:
    """The site, with everything up."""
    file = directory / "site.yaml"
    file.write_text(yaml.safe_dump(document()))
    with (
        Cutter(directory / "cutter.sock", directory / "openflow.sock") as cutter,
        running(file, directory, meeting=cutter.path) as installation,
    ):
        yield installation, cutter


def document() -> dict[str, Any]:
    """The topology file."""
    tenants: dict[str, Any] = {tenant: {"networks": {}, "ports": {}} for tenant in ("blue", "red")}
    guests = {}
    for tap, (network, segment) in enumerate(NETWORKS.items(), 1):
        tenant, _, name = network.partition("/")
        tenants[tenant]["networks"][name] = dict(segment)
        for member, switch in enumerate(SWITCHES, 1):
            mac = f"02:00:00:00:00:{member:02x}"
            port = {"network": name, "switch": switch, "interface": f"tap{tap}"}
            tenants[tenant]["ports"][f"{name}{member}"] = port if member == 3 else {**port, "mac": mac}
            guests[guest(network, member)] = {
                "port": f"{tenant}/{name}{member}",
                "address": f"10.0.{tap}.{member}/24",
                "mac": mac,
            }
    addresses = {name: f"198.51.100.{number}" for number, name in enumerate(SWITCHES, 1)}
    return {
        "fabric": {
            "underlay_mtu": 9000,
            "switches": {
                name: {"dpid": f"{number:016x}", "endpoint": addresses[name]} for number, name in enumerate(SWITCHES, 1)
            },
        },
        "tenants": tenants,
        "lab": {
            "underlay": "bridge",
            "hypervisors": {name: {"address": f"{address}/24"} for name, address in addresses.items()},
            "wires": [["hv1:eth1", "hv2:eth1"], ["hv2:eth2", "hv3:eth1"]],
            "guests": guests,
        },
    }


def guest(network: str, member: int) -> str:
    """Name of the nth member's guest, counted from 1."""
    return f"{network.replace('/', '')}{member}"


def journeys(prober: Prober, *, to: int = 3) -> dict[str, Journey]:
    """From the first member of each network to another one, and a flood in one network of either kind."""
    found = {
        f"{network[0]}{network.partition('/')[2]}": Journey(
            guest(network, 1), prober.mac(guest(network, to)), {guest(network, to)}
        )
        for network in NETWORKS
    }
    for name, network in (("fv", "blue/web"), ("fo", "red/db")):
        others = {guest(network, member) for member in (1, 2, 3) if member != 2}
        found[name] = Journey(guest(network, 2), NOBODY, others)
    return found


@contextmanager
def train(site: Installation) -> Iterator[PacketTrain]:
    """All journeys, while whatever happens inside."""
    site.widen()
    with site.prober() as prober, PacketTrain(prober, journeys(prober)) as running_train:
        yield running_train
