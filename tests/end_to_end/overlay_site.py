"""Four hypervisors on one underlay, and two tenants with three overlay networks each, one for each encapsulation.

Both tenants use the same MAC and IP addresses in all networks, and the same three key numbers, each in another
encapsulation. Blue is on hv1, hv2 and hv3; red on hv2, hv3 and hv4; so each tenant has an endpoint that none of its
packets may reach. In each network the MACs of the first two members are given and that of the third is learned.

`outblue` and `outred` are hosts with a Linux `vxlan` device, in the VXLAN network of either tenant; the MAC of the
first is given, of the second learned.

Each guest has the MTU that Tenantry promises for its network.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path

from controller.intent.model import OVERLAYS, Segment
from controller.intent.mtu import guest_mtu
from tests.end_to_end.running import Installation, running

UNDERLAY_MTU = 9000
MEMBERS = {"blue": ("hv1", "hv2", "hv3"), "red": ("hv2", "hv3", "hv4")}
KEYS = {
    "blue": {Segment.VXLAN: 70001, Segment.GENEVE: 70002, Segment.GRE: 70003},
    "red": {Segment.VXLAN: 70003, Segment.GENEVE: 70001, Segment.GRE: 70002},
}
OUTSIDE = {"blue": "outblue", "red": "outred"}
HYPERVISORS = ("hv1", "hv2", "hv3", "hv4")
_NODES = (*HYPERVISORS, *OUTSIDE.values())
_PREFIXES = {4: ("198.51.100.", 24), 6: ("fd00:51::", 64)}


@contextmanager
def standing(directory: Path, version: int = 4) -> Iterator[Installation]:
    """The site, with everything up."""
    file = directory / "site.yaml"
    file.write_text(topology(version))
    with running(file, directory) as installation:
        yield installation


def endpoint(node: str, version: int = 4) -> str:
    """Underlay address of a hypervisor or outside VTEP."""
    return str(ip_address(f"{_PREFIXES[version][0]}{_NODES.index(node) + 1}"))


def mac(member: int) -> str:
    """MAC of the nth member of any network, counted from 1; the outside VTEP is the ninth."""
    return f"02:00:00:00:00:{member:02x}"


def guest(tenant: str, segment: Segment, member: int) -> str:
    """Name of the nth member's guest."""
    return f"{tenant[0]}-{segment}-{member}"


def guests_of(tenant: str, segment: Segment) -> list[str]:
    """All stations of a network that are guests."""
    return [guest(tenant, segment, member) for member in (1, 2, 3)]


def topology(version: int = 4, *, underlay_mtu: int = UNDERLAY_MTU, guests_mtu: int | None = None) -> str:
    """The topology file, with an underlay of either version of IP; `guests_mtu` overrides what Tenantry promises."""
    tenants = [line for tenant in MEMBERS for line in _tenant(tenant, version)]
    guests = [
        f"    {guest(tenant, segment, member)}: {{port: {tenant}/{segment}{member}, "
        f'address: [10.0.0.{member}/24, "fd00:a::{member}/64"], mac: "{mac(member)}", '
        f"mtu: {guests_mtu or guest_mtu(segment, underlay_mtu, version)}}}"
        for tenant in MEMBERS
        for segment in OVERLAYS
        for member in (1, 2, 3)
    ]
    length = _PREFIXES[version][1]
    return "\n".join(
        [
            *("fabric:", f"  underlay_mtu: {underlay_mtu}", "  switches:"),
            *(
                f'    {name}: {{dpid: "{at:016x}", endpoint: "{endpoint(name, version)}"}}'
                for at, name in enumerate(HYPERVISORS, 1)
            ),
            *("tenants:", *tenants, "lab:", "  underlay: bridge", "  hypervisors:"),
            *(f'    {name}: {{address: "{endpoint(name, version)}/{length}"}}' for name in HYPERVISORS),
            *("  guests:", *guests, "  vteps:"),
            *(
                f'    {name}: {{port: {tenant}/outside, address: "{endpoint(name, version)}/{length}", '
                f'inner: 10.0.0.9/24, mac: "{mac(9)}"}}'
                for tenant, name in OUTSIDE.items()
            ),
            "",
        ]
    )


def _tenant(tenant: str, version: int) -> Iterator[str]:
    yield from (f"  {tenant}:", "    networks:")
    for segment, key in KEYS[tenant].items():
        yield f"      {segment}: {{segment: {segment}, key: {key}}}"
    yield "    ports:"
    for segment in OVERLAYS:
        for member, switch in enumerate(MEMBERS[tenant], 1):
            given = f', mac: "{mac(member)}"' if member < 3 else ""
            interface = f"{tenant}-{segment}"
            yield f"      {segment}{member}: {{network: {segment}, switch: {switch}, interface: {interface}{given}}}"
    given = f', mac: "{mac(9)}"' if tenant == "blue" else ""
    yield f'      outside: {{network: vxlan, endpoint: "{endpoint(OUTSIDE[tenant], version)}"{given}}}'
