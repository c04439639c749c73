"""What a host says of itself: interfaces with ids on its bridge, its endpoint; and the mark of what is installed."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from ipaddress import ip_address

from controller.fabric.plugs import Plugged, Report
from controller.intent.model import IpAddress
from controller.ovsdb import operations as do
from controller.ovsdb.replica import ENDPOINTS, Interface, Replica
from controller.ovsdb.session import Operation

IFACE_ID, ATTACHED_MAC, IFACE_STATUS = "iface-id", "attached-mac", "iface-status"
"""What virtualisation writes into `external_ids` (Open vSwitch's "Integration Guide for Centralized Control")."""
INSTALLED = "tenantry-installed"
_MAC = re.compile(r"[0-9a-f][02468ace](:[0-9a-f]{2}){5}")


def report_of(replica: Replica, bridge: str) -> Report:
    """What is plugged into a bridge under an id, and the host's endpoint. Raises ValueError."""
    found, plain = {}, set()
    for _, row in _interfaces(replica, bridge):
        if iface_id := row.external_ids.get(IFACE_ID):
            is_up = row.link_state == "up" and row.external_ids.get(IFACE_STATUS) != "inactive"
            found[row.name] = Plugged(iface_id, _mac(row.external_ids.get(ATTACHED_MAC, "")), is_up)
        else:
            plain.add(row.name)
    said = replica.root.external_ids
    return Report(found, frozenset(plain), _endpoint(next((said[key] for key in ENDPOINTS if key in said), "")))


def mark(replica: Replica, bridge: str, installed: Collection[str]) -> Iterator[Operation]:
    """Have exactly these interfaces marked as installed."""
    for uuid, row in _interfaces(replica, bridge):
        said = row.external_ids.get(INSTALLED)
        is_installed = row.name in installed and IFACE_ID in row.external_ids
        if is_installed and said != "true":
            yield do.put("Interface", uuid, "external_ids", {INSTALLED: "true"})
        elif not is_installed and said is not None:
            yield do.drop("Interface", uuid, "external_ids", [INSTALLED])


def _interfaces(replica: Replica, bridge: str) -> Iterator[tuple[str, Interface]]:
    found = replica.bridge(bridge)
    for _, port in replica.ports_on(found[1]) if found else ():
        for uuid in sorted(port.interfaces & replica.interfaces.keys()):
            yield uuid, replica.interfaces[uuid]


def _endpoint(text: str) -> IpAddress | None:
    """The address of one host, or None for what is none. OVN allows several, of which the first counts."""
    try:
        found = ip_address(text.partition(",")[0].strip())
    except ValueError:
        return None
    is_one = not (found.is_multicast or found.is_unspecified or found.is_loopback or "%" in str(found))
    return found if is_one else None


def _mac(text: str) -> str | None:
    """A unicast address, or None for what is none."""
    lowered = text.lower()
    return lowered if _MAC.fullmatch(lowered) and lowered != "00:00:00:00:00:00" else None
