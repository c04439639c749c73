"""Bare hypervisors that join by one line each, three unless more are asked for, and two tenants whose ports name
interfaces by their ids.

hv2 listens, and the daemon connects to it; the others connect to the daemon. Blue and red have a network each, with
the same MAC and IP addresses; of each, guest 1 is on hv1 and so on. The MAC of the first is given by its port, of the
second by its host, and those of others are learned. From hv3 on, hosts say their tunnel endpoints themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.end_to_end.running import Installation, running

HYPERVISORS = ("hv1", "hv2", "hv3")
SEGMENTS = {"blue": "vxlan", "red": "geneve"}


def iface_id(tenant: str, member: int) -> str:
    """As libvirt has it: a UUID."""
    return f"0e5b7bd0-5f6c-4d55-a1a1-{tenant.encode().hex():0>11}{member}"


def mac(member: int) -> str:
    return f"02:00:00:00:00:{member:02x}"


def guest(tenant: str, member: int) -> str:
    return f"{tenant}{member}"


@contextmanager
def standing(directory: Path, hypervisors: Sequence[str] = HYPERVISORS) -> Iterator[Installation]:
    """The site, with everything up."""
    file = directory / "site.yaml"
    file.write_text(topology(directory / "hv2.sock", hypervisors))
    with running(file, directory) as installation:
        yield installation


def topology(listening: Path, hypervisors: Sequence[str]) -> str:
    """The topology file; `listening` is where hv2's database listens."""
    lines = ["fabric:", "  underlay_mtu: 9000", "  hosts: {ovn_installed: true}", "  switches:"]
    for number, name in enumerate(hypervisors, 1):
        given = f", endpoint: 198.51.100.{number}" if number < 3 else ""
        host = f"{{connect: unix:{listening}}}" if name == "hv2" else "{}"
        lines.append(f'    {name}: {{dpid: "{number:016x}"{given}, host: {host}}}')
    lines.append("tenants:")
    for tenant, segment in SEGMENTS.items():
        lines += [f"  {tenant}:", "    networks:", f"      net: {{segment: {segment}}}", "    ports:"]
        for member, _ in enumerate(hypervisors, 1):
            given = f', mac: "{mac(member)}"' if member == 1 else ""
            lines.append(f"      vm{member}: {{network: net, iface_id: {iface_id(tenant, member)}{given}}}")
    lines += ["lab:", "  underlay: bridge", "  hypervisors:"]
    lines += [f"    {name}: {{address: 198.51.100.{number}/24}}" for number, name in enumerate(hypervisors, 1)]
    lines.append("  guests:")
    for tenant in SEGMENTS:
        for member, hypervisor in enumerate(hypervisors, 1):
            given = f', mac: "{mac(member)}"' if member < 3 else ""
            lines.append(
                f"    {guest(tenant, member)}: {{port: {tenant}/vm{member}, hypervisor: {hypervisor}, "
                f'address: [10.0.0.{member}/24, "fd00:a::{member}/64"]{given}}}'
            )
    return "\n".join([*lines, ""])
