"""Checks of ports: their form, what they refer to, and what no two of them may share."""

from __future__ import annotations

from collections.abc import Iterator

from controller.intent.checks import Context, network_path, port_path, switch_path
from controller.intent.document import PortDocument, SwitchDocument
from controller.intent.explain import Steps
from controller.intent.model import OVERLAYS


def check_ports(context: Context) -> None:
    """Every port has one of the forms, and is on a network, switch and interface that it can be on."""
    addresses = {switch.endpoint: name for name, switch in context.document.fabric.switches.items() if switch.endpoint}
    interfaces: dict[tuple[str, str], Steps] = {}
    macs: dict[tuple[str, str, str], Steps] = {}
    ids: dict[str, Steps] = {}
    for tenant, name, port in context.ports():
        path = port_path(tenant, name)
        subject = f"port {tenant}/{name}"
        _check_form(context, path, subject, port)
        _check_hosts(context, path, subject, port)
        for network, at in network_references(path, port):
            _check_network(context, tenant, network, at)
            if port.mac:
                first = macs.setdefault((tenant, network, port.mac), path)
                if first is not path:
                    place = context.place((*first, "mac"))
                    what = f"MAC {port.mac} of {subject} is taken in network {tenant}/{network}, at {place}"
                    context.error((*path, "mac"), what, "give each guest of a network its own")
        if port.iface_id:
            first = ids.setdefault(port.iface_id, (*path, "iface_id"))
            if first != (*path, "iface_id"):
                what = f"iface_id {port.iface_id} of {subject} is taken, at {context.place(first)}"
                context.error((*path, "iface_id"), what, "give each port its own")
        elif port.switch and not port.endpoint:
            _check_attachment(context, path, subject, port, interfaces)
        if port.endpoint and port.endpoint in addresses:
            what = f"endpoint {port.endpoint} of {subject} is that of switch {addresses[port.endpoint]}"
            context.error((*path, "endpoint"), what, "give switch and interface instead of endpoint")


def network_references(path: Steps, port: PortDocument) -> Iterator[tuple[str, Steps]]:
    """(name, where it is written) of each network that a port names."""
    if port.network is not None:
        yield port.network, (*path, "network")
    for vid, network in (port.trunk or {}).items():
        yield network, (*path, "trunk", str(vid))


def _check_form(context: Context, path: Steps, subject: str, port: PortDocument) -> None:
    if port.network is not None and port.trunk is not None:
        context.error((*path, "trunk"), f"{subject} has both network and trunk", "keep one", at_key=True)
    if port.network is None and port.trunk is None:
        context.error(path, f"{subject} is on no network", "add network or trunk", at_key=True)
    if port.trunk is not None:
        if not port.trunk:
            context.error((*path, "trunk"), f"the trunk of {subject} has no network", "write {101: a network}")
        first: dict[str, int] = {}
        for vid, network in port.trunk.items():
            if first.setdefault(network, vid) != vid:
                what = f"network {network} is twice in the trunk of {subject}, first as VLAN {first[network]}"
                context.error((*path, "trunk", str(vid)), what, "keep one")
    if port.iface_id is not None:
        for key in ("switch", "interface", "endpoint"):
            if getattr(port, key) is not None:
                what = f"{subject} has both iface_id and {key}"
                context.error((*path, key), what, f"remove {key} or iface_id", at_key=True)
        return
    if port.endpoint is None:
        for key in ("switch", "interface"):
            if getattr(port, key) is None:
                context.error(path, f'{subject} has no "{key}"', f"add {key}, or an iface_id instead", at_key=True)
        return
    for key in ("switch", "interface", "trunk"):
        if getattr(port, key) is not None:
            what = f"{subject} is behind an endpoint and has {key}"
            context.error((*path, key), what, f"remove {key} or endpoint", at_key=True)


def _check_hosts(context: Context, path: Steps, subject: str, port: PortDocument) -> None:
    if port.hosts is None:
        return
    at = (*path, "hosts")
    if port.iface_id is None:
        context.error(
            at, f"{subject} has hosts and no iface_id", "remove hosts, or bind the port by an id", at_key=True
        )
    if not port.hosts:
        context.error(at, f"the hosts of {subject} are none", "name one at least, or remove hosts for any", at_key=True)
    switches = context.document.fabric.switches
    hosts = [name for name, switch in switches.items() if switch.host]
    for number, name in enumerate(port.hosts):
        where = (*at, number)
        if name in port.hosts[:number]:
            context.error(where, f"host {name} is twice in the hosts of {subject}", "keep one")
        elif name not in hosts and switch_path(name) not in context.broken:
            known = f"switch {name} has no host" if name in switches else f'unknown switch "{name}"'
            context.error(where, known, context.problems.choose(name, hosts, "switch with host: {}"))


def _check_network(context: Context, tenant: str, network: str, at: Steps) -> None:
    part = context.document.tenants[tenant]
    if network not in part.networks and network_path(tenant, network) not in context.broken:
        instead = context.problems.choose(network, part.networks, f"network of tenant {tenant}")
        context.error(at, f"unknown network {tenant}/{network}", instead)


def _check_attachment(
    context: Context, path: Steps, subject: str, port: PortDocument, interfaces: dict[tuple[str, str], Steps]
) -> None:
    name = port.switch or ""
    switches = context.document.fabric.switches
    switch = switches.get(name)
    if switch is None and switch_path(name) not in context.broken:
        context.error((*path, "switch"), f'unknown switch "{name}"', context.problems.choose(name, switches, "switch"))
    if port.interface is None:
        return
    at = (*path, "interface")
    if switch and port.interface in tunnel_names(switch):
        what = f"interface {port.interface} of {subject} is a tunnel interface of switch {name}"
        context.error(at, what, f"use another, or name the tunnel in {name}'s tunnels")
    first = interfaces.setdefault((name, port.interface), at)
    if first is not at:
        what = f"interface {port.interface} of switch {name} is taken, at {context.place(first)}"
        context.error(at, what, "give each port its own")


def tunnel_names(switch: SwitchDocument) -> tuple[str, ...]:
    """The switch's tunnel interfaces; none without an endpoint, which a host may say itself."""
    return (
        tuple(getattr(switch.tunnels, segment.value) for segment in OVERLAYS) if switch.endpoint or switch.host else ()
    )
