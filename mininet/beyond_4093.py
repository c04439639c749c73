"""Writes topologies with more networks than VLANs exist.

    python mininet/beyond_4093.py > topologies/beyond-4093.yaml
    ./run demo --topology topologies/beyond-4093.yaml

Two hypervisors share `auto` networks, 4,500 unless told otherwise: the first ones get a VLAN, which their fabric link
carries, and the rest a tunnel ID. A VLAN tag towards a guest has 12 bits as well, so the guests' ports are trunks of
4,000 networks each. Only samples of the networks have addresses in the guests: the first and the last, and those
around the boundary.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

NETWORKS = 4500
VLANS = 4093
"""VLAN IDs that the pool 2-4094 holds."""
PER_TRUNK = 4000
FIRST_TAG = 2

_FABRIC = """\
fabric:
  vlans: 2-4094
  underlay_mtu: 9000
  switches:
    hv1: {dpid: "0000000000000011", endpoint: 198.51.100.1}
    hv2: {dpid: "0000000000000012", endpoint: 198.51.100.2}
"""

_LAB = """\
  underlay: bridge
  hypervisors:
    hv1: {address: 198.51.100.1/24}
    hv2: {address: 198.51.100.2/24}
  wires:
    - ["hv1:eth1", "hv2:eth1"]
"""


def topology(networks: int = NETWORKS) -> str:
    """A whole topology file."""
    samples = sorted({1, networks // 2, VLANS, VLANS + 1, networks})
    return _FABRIC + tenant("many", networks, ("hv1", "hv2"), samples) + _LAB


def tenant(name: str, networks: int, switches: Sequence[str], samples: Sequence[int]) -> str:
    """A tenant with trunks of all its networks on each switch, and guests with addresses in the samples.

    Networks are numbered from 1. The text ends inside `lab`, so that more of it may follow.
    """
    return "\n".join([*_tenant(name, networks, switches), *_guests(name, networks, switches, samples), ""])


def network_name(number: int) -> str:
    """Name of a network; names sort as numbers do, and so keys are given in the same order."""
    return f"n{number:05}"


def tag_of(number: int) -> int:
    """Tag of a network towards the guest on its trunk."""
    return (number - 1) % PER_TRUNK + FIRST_TAG


def station_name(tenant_name: str, switch: str, number: int) -> str:
    """The lab's name of the station that a sample has on a switch."""
    return f"{_guest(tenant_name, switch, (number - 1) // PER_TRUNK)}.{tag_of(number)}"


def _address(number: int, host: int) -> str:
    """Each network has a subnet of its own, as one guest is in many of them."""
    return f"10.{number >> 8}.{number & 255}.{host}/24"


def _guest(tenant_name: str, switch: str, trunk: int) -> str:
    return f"{tenant_name}-{switch}-{trunk + 1}"


def _trunks(networks: int) -> list[range]:
    return [range(first, min(first + PER_TRUNK, networks + 1)) for first in range(1, networks + 1, PER_TRUNK)]


def _tenant(name: str, networks: int, switches: Sequence[str]) -> Iterator[str]:
    yield from ("tenants:", f"  {name}:", "    networks:")
    for number in range(1, networks + 1):
        yield f"      {network_name(number)}: {{segment: auto}}"
    yield "    ports:"
    for host, switch in enumerate(switches, 1):
        for trunk, numbers in enumerate(_trunks(networks)):
            mac = f"02:00:00:00:{trunk:02x}:{host:02x}"
            yield f"      {switch}-{trunk + 1}:"
            yield f'        {{switch: {switch}, interface: {name}{trunk + 1}, mac: "{mac}", trunk: {{'
            for number in numbers:
                yield f"          {tag_of(number)}: {network_name(number)},"
            yield "        }}"


def _guests(name: str, networks: int, switches: Sequence[str], samples: Sequence[int]) -> Iterator[str]:
    yield from ("lab:", "  guests:")
    for host, switch in enumerate(switches, 1):
        for trunk, numbers in enumerate(_trunks(networks)):
            yield f"    {_guest(name, switch, trunk)}:"
            yield f"      port: {name}/{switch}-{trunk + 1}"
            vlans = ", ".join(f"{tag_of(n)}: {{address: {_address(n, host)}}}" for n in samples if n in numbers)
            yield f"      vlans: {{{vlans}}}"


if __name__ == "__main__":
    sys.stdout.write(topology(*(int(argument) for argument in sys.argv[1:2])))
