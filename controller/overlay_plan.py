"""An overlay network on its members: the underlay carries packets between them, so nobody else is concerned."""

from __future__ import annotations

from collections.abc import Iterator

from apps.units import NetworkUnit, OutsidePort, RemoteAddress
from controller.intent.model import IpAddress, Switch
from controller.network_plan import NetworkPlan, is_one_family, meter_number


def overlay_units(plan: NetworkPlan) -> dict[str, NetworkUnit]:
    """The network on each switch that has a port of it."""
    units = {}
    for name in sorted(plan.members):
        view = plan.view(name)
        if view is not None:
            switch = plan.situation.intent.fabric.switches[name]
            tunnel = view.number(switch.tunnels.get(plan.segment.segment))
            units[name] = NetworkUnit(
                switch=name,
                network=plan.network,
                segment=plan.segment,
                age=plan.age,
                local=tuple(plan.local_ports(view)),
                outside=tuple(_outside_ports(plan, switch, view.has_meters, tunnel)),
                remote=tuple(_remote_addresses(plan, switch)),
                tunnel=tunnel,
                peers=_flood_peers(plan, switch),
            )
    return units


def _outside_ports(plan: NetworkPlan, switch: Switch, has_meters: bool, tunnel: int | None) -> Iterator[OutsidePort]:
    for port in plan.outside:
        if port.endpoint and tunnel is not None and is_one_family(switch, port.endpoint):
            meter = meter_number(tunnel) if has_meters else None
            yield OutsidePort(port.id, port.endpoint, plan.addresses(port), not port.mac, meter)


def _remote_addresses(plan: NetworkPlan, switch: Switch) -> Iterator[RemoteAddress]:
    switches = plan.situation.intent.fabric.switches
    behind = [
        (switches[member].endpoint, port)
        for member, ports in plan.members.items()
        for port, _ in ports
        if member != switch.name
    ]
    behind += [(port.endpoint, port) for port in plan.outside]
    for endpoint, port in behind:
        if endpoint is not None and is_one_family(switch, endpoint):
            for address in plan.addresses(port):
                yield RemoteAddress(address.mac, port.id, endpoint=endpoint)


def _flood_peers(plan: NetworkPlan, switch: Switch) -> tuple[IpAddress, ...]:
    switches = plan.situation.intent.fabric.switches
    endpoints = {switches[member].endpoint for member in plan.members if member != switch.name}
    endpoints |= {port.endpoint for port in plan.outside}
    usable = (endpoint for endpoint in endpoints if endpoint is not None and is_one_family(switch, endpoint))
    return tuple(sorted(usable, key=int))
