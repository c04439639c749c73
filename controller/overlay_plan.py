"""An overlay network on its members: the underlay carries packets between them, so nobody else is concerned.

Nobody floods to an endpoint that is out of reach (`controller.underlay_watch`): that would cost a copy of each packet,
and, with tunnels in userspace, a request for its MAC address.
"""

from __future__ import annotations

from collections.abc import Iterator

from apps.units import NetworkUnit, OutsidePort, RemoteAddress, Twin
from controller.fabric.reachability import Goal
from controller.intent.model import IpAddress, Switch
from controller.network_plan import Home, NetworkPlan, is_one_family, meter_number


def overlay_units(plan: NetworkPlan) -> dict[str, NetworkUnit]:
    """The network on each switch that has a port of it."""
    units = {}
    switches = plan.situation.intent.fabric.switches

    def twin_of(name: str, home: Home, _mac: int) -> Twin | None:
        other = next(switches[one].endpoint for one in home.switches if one != name)
        return Twin(endpoint=other) if other and is_one_family(switches[name], other) else None

    remote, endpoints = _remote_addresses(plan), _endpoints(plan)
    for name in sorted(plan.members):
        view = plan.view(name)
        if view is not None:
            switch = switches[name]
            tunnel = view.number(switch.tunnels.get(plan.segment.segment))
            version = switch.endpoint.version if switch.endpoint else 0
            units[name] = NetworkUnit(
                switch=name,
                network=plan.network,
                segment=plan.segment,
                age=plan.age,
                local=tuple(plan.local_ports(view, twin_of)),
                blocked=tuple(plan.blocked_ports(view, twin_of)),
                outside=tuple(_outside_ports(plan, switch, view.has_meters, tunnel)),
                remote=tuple(address for members, address in remote.get(version, ()) if name not in members),
                tunnel=tunnel,
                passes_lldp=plan.passes_lldp,
                peers=tuple(endpoint for member, endpoint in endpoints.get(version, ()) if member != name),
            )
    return units


def _outside_ports(plan: NetworkPlan, switch: Switch, has_meters: bool, tunnel: int | None) -> Iterator[OutsidePort]:
    for port in plan.outside:
        if port.endpoint and tunnel is not None and is_one_family(switch, port.endpoint):
            meter = meter_number(tunnel) if has_meters else None
            yield OutsidePort(port.id, port.endpoint, plan.addresses(port), not port.mac, meter)


# What follows is by IP version and made once, as it is the same for all switches but the one whose it is.


def _remote_addresses(plan: NetworkPlan) -> dict[int, list[tuple[tuple[str, ...], RemoteAddress]]]:
    """Addresses, each with the switches where it is; none for those outside."""
    switches = plan.situation.intent.fabric.switches
    homes = [*plan.homes.values(), *(Home(port, ()) for port in plan.outside)]
    found: dict[int, list[tuple[tuple[str, ...], RemoteAddress]]] = {}
    for home in homes:
        port = home.port
        places = [switches[one].endpoint for one in home.switches] or [port.endpoint]
        for version in sorted({place.version for place in places if place}):
            first, *others = (place for place in places if place and place.version == version)
            twin = Twin(endpoint=others[0]) if others else None
            remote = (RemoteAddress(one.mac, port.id, None, first, twin) for one in plan.addresses(port))
            found.setdefault(version, []).extend((home.switches, address) for address in remote)
    return found


def _endpoints(plan: NetworkPlan) -> dict[int, list[tuple[str | None, IpAddress]]]:
    """Endpoints to flood to in order, each with the switch whose it is; None for those outside.

    Those that are out of reach are left out.
    """
    switches = plan.situation.intent.fabric.switches
    owners: dict[IpAddress, str | None] = {port.endpoint: None for port in plan.outside if port.endpoint}
    owners |= {
        endpoint: member
        for member in plan.members
        if (endpoint := switches[member].endpoint)
        and Goal(member, plan.segment.segment) not in plan.situation.unreached
    }
    found: dict[int, list[tuple[str | None, IpAddress]]] = {}
    for endpoint, member in sorted(owners.items(), key=lambda item: int(item[0])):
        found.setdefault(endpoint.version, []).append((member, endpoint))
    return found
