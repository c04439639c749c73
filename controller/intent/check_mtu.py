"""Warns of networks whose guests are set to a larger MTU than arrives."""

from __future__ import annotations

from controller.intent.checks import Context, network_path
from controller.intent.model import Intent, Segment
from controller.intent.mtu import endpoint_versions, guest_mtu


def check_mtus(context: Context, intent: Intent) -> None:
    """Warn of each network whose stated MTU exceeds what its segment leaves of the underlay's.

    An `auto` network is measured as the VLAN it may become: `tenantry show networks` tells when it is an overlay.
    """
    underlay = intent.fabric.underlay_mtu
    versions = endpoint_versions(intent)
    for network in intent.networks.values():
        segment = Segment.VLAN if network.segment is Segment.AUTO else network.segment
        most = guest_mtu(segment, underlay, versions[network.id])
        if network.mtu is not None and network.mtu > most:
            over = "" if segment is Segment.VLAN else f" over {segment} and IPv{versions[network.id]}"
            what = f"mtu {network.mtu} of network {network.id} is more than the underlay's {underlay} leaves{over}"
            instead = f"set the guests to {most}, or underlay_mtu to {underlay + network.mtu - most}"
            context.warning(network_path(network.tenant, network.name, "mtu"), what, instead)
