"""Checks of where overlay networks are: every switch needs a tunnel endpoint, and all of one IP family.

A trunk port with one network that cannot leave its switch still serves its others, so there that is a warning. An
`auto` network becomes an overlay only when VLANs run out, so the same findings are warnings for it, and only if this
document has more networks than VLANs.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from controller.intent.check_ports import network_references
from controller.intent.checks import Context, port_path
from controller.intent.document import PortDocument
from controller.intent.explain import Steps
from controller.intent.key_pool import vlan_pool_size
from controller.intent.model import IpAddress, Segment


def check_overlays(context: Context) -> None:
    """Report ports that an overlay network could not reach."""
    spills = _auto_can_spill(context)
    families: dict[tuple[str, str], dict[int, str]] = defaultdict(dict)
    for tenant, name, port in context.ports():
        networks = context.document.tenants[tenant].networks
        for reference, at in network_references(port_path(tenant, name), port):
            network = networks.get(reference)
            if network is None:
                continue
            if port.endpoint and not network.segment.is_overlay:
                what = f"port {tenant}/{name} is behind an endpoint, and network {tenant}/{reference} is no overlay"
                context.error(at, what, f"give {reference} segment: vxlan, geneve or gre")
            if network.segment.is_overlay or (spills and network.segment is Segment.AUTO):
                place = _Place(at, f"{tenant}/{reference}", network.segment.is_overlay)
                _check_reach(context, place, port, families[tenant, reference])


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a port names a network."""

    at: Steps
    network: str
    certain: bool
    """Whether the network is an overlay now, instead of perhaps one day."""


def _check_reach(context: Context, place: _Place, port: PortDocument, families: dict[int, str]) -> None:
    claim = f"network {place.network} {'is' if place.certain else 'may become'} an overlay"
    endpoint: IpAddress | None = port.endpoint
    owner = f"endpoint {endpoint}"
    if endpoint is None:
        switch = context.document.fabric.switches.get(port.switch or "")
        if switch is None or (switch.host and not switch.endpoint):
            return  # A host says its endpoint itself.
        endpoint, owner = switch.endpoint, f"switch {port.switch}"
    if endpoint is None:
        report = context.error if place.certain and port.trunk is None else context.warning
        instead = f"give {port.switch} an endpoint, or the network segment: vlan"
        report(place.at, f"{claim}, and {owner} has no endpoint", instead)
        return
    families.setdefault(endpoint.version, owner)
    first = next(iter(families))
    if first != endpoint.version:
        report = context.error if place.certain else context.warning
        what = f"{claim} between IPv{first} ({families[first]}) and IPv{endpoint.version} ({owner})"
        report(place.at, what, "use endpoints of one family for a network")


def _auto_can_spill(context: Context) -> bool:
    fabric = context.document.fabric
    segments = [network.segment for _, _, network in context.networks()]
    wanted = segments.count(Segment.VLAN) + segments.count(Segment.AUTO)
    return wanted > vlan_pool_size(fabric.vlans, fabric.reserved)
