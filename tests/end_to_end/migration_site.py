"""Three hypervisors that join by one line, and guests that migrate from the first to the second.

    hv1 ---- hv2 ---- hv3        links for VLANs; an underlay for tunnels

Two tenants, `over` with an overlay network and `wire` with a VLAN, have a guest on each hypervisor and one more that
may be on the first two: `mover`. Of the overlay's its port gives the MAC; that of the other one is learned.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.end_to_end.running import Installation, running

HYPERVISORS = ("hv1", "hv2", "hv3")
TENANTS = {"over": "vxlan", "wire": "vlan"}
HOSTS = ("hv1", "hv2")
MOVER = "02:00:00:00:00:09"


def iface_id(tenant: str, name: str) -> str:
    return f"{tenant}-{name}"


@contextmanager
def standing(directory: Path, version: int) -> Iterator[Installation]:
    """The site, its underlay with addresses of this IP version, with everything up."""
    file = directory / "site.yaml"
    file.write_text(topology(version))
    with running(file, directory) as installation:
        yield installation


def topology(version: int) -> str:
    """The topology file."""
    underlay = "198.51.100.{}" if version == 4 else "2001:db8::{}"
    prefix = 24 if version == 4 else 64
    lines = ["fabric:", "  underlay_mtu: 9000", "  switches:"]
    for number, name in enumerate(HYPERVISORS, 1):
        lines.append(f'    {name}: {{dpid: "{number:016x}", endpoint: "{underlay.format(number)}", host: {{}}}}')
    lines.append("tenants:")
    for tenant, segment in TENANTS.items():
        lines += [f"  {tenant}:", "    networks:", f"      net: {{segment: {segment}}}", "    ports:"]
        lines += [f"      {name}: {{network: net, iface_id: {iface_id(tenant, name)}}}" for name in HYPERVISORS]
        given = f', mac: "{MOVER}"' if tenant == "over" else ""
        hosts = ", ".join(HOSTS)
        lines.append(f"      mover: {{network: net, iface_id: {iface_id(tenant, 'mover')}, hosts: [{hosts}]{given}}}")
    lines += ["lab:", "  underlay: bridge", "  hypervisors:"]
    lines += [
        f'    {name}: {{address: "{underlay.format(number)}/{prefix}"}}' for number, name in enumerate(HYPERVISORS, 1)
    ]
    lines += ["  wires:", "    - [hv1:eth1, hv2:eth1]", "    - [hv2:eth2, hv3:eth2]", "  guests:"]
    for tenant in TENANTS:
        for number, name in enumerate(HYPERVISORS, 1):
            lines.append(_guest(tenant, name, name, number))
        lines.append(_guest(tenant, "mover", HOSTS[0], 9))
    return "\n".join([*lines, ""])


def _guest(tenant: str, name: str, hypervisor: str, number: int) -> str:
    address = f'[10.0.0.{number}/24, "fd00:a::{number}/64"]'
    where = f"port: {tenant}/{name}, hypervisor: {hypervisor}, address: {address}"
    # Whoever plugs in the one that is learned says nothing of its MAC.
    mac = f', mac: "02:00:00:00:00:{number:02x}"' if (tenant, name) != ("wire", "mover") else ""
    return f"    {tenant}-{name}: {{{where}{mac}}}"
