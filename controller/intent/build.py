"""Makes the immutable models of a document that is free of errors.

Names that many values share, or that switches report as well, are interned: there may be 100,000 of each.
"""

from __future__ import annotations

from collections.abc import Mapping
from sys import intern

from controller.intent.document import Document, FabricDocument, HostDocument, PortDocument
from controller.intent.lab_document import GuestDocument, LabDocument, OutsideVtepDocument
from controller.intent.lab_model import Guest, Hypervisor, Lab, OutsideVtep, Wire
from controller.intent.model import (
    OVERLAYS,
    DiscoverySettings,
    Fabric,
    Host,
    HostSettings,
    Intent,
    Learning,
    LinkSetting,
    Network,
    Port,
    Segment,
    Switch,
)


def build_intent(document: Document) -> Intent:
    """The intent that the document describes."""
    networks, ports = {}, {}
    for tenant, part in document.tenants.items():
        for name, form in part.networks.items():
            network = Network(tenant, name, form.segment, form.key, form.mtu, form.description, form.lldp == "pass")
            networks[network.id] = network
        for name, port_form in part.ports.items():
            port = _port(tenant, name, port_form)
            ports[port.id] = port
    return Intent(build_fabric(document.fabric), tuple(document.tenants), networks, ports)


def build_fabric(form: FabricDocument) -> Fabric:
    """The fabric that the document describes."""
    switches = {}
    for name, switch in form.switches.items():
        names = {segment: getattr(switch.tunnels, segment.value) for segment in OVERLAYS}
        tunnels = names if switch.endpoint else {}
        host = _host(switch.host, names) if switch.host else None
        switches[name] = Switch(name, switch.dpid, switch.endpoint, tunnels, switch.draining, host)
    links = {link.ends: LinkSetting(link.cost, link.draining) for link in form.links}
    learning = Learning(form.learning.age, form.learning.limit)
    discovery = DiscoverySettings(form.discovery.period)
    hosts = HostSettings(form.hosts.checksums, form.hosts.ovn_installed)
    overlay, mtu = form.overlay, form.underlay_mtu
    found = discovery, links, form.admit
    return Fabric(switches, form.vlans, form.keys, form.reserved, overlay, mtu, learning, *found, hosts)


def _host(form: HostDocument, tunnels: Mapping[Segment, str]) -> Host:
    return Host(form.bridge, form.keep, tunnels, form.connect, form.controller)


def _port(tenant: str, name: str, form: PortDocument) -> Port:
    trunk = tuple(sorted((vid, intern(f"{tenant}/{network}")) for vid, network in (form.trunk or {}).items()))
    return Port(
        tenant=tenant,
        name=name,
        network=intern(f"{tenant}/{form.network}") if form.network else None,
        trunk=trunk,
        switch=form.switch,
        interface=form.interface and intern(form.interface),
        endpoint=form.endpoint,
        mac=form.mac,
        ip=form.ip,
        description=form.description,
        iface_id=form.iface_id,
        hosts=tuple(map(intern, form.hosts or ())),
    )


def build_lab(form: LabDocument, intent: Intent) -> Lab:
    """The lab that the document describes around `intent`."""
    return Lab(
        bridges=form.bridges,
        hypervisors={name: Hypervisor(name, hypervisor.address) for name, hypervisor in form.hypervisors.items()},
        wires=tuple(Wire(a, b) for a, b in form.wires),
        guests={name: _guest(name, guest, intent, n) for n, (name, guest) in enumerate(form.guests.items(), 1)},
        vteps={name: _vtep(name, vtep, intent) for name, vtep in form.vteps.items()},
        underlay_bridge=form.underlay == "bridge",
    )


def _guest(name: str, form: GuestDocument, intent: Intent, number: int) -> Guest:
    vlans = {vid: vlan.address for vid, vlan in sorted(form.vlans.items())}
    port = intent.ports[form.port]
    switch, interface = port.switch or "", port.interface or ""
    if port.iface_id:
        switch, interface = form.hypervisor or "", f"tap{number}"
    mac = form.mac or port.mac
    return Guest(name, form.port, form.address, mac, vlans, form.mtu, switch, interface, port.iface_id)


def _vtep(name: str, form: OutsideVtepDocument, intent: Intent) -> OutsideVtep:
    mac = form.mac or intent.ports[form.port].mac
    return OutsideVtep(name, form.port, form.address, form.inner, form.wire, mac)
