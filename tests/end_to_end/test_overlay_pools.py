"""What happens when the pools of segment keys are used up: who has a key works on, who has none is named."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.end_to_end.eventually import eventually
from tests.end_to_end.running import Installation, running
from tests.end_to_end.shown import shown_networks

pytestmark = pytest.mark.ovs

HYPERVISORS = ("hv1", "hv2")
KEYED = ("n1", "n2", "n3", "n4")
"""Networks that the pools suffice for: two VLANs, then two tunnel IDs."""


def topology(*networks: str) -> str:
    """Small pools, and networks with a guest on each of two hypervisors."""
    lines = ["fabric:", "  vlans: 2-3", "  keys: 5000-5001", "  switches:"]
    lines += [f'    {name}: {{dpid: "{at:016x}", endpoint: 198.51.100.{at}}}' for at, name in enumerate(HYPERVISORS, 1)]
    lines += ["tenants:", "  blue:", "    networks:"]
    lines += [f"      {network}: {{segment: auto}}" for network in networks]
    lines += ["    ports:"]
    ports = [(network, at, name) for network in networks for at, name in enumerate(HYPERVISORS, 1)]
    for network, at, name in ports:
        port = f'network: {network}, switch: {name}, interface: {network}, mac: "02:00:00:00:00:0{at}"'
        lines.append(f"      {network}-{at}: {{{port}}}")
    lines += ["lab:", "  underlay: bridge", "  hypervisors:"]
    lines += [f"    {name}: {{address: 198.51.100.{at}/24}}" for at, name in enumerate(HYPERVISORS, 1)]
    lines += ['  wires: [["hv1:eth1", "hv2:eth1"]]', "  guests:"]
    lines += [f"    {network}-{at}: {{port: blue/{network}-{at}, address: 10.0.0.{at}/24}}" for network, at, _ in ports]
    return "\n".join([*lines, ""])


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    directory = tmp_path_factory.mktemp("pools")
    file = directory / "topology.yaml"
    file.write_text(topology(*KEYED))
    with running(file, directory) as installation:
        yield installation


def test_network_without_a_key_is_named_and_the_others_work_on(installation: Installation) -> None:
    before = shown_networks(installation)
    assert [(row.segment, row.key) for row in before.values()] == [
        *(("vlan", 2), ("vlan", 3)),
        *(("vxlan", 5000), ("vxlan", 5001)),
    ]
    held = installation.all_cookies()
    installation.topology.write_text(topology(*KEYED, "n5", "n6"))
    installation.daemon.reload()
    installation.wait_for_log("reloaded")
    errors = [line for line in installation.log().splitlines() if "level=error" in line]
    assert ["n5" in line for line in errors] == [True, False]
    for line, network in zip(errors, ("blue/n5", "blue/n6"), strict=True):
        assert f"network={network}" in line
        assert "no key is left in keys (5000-5001: 2 keys)" in line
        assert "; widen keys in fabric, or remove networks" in line
    assert installation.reach().is_right
    assert installation.all_cookies() == held
    after = shown_networks(installation)
    assert {name: after[name] for name in before} == before
    assert after["blue/n5"].key is None


def test_larger_pool_gives_the_waiting_networks_their_keys(installation: Installation) -> None:
    larger = topology(*KEYED, "n5", "n6").replace("5000-5001", "5000-5009")
    installation.topology.write_text(larger)
    installation.daemon.reload()
    eventually(lambda: shown_networks(installation)["blue/n6"].key == 5003, "keys for all networks")
    assert installation.reach().is_right
