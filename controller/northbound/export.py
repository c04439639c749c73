"""`tenantry export libvirt`: what libvirt is to be told so that its guests' interfaces are ports.

libvirt plugs an interface into the bridge of a network with `<virtualport type='openvswitch'>`, under the domain's
`interfaceid`; that id is what binds it to a port. A port group for each tenant network lets a domain say which network
it is on in words; it decides nothing (https://libvirt.org/formatnetwork.html, https://libvirt.org/formatdomain.html).

Exit status: 0; 1 when the files have errors or libvirt cannot have it; 2 for wrong usage.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, NoReturn
from uuid import UUID
from xml.etree.ElementTree import Element, SubElement, indent, tostring

import typer

from controller.intent.model import Intent, Port, Segment
from controller.intent.mtu import guest_mtu
from controller.northbound.check import Files
from controller.northbound.configured import configured


class Other(StrEnum):
    """For which program."""

    LIBVIRT = "libvirt"


def export(
    program: Annotated[Other, typer.Argument(metavar="PROGRAM", help=f"One of: {', '.join(Other)}.")],
    files: Files,
    host: Annotated[
        str | None, typer.Option(metavar="HOST", help="For this hypervisor, where their bridges differ.")
    ] = None,
    name: Annotated[str, typer.Option(metavar="NAME", help="What libvirt is to call the network.")] = "tenantry",
    port: Annotated[
        str | None, typer.Option(metavar="TENANT/PORT", help="Instead: the interface of a domain that is this port.")
    ] = None,
) -> None:
    """Print what another program is to be told; it is libvirt so far.

    That is a network for `virsh net-define`, with a port group for each tenant network, or the interface of a domain.

    Exit status: 0; 1 when the files have errors or libvirt cannot have it; 2 for wrong usage.

    Example: tenantry export libvirt /etc/tenantry > net.xml && virsh net-define net.xml && virsh net-start tenantry

    Example: tenantry export libvirt /etc/tenantry --port blue/web1
    """
    intent = configured(files, None, 1)
    made = _network(intent, name, host) if port is None else _interface(intent, name, port)
    indent(made)
    typer.echo(tostring(made, encoding="unicode"))


def _network(intent: Intent, name: str, host: str | None) -> Element:
    network = Element("network")
    SubElement(network, "name").text = name
    SubElement(network, "forward", mode="bridge")
    SubElement(network, "bridge", name=_bridge(intent, host))
    SubElement(network, "virtualport", type="openvswitch")
    for one in sorted(intent.networks):
        SubElement(network, "portgroup", name=one)
    return network


def _bridge(intent: Intent, host: str | None) -> str:
    bridges = {name: switch.host.bridge for name, switch in intent.fabric.switches.items() if switch.host}
    if host is not None:
        if host not in bridges:
            _fail(f"{host} is no host; hosts are: {', '.join(sorted(bridges)) or 'none'}")
        return bridges[host]
    if len(set(bridges.values())) != 1:
        _fail("hosts have different bridges; name one by --host" if bridges else "no switch has host: {}")
    return next(iter(bridges.values()))


def _interface(intent: Intent, name: str, port_id: str) -> Element:
    port = intent.ports.get(port_id)
    if port is None:
        _fail(f"there is no port {port_id}")
    interface = Element("interface", type="network")
    source = SubElement(interface, "source", network=name)
    if port.network:
        source.set("portgroup", port.network)
    if port.mac:
        SubElement(interface, "mac", address=port.mac)
    virtual = SubElement(interface, "virtualport", type="openvswitch")
    SubElement(virtual, "parameters", interfaceid=_interfaceid(port))
    SubElement(interface, "model", type="virtio")
    if (mtu := _mtu(intent, port)) is not None:
        SubElement(interface, "mtu", size=str(mtu))
    return interface


def _mtu(intent: Intent, port: Port) -> int | None:
    """What the guest is to be set to, in bytes; None while it is not known which segment a network gets.

    Wherever its host is: if any endpoint is IPv6, less is left.
    """
    endpoints = [switch.endpoint for switch in intent.fabric.switches.values() if switch.endpoint]
    version = max((one.version for one in endpoints), default=4)
    found = []
    for network in (intent.networks[name] for name in port.networks):
        if network.mtu is None and network.segment is Segment.AUTO:
            return None
        found.append(network.mtu or guest_mtu(network.segment, intent.fabric.underlay_mtu, version))
    return min(found)


def _interfaceid(port: Port) -> str:
    if port.iface_id is None:
        _fail(f"port {port.id} has no iface_id, by which libvirt's interface could be known")
    try:
        UUID(port.iface_id)
    except ValueError:
        _fail(f"iface_id {port.iface_id} of port {port.id} is no UUID, and libvirt takes nothing else")
    return port.iface_id


def _fail(why: str) -> NoReturn:
    typer.echo(f"error: {why}", err=True)
    raise typer.Exit(1)
