"""Rows about the fabric: switches, links, flows, and how all of it is. Written like `controller.api.tenant_rows`."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator
from typing import Literal, Protocol

from controller.api.filters import BySwitch, Filters
from controller.api.order import Order, part_of
from controller.api.rows import Flow, Hypervisor, Interface, Link, Switch, SwitchDetail, Tree
from controller.api.underlay_rows import out_of_reach
from controller.compiler import SWITCH, TREES, beside
from controller.core import Core
from controller.dataplane import flow as dataplane
from controller.dataplane.encoder import cookie_of
from controller.dataplane.text import flow_text
from controller.fabric import model
from controller.fabric.costs import reasons_to_drain, setting_of
from controller.fabric.trees import branches, tree_number
from controller.intent.model import Segment


class BadCursor(ValueError):
    """What is given as `after` is not the `next` of a page."""


Sync = Literal["in sync", "changing", "waiting"]


class Sessions(Protocol):
    """Who knows how switches are."""

    def is_settled(self, switch: str) -> bool:
        """Whether a switch is connected and has confirmed or refused all that was asked so far."""

    def waiting(self) -> Collection[str]:
        """The connected switches that are not changed yet."""

    def session_age(self, switch: str) -> float:
        """Seconds since a connected switch said who it is."""

    def flows(self, switch: str) -> int:
        """How many flows a switch should hold."""


def sync_of(core: Core, sessions: Sessions, name: str) -> Sync | None:
    """Whether a switch is as it should be; None without session."""
    if not core.is_connected(name):
        return None
    if name in sessions.waiting():
        return "waiting"
    return "in sync" if sessions.is_settled(name) else "changing"


def switches(core: Core, sessions: Sessions, filters: BySwitch) -> Iterator[tuple[str, Switch]]:
    """Switches by name."""
    names = sorted(core.situation.intent.fabric.switches)
    for name in names[bisect_right(names, filters.after or "") :]:
        if filters.switch in (None, name):
            yield name, Switch.model_validate(_switch(core, sessions, name))


def hypervisors(core: Core, filters: BySwitch) -> Iterator[tuple[str, Hypervisor]]:
    """Hosts that join by themselves, by the names of their switches."""
    asked = core.situation.intent.fabric.switches
    names = sorted(name for name, switch in asked.items() if switch.host)
    for name in names[bisect_right(names, filters.after or "") :]:
        if filters.switch in (None, name) and (switch := asked.get(name)) and switch.host:
            session = core.hosts.get(name)
            there = core.situation.index.ports_by_switch.get(name, {}).values()
            yield (
                name,
                Hypervisor(
                    switch=name,
                    bridge=switch.host.bridge,
                    state="away" if session is None else "joined" if session.has_joined else "joining",
                    peer=session.peer if session else None,
                    opened_by=None if session is None else "daemon" if session.is_dialled else "host",
                    endpoint=str(switch.endpoint) if switch.endpoint else None,
                    plugged=len(core.plugs.ids_on(name)),
                    ports=sum(port.iface_id is not None for port in there),
                ),
            )


def switch_detail(core: Core, sessions: Sessions, name: str) -> SwitchDetail:
    """One switch of the intent, with its interfaces."""
    view = core.fabric.switches.get(name)
    interfaces = sorted(view.interfaces.values(), key=lambda one: one.number) if view else []
    detail = [
        Interface(name=one.name, number=one.number, state="up" if one.up else "down", speed=one.speed or None)
        for one in interfaces
    ]
    return SwitchDetail.model_validate({**_switch(core, sessions, name), "interface_list": detail})


def _switch(core: Core, sessions: Sessions, name: str) -> dict[str, object]:
    asked, view = core.situation.intent.fabric.switches[name], core.fabric.switches.get(name)
    interfaces = view.interfaces.values() if view else ()
    is_connected = core.is_connected(name)
    ports = core.situation.index.ports_by_switch.get(name, {}).values()
    return {
        "name": name,
        "dpid": f"{asked.dpid:016x}",
        "state": "missing" if view is None else "connected" if is_connected else "away",
        "sync": sync_of(core, sessions, name),
        "session_seconds": round(sessions.session_age(name), 1) if is_connected else None,
        "endpoint": str(asked.endpoint) if asked.endpoint else None,
        "out_of_reach": out_of_reach(core, name),
        "draining": asked.draining,
        "interfaces": len(interfaces),
        "down": sum(not one.up for one in interfaces),
        "ports": len(ports),
        "networks": len({network for port in ports for network in port.networks}),
        "flows": sessions.flows(name),
    }


def links(core: Core, filters: BySwitch) -> Iterator[tuple[str, Link]]:
    """Links by their ends, those that are named in the configuration and not there as well."""
    named = {model.Link.between(model.End(*a), model.End(*b)) for a, b in core.situation.intent.fabric.links}
    for link in sorted(core.fabric.links | named, key=str):
        if str(link) > (filters.after or "") and filters.switch in (None, link.a.switch, link.b.switch):
            yield str(link), _link(core, link)


def _link(core: Core, link: model.Link) -> Link:
    intent, is_up = core.situation.intent.fabric, link in core.fabric.links
    latency = core.discovery.latency(link) if is_up else None
    return Link(
        id=str(link),
        a_switch=link.a.switch,
        a_interface=link.a.interface,
        b_switch=link.b.switch,
        b_interface=link.b.interface,
        state="up" if is_up else "down",
        cost=setting_of(intent, link).cost,
        draining=bool(reasons_to_drain(intent, link)),
        speed=core.fabric.speed(link),
        latency=None if latency is None else round(latency, 6),
    )


def tree(core: Core, network: str) -> Tree:
    """The part of a VLAN network's tree that is between its members, as switches were told; none for other networks."""
    given = core.situation.keys.get(network)
    if given is None or given.segment is not Segment.VLAN:
        return Tree(links=[])
    ports = core.situation.index.ports_by_network.get(network, ())
    members = frozenset(switch for port, _ in ports for switch, _ in port.places)
    floods = core.situation.floods
    links = floods.trees[floods.entry][tree_number(given)]
    used = branches(links, members)
    return Tree(links=sorted(str(link) for link in links if link.a in used.get(link.a.switch, ())))


def flows(core: Core, order: Order, filters: Filters) -> Iterator[tuple[str, Flow]]:
    """Flows by switch, network (those regardless of networks first) and table. Raises BadCursor."""
    last_switch, last_network, last_number = _place(filters.after)
    names = sorted(core.situation.intent.fabric.switches)
    for switch in names[bisect_left(names, last_switch) :]:
        if filters.switch not in (None, switch):
            continue
        begin = last_network if switch == last_switch else SWITCH
        for network in _networks_on(core, order, filters, switch, begin):
            both = network, TREES if network == SWITCH else beside(network)
            contents = (flow for name in both for flow in core.compiler.remembered(switch, name)[1].contents)
            found = sorted(contents, key=lambda flow: (flow.table, -flow.priority))
            is_last = (switch, network) == (last_switch, last_network)
            for number in range(last_number + 1 if is_last else 0, len(found)):
                yield f"{switch} {network} {number}", _flow(switch, found[number])


def _place(cursor: str | None) -> tuple[str, str, int]:
    if cursor is None:
        return "", "", -1
    parts = cursor.split(" ")
    if len(parts) != 3 or not re.fullmatch(r"[0-9]{1,9}", parts[2]):
        raise BadCursor("is not the `next` of a page")
    return parts[0], parts[1], int(parts[2])


def _networks_on(core: Core, order: Order, filters: Filters, switch: str, begin: str) -> Iterator[str]:
    if filters.network is None and filters.tenant is None and begin == SWITCH:
        yield SWITCH
    if filters.network is not None:
        found = [filters.network] if filters.network >= begin and filters.has_network(filters.network) else []
    else:
        part = part_of(order.networks, filters.tenant, None)
        start = max(part.start, bisect_left(order.networks, begin))
        found = [*order.networks[start : part.stop]] if start < part.stop else []
    there = core.compiler.networks_on(switch)
    yield from (network for network in found if network in there or beside(network) in there)


def _flow(switch: str, flow: dataplane.Flow) -> Flow:
    cookie = cookie_of(flow)
    return Flow(
        switch=switch,
        cookie=f"{cookie:#x}",
        table=flow.table,
        priority=flow.priority,
        text=flow_text(flow, cookie),
        app=flow.reason.app,
        note=flow.reason.note,
        network=flow.reason.network or None,
        port=flow.reason.port or None,
    )
