"""Which apps there are, in the order in which they are asked for their share of a program."""

from __future__ import annotations

from apps import access, discovery, forwarding, guest_lldp, learning, loop_guard, migration, overlay, underlay, vlan

NETWORK_APPS = (access, learning, forwarding, guest_lldp, vlan, overlay, migration, loop_guard)
"""Those with flows for each network."""
SWITCH_APPS = (access, learning, forwarding, vlan, overlay, underlay, discovery, loop_guard)
"""Those with flows that a switch has regardless of networks."""
