"""Checks of the switches against each other, and of the networks' keys."""

from __future__ import annotations

from controller.intent.checks import Context, network_path, switch_path
from controller.intent.explain import Steps
from controller.intent.model import MAX_KEY, Segment, SocketAddress


def check_switches(context: Context) -> None:
    """No two switches share a datapath ID, a tunnel endpoint or a database; each tunnel interface serves one kind."""
    dpids: dict[int, Steps] = {}
    endpoints: dict[object, Steps] = {}
    databases: dict[SocketAddress, Steps] = {}
    for name, switch in context.document.fabric.switches.items():
        path = switch_path(name, "dpid")
        if dpids.setdefault(switch.dpid, path) is not path:
            what = f"dpid {switch.dpid:016x} of switch {name} is taken, at {context.place(dpids[switch.dpid])}"
            context.error(path, what, "give each switch its own")
        path = switch_path(name, "endpoint")
        if switch.endpoint and endpoints.setdefault(switch.endpoint, path) is not path:
            what = (
                f"endpoint {switch.endpoint} of switch {name} is taken, at {context.place(endpoints[switch.endpoint])}"
            )
            context.error(path, what, "give each switch its own")
        path, connect = (*switch_path(name, "host"), "connect"), switch.host.connect if switch.host else None
        if connect and databases.setdefault(connect, path) is not path:
            what = f"the database at {connect} of switch {name} is taken, at {context.place(databases[connect])}"
            context.error(path, what, "a host is one switch; give each its own")
        tunnels = switch.tunnels
        if len({tunnels.vxlan, tunnels.geneve, tunnels.gre}) < 3:
            what = f"switch {name} has one tunnel interface for two encapsulations"
            context.error(switch_path(name, "tunnels"), what, "name one interface for each")


def check_keys(context: Context) -> None:
    """Each key suits its segment, is not reserved, and belongs to one network."""
    fabric = context.document.fabric
    taken: dict[tuple[Segment, int], Steps] = {}
    for tenant, name, network in context.networks():
        segment, key = network.segment, network.key
        if key is None:
            continue
        path = network_path(tenant, name, "key")
        if segment is Segment.AUTO:
            what = f"network {tenant}/{name} has key {key}, and no kind of segment for it"
            context.error(path, what, "add segment: vlan, vxlan, geneve or gre, or remove the key")
            continue
        least = 2 if segment is Segment.VLAN else 1
        if not least <= key <= MAX_KEY[segment]:
            what = f"key {key} of network {tenant}/{name} is out of range for {segment}"
            context.error(path, what, f"use {least} to {MAX_KEY[segment]}")
        elif segment is Segment.VLAN and any(key in reserved for reserved in fabric.reserved):
            place = context.place(("fabric", "reserved"))
            context.error(path, f"VLAN {key} of network {tenant}/{name} is reserved, at {place}", "use another VLAN ID")
        elif taken.setdefault((segment, key), path) is not path:
            place = context.place(taken[segment, key])
            what = f"{segment} key {key} of network {tenant}/{name} is taken, at {place}"
            context.error(path, what, "use another key, or remove it to be given one")
