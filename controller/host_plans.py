"""What follows from intent for the hosts: which bridge, and which tunnel interfaces, each is to have."""

from __future__ import annotations

from collections.abc import Iterable

from controller.intent.model import Intent, SegmentKey
from controller.ovsdb.plan import HostPlan


def host_plans(intent: Intent, keys: Iterable[SegmentKey]) -> dict[str, HostPlan]:
    """The plan of each host, by name. Tunnels are for encapsulations that networks ask for, or have by their `keys`."""
    asked = {network.segment for network in intent.networks.values()}
    in_use = asked | {key.segment for key in keys}
    plans = {}
    for name, switch in intent.fabric.switches.items():
        if switch.host:
            tunnels = {segment: interface for segment, interface in switch.tunnels.items() if segment in in_use}
            plans[name] = HostPlan(
                name,
                switch.host.bridge,
                switch.dpid,
                switch.endpoint,
                tunnels,
                switch.host.keep,
                intent.fabric.hosts,
                switch.host.connect,
                switch.host.controller,
            )
    return plans
