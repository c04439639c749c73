"""Rows about what tenants have: tenants, networks, ports, and the addresses of guests.

Each function is a generator that makes rows in order, each with a name by which to go on after it. Whoever takes from
it may let others have their turn in between; so nothing is iterated over here that somebody else may change meanwhile.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from typing import Literal, Protocol

from controller.api.filters import Filters, Part
from controller.api.order import Order, part_of
from controller.api.rows import Host, Network, Owner, Port, Standby, Tenant, Trunk
from controller.core import Core
from controller.dataplane.fields import mac_text
from controller.fabric.outside_loops import Attachment
from controller.intent import model
from controller.intent.mtu import guest_mtu
from controller.intent.written import network_form, plain, port_form


class Refusals(Protocol):
    """Who knows what switches refused."""

    def is_off(self, switch: str, network: str) -> bool:
        """Whether a switch refused a network."""


def tenants(order: Order, part: Part) -> Iterator[tuple[str, Tenant]]:
    """Tenants by name."""
    names = sorted(order.intent.tenants)
    for name in names[bisect_right(names, part.after or "") :]:
        yield name, tenant(order, name)


def tenant(order: Order, name: str) -> Tenant:
    """One tenant."""
    networks, ports = order.network_counts[name], order.port_counts[name]
    return Tenant(name=name, owner=_owner(order.intent, name), networks=networks, ports=ports)


def _owner(intent: model.Intent, tenant: str) -> Owner:
    return "api" if tenant in intent.api_tenants else "files"


def networks(core: Core, refusals: Refusals, order: Order, filters: Filters) -> Iterator[tuple[str, Network]]:
    """Networks by id."""
    for name in _network_ids(core, order, filters):
        if asked := order.intent.networks.get(name):
            yield name, network(core, refusals, order, asked)


def network(core: Core, refusals: Refusals, order: Order, asked: model.Network) -> Network:
    """One network."""
    situation = core.situation
    given, second = situation.keys.get(asked.id), situation.second_keys.get(asked.id)
    ports = situation.index.ports_by_network.get(asked.id, ())
    switches = sorted({switch for port, _ in ports for switch, _ in port.places})
    mtu = None
    if given:
        mtu = guest_mtu(given.segment, order.intent.fabric.underlay_mtu, order.ip_versions.get(asked.id, 4))
    return Network(
        id=asked.id,
        tenant=asked.tenant,
        name=asked.name,
        segment=given.segment.value if given else None,  # type: ignore[arg-type]  # never AUTO
        key=given.key if given else None,
        moving_to=str(second) if second else None,
        switches=switches,
        refused_by=[name for name in switches if refusals.is_off(name, asked.id)],
        ports=len(ports),
        learned=len(situation.addresses.of(asked.id)),
        guest_mtu=mtu,
        description=asked.description,
        owner=_owner(order.intent, asked.tenant),
        written=plain(network_form(asked)),
    )


def ports(core: Core, order: Order, filters: Filters) -> Iterator[tuple[str, Port]]:
    """Ports by id."""
    for name in _port_ids(core, order, filters):
        asked = order.intent.ports.get(name)
        switches = [switch for switch, _ in asked.places] if asked else []
        if asked and filters.switch in (None, *switches) and filters.network in (None, *asked.networks):
            yield name, port(core, asked)


def port(core: Core, asked: model.Port) -> Port:
    """One port."""
    view = core.fabric.switches.get(asked.switch or "")
    interface = view.interfaces.get(asked.interface or "") if view else None
    state: Literal["up", "down", "missing", "unplugged", "outside"] = "missing"
    if asked.endpoint:
        state = "outside"
    elif interface:
        state = "up" if interface.up else "down"
    elif asked.iface_id and not asked.switch:
        state = "unplugged"
    return Port(
        id=asked.id,
        tenant=asked.tenant,
        name=asked.name,
        network=asked.network,
        trunk=[Trunk(vlan=vlan, network=name) for vlan, name in asked.trunk],
        switch=asked.switch,
        interface=asked.interface,
        iface_id=asked.iface_id,
        standby=Standby(switch=asked.standby[0], interface=asked.standby[1]) if asked.standby else None,
        endpoint=str(asked.endpoint) if asked.endpoint else None,
        state=state,
        blocked_on=[name for name in asked.networks if Attachment(name, asked.id) in core.situation.blocked],
        mac=asked.mac,
        ip=[str(address) for address in asked.ip],
        description=asked.description,
        owner=_owner(core.situation.intent, asked.tenant),
        written=plain(port_form(asked)),
    )


def hosts(core: Core, order: Order, filters: Filters) -> Iterator[tuple[str, Host]]:
    """Addresses by network and MAC."""
    last, _, last_mac = (filters.after or "").partition(" ")
    names = _network_ids(core, order, filters.model_copy(update={"after": None}))
    for name in names[bisect_left(names, last) :]:
        for mac, (where, is_learned) in sorted(_addresses(core, name).items()):
            if (name, mac) > (last, last_mac) and filters.switch in (None, where.switch):
                yield f"{name} {mac}", _host(name, mac, where, is_learned)


def _host(network: str, mac: str, where: model.Port, is_learned: bool) -> Host:
    return Host(
        network=network,
        mac=mac,
        port=where.id,
        switch=where.switch,
        interface=where.interface,
        endpoint=str(where.endpoint) if where.endpoint else None,
        learned=is_learned,
        ip=[] if is_learned else [str(address) for address in where.ip],
    )


def _addresses(core: Core, network: str) -> dict[str, tuple[model.Port, bool]]:
    """MAC -> where it is, and whether it was learned there."""
    situation = core.situation
    found = {mac_text(mac): (name, True) for mac, name in situation.addresses.of(network).items()}
    found |= {port.mac: (port.id, False) for port, _ in situation.index.ports_by_network.get(network, ()) if port.mac}
    known = situation.intent.ports
    return {mac: (known[name], is_learned) for mac, (name, is_learned) in found.items() if name in known}


def _network_ids(core: Core, order: Order, filters: Filters) -> Sequence[str]:
    ids = order.networks
    if filters.network is not None:
        ids = [filters.network] if filters.network in order.intent.networks else []
    elif filters.switch is not None:
        there = core.situation.index.ports_by_switch.get(filters.switch, {}).values()
        ids = sorted({name for port in there for name in port.networks})
    found = part_of(ids, filters.tenant, filters.after)
    if filters.network is not None and filters.switch is not None:
        on_it = core.situation.index.ports_by_network.get(filters.network, ())
        if filters.switch not in {switch for port, _ in on_it for switch, _ in port.places}:
            return []
    return ids[found.start : max(found.start, found.stop)]


def _port_ids(core: Core, order: Order, filters: Filters) -> Sequence[str]:
    index, ids = core.situation.index, order.ports
    if filters.network is not None:
        ids = sorted({port.id for port, _ in index.ports_by_network.get(filters.network, ())})
    elif filters.switch is not None:
        ids = sorted(port.id for port in index.ports_by_switch.get(filters.switch, {}).values())
    found = part_of(ids, filters.tenant, filters.after)
    return ids[found.start : max(found.start, found.stop)]
