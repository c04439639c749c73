"""Checks of the lab: that it stands on the fabric's switches and the tenants' ports, and plugs each interface once."""

from __future__ import annotations

from controller.intent.check_ports import tunnel_names
from controller.intent.checks import Context, port_path, switch_path
from controller.intent.document import PortDocument
from controller.intent.explain import Steps
from controller.intent.lab_document import GuestDocument
from controller.intent.lab_model import UPLINK, WireEnd


def check_lab(context: Context) -> None:
    """Report what Mininet could not build."""
    _check_nodes(context)
    plugs: dict[tuple[str, str], Steps] = {}
    for number, wire in enumerate(context.document.lab.wires):
        for side, end in enumerate(wire):
            _plug(context, end, ("lab", "wires", number, side), plugs)
    _check_guests(context, plugs)
    _check_vteps(context, plugs)
    for name in context.document.lab.hypervisors:
        bridged = context.document.lab.underlay or ("lab", "underlay") in context.broken
        if not bridged and (name, UPLINK) not in plugs and ("lab", "wires") not in context.broken:
            what = f"the uplink {UPLINK} of hypervisor {name} leads nowhere"
            context.warning(("lab", "hypervisors", name), what, "wire it, or add underlay: bridge", at_key=True)


def _check_nodes(context: Context) -> None:
    lab, switches = context.document.lab, context.document.fabric.switches
    seen: set[str] = set()
    for number, name in enumerate(lab.bridges):
        path = ("lab", "bridges", number)
        _check_switch(context, name, path)
        if name in seen:
            context.error(path, f"bridge {name} is given twice", "keep one")
        if name in lab.hypervisors:
            context.error(path, f"switch {name} is both a bridge and a hypervisor", "keep one")
        seen.add(name)
    for name, hypervisor in lab.hypervisors.items():
        _check_switch(context, name, ("lab", "hypervisors", name))
        is_said = name in switches and switches[name].host is not None and switches[name].endpoint is None
        if name in switches and not is_said and switches[name].endpoint != hypervisor.address.ip:
            endpoint = switches[name].endpoint
            what = f"address {hypervisor.address} of hypervisor {name} is not the endpoint of switch {name}"
            instead = f"use {endpoint} with its prefix length" if endpoint else f"give switch {name} an endpoint"
            context.error(("lab", "hypervisors", name, "address"), what, instead)


def _check_switch(context: Context, name: str, path: Steps) -> None:
    switches = context.document.fabric.switches
    if name not in switches and switch_path(name) not in context.broken:
        instead = context.problems.choose(name, switches, "switch")
        context.error(path, f'unknown switch "{name}"', instead, at_key=True)


def _plug(context: Context, end: WireEnd, at: Steps, plugs: dict[tuple[str, str], Steps]) -> None:
    """Note that something is plugged into an interface; report a node that is not built, or a second plug."""
    lab = context.document.lab
    nodes = [*lab.bridges, *lab.hypervisors]
    known = ("lab", "hypervisors", end.node) in context.broken or ("lab", "bridges") in context.broken
    if end.node not in nodes and not known:
        context.error(at, f'the lab builds no "{end.node}"', context.problems.choose(end.node, nodes, "node"))
    first = plugs.setdefault((end.node, end.interface), at)
    if first is not at:
        context.error(at, f"{end} is plugged twice, first at {context.place(first)}", "use another interface")
    switch = context.document.fabric.switches.get(end.node)
    if switch and end.interface in tunnel_names(switch):
        context.error(at, f"{end} is a tunnel interface", "use another interface")


def _port(context: Context, name: str, at: Steps) -> PortDocument | None:
    tenant, _, port = name.partition("/")
    tenants = context.document.tenants
    found = tenants[tenant].ports.get(port) if tenant in tenants else None
    if found is None and port_path(tenant, port) not in context.broken:
        known = [f"{owner}/{known}" for owner, part in tenants.items() for known in part.ports]
        context.error(at, f'unknown port "{name}"', context.problems.choose(name, known, "port"))
    return found


def _check_guests(context: Context, plugs: dict[tuple[str, str], Steps]) -> None:
    for name, guest in context.document.lab.guests.items():
        at = ("lab", "guests", name, "port")
        port = _port(context, guest.port, at)
        if port is None:
            continue
        if port.iface_id:
            _check_place(context, name, guest)
        elif guest.hypervisor:
            at = ("lab", "guests", name, "hypervisor")
            context.error(at, f"port {guest.port} of guest {name} has no iface_id", "remove hypervisor", at_key=True)
        if port.endpoint:
            context.error(at, f"port {guest.port} of guest {name} is behind an endpoint", "make it one of the vteps")
        elif port.switch and port.interface:
            end = WireEnd(port.switch, port.interface)
            _plug(context, end, at, plugs)
            if port.switch in context.document.lab.hypervisors and port.interface == UPLINK:
                context.error(at, f"{end} is the hypervisor's uplink", "give the port another interface")
        for vid in guest.vlans:
            if vid not in (port.trunk or {}):
                what = f"guest {name} tags VLAN {vid}, which port {guest.port} does not carry"
                context.error(
                    ("lab", "guests", name, "vlans", str(vid)), what, "add it to the port's trunk", at_key=True
                )


def _check_place(context: Context, name: str, guest: GuestDocument) -> None:
    path = ("lab", "guests", name)
    hypervisors, switches = context.document.lab.hypervisors, context.document.fabric.switches
    hosts = [known for known in hypervisors if known in switches and switches[known].host]
    if guest.hypervisor is None:
        what = f"guest {name} runs nowhere, as port {guest.port} has an iface_id"
        context.error(path, what, "add hypervisor: and its name", at_key=True)
    elif guest.hypervisor not in hosts:
        what = f'no hypervisor "{guest.hypervisor}" whose switch has host: {{}}'
        context.error((*path, "hypervisor"), what, context.problems.choose(guest.hypervisor, hosts, "such hypervisor"))


def _check_vteps(context: Context, plugs: dict[tuple[str, str], Steps]) -> None:
    lab = context.document.lab
    for name, vtep in lab.vteps.items():
        path = ("lab", "vteps", name)
        port = _port(context, vtep.port, (*path, "port"))
        if port and port.endpoint is None:
            what = f"port {vtep.port} of vtep {name} is not behind an endpoint"
            context.error((*path, "port"), what, "make it one of the guests")
        elif port and port.endpoint != vtep.address.ip:
            what = f"address {vtep.address} of vtep {name} is not the endpoint of port {vtep.port}"
            context.error((*path, "address"), what, f"use {port.endpoint} with its prefix length")
        if vtep.wire:
            _plug(context, vtep.wire, (*path, "wire"), plugs)
        elif not lab.underlay and ("lab", "underlay") not in context.broken:
            context.error(path, f"vtep {name} is plugged nowhere", "add wire, or underlay: bridge", at_key=True)
