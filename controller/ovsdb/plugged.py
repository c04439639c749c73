"""What a host says of itself: interfaces with ids on its bridge, its endpoint; and the mark of what is installed."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from ipaddress import ip_address

from controller.fabric.plugs import Plugged, Report
from controller.intent.model import IpAddress
from controller.ovsdb import operations as do
from controller.ovsdb.replica import (
    ATTACHED_MAC,
    ENDPOINTS,
    IFACE_ID,
    IFACE_STATUS,
    INSTALLED,
    OVN_INSTALLED,
    OVN_INSTALLED_AT,
    OVN_IS_OURS,
    Interface,
    Replica,
)
from controller.ovsdb.session import Operation

_MOST_SAID = 63
"""Letters of what is no address that go into the log."""
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
    ids = replica.root.external_ids
    said = next((ids[key] for key in ENDPOINTS if key in ids), "")
    endpoint = _endpoint(said)
    return Report(found, frozenset(plain), endpoint, "" if endpoint else said[:_MOST_SAID])


def mark(replica: Replica, bridge: str, installed: Collection[str], *, as_ovn: bool, now: float) -> Iterator[Operation]:
    """Have exactly these interfaces marked as installed; with `as_ovn`, as OVN marks them, too. `now` is since 1970."""
    for uuid, row in _interfaces(replica, bridge):
        said = row.external_ids
        wanted: dict[str, str] = {}
        if row.name in installed and IFACE_ID in said:
            wanted = {INSTALLED: "true", **({OVN_INSTALLED: "true", OVN_IS_OURS: "true"} if as_ovn else {})}
        missing = {key: value for key, value in wanted.items() if said.get(key) != value}
        if OVN_INSTALLED in missing:
            missing[OVN_INSTALLED_AT] = str(int(now * 1000))
        if missing:
            yield do.put("Interface", uuid, "external_ids", missing)
        # Where the setting is off, what somebody else wrote as OVN is his.
        are_ours = [OVN_INSTALLED, OVN_INSTALLED_AT, OVN_IS_OURS] if as_ovn or OVN_IS_OURS in said else []
        kept = {*wanted, OVN_INSTALLED_AT} if OVN_INSTALLED in wanted else wanted.keys()
        if left := [key for key in (INSTALLED, *are_ours) if key in said and key not in kept]:
            yield do.drop("Interface", uuid, "external_ids", left)


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
