"""What an edit of the intent comes to, in the operator's words: which things come, go and change, and how.

Keys are part of it: a network may get another one although nothing was written about it, as when an operator chooses
the key that it has for another network.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from controller.intent.edit import IntentEdit
from controller.intent.model import Fabric, Intent, LinkEnd, LinkSetting, Network, Port, SegmentKey, Switch

_Thing = TypeVar("_Thing")


class Kind(StrEnum):
    """What kind of thing."""

    FABRIC = "fabric"
    SWITCH = "switch"
    LINK = "link"
    TENANT = "tenant"
    NETWORK = "network"
    PORT = "port"


class How(StrEnum):
    """What becomes of it."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class ItemEdit:
    """One thing that comes, goes or changes."""

    kind: Kind
    name: str
    how: How
    details: tuple[str, ...]
    """What it is, or how it changes: a few words each."""


def item_edits(
    edit: IntentEdit, keys: Mapping[str, SegmentKey], new_keys: Mapping[str, SegmentKey]
) -> Iterator[ItemEdit]:
    """All things that differ, by kind and name; `keys` are those that networks have, and `new_keys` those they get."""
    before, after = edit.before, edit.after
    yield from _fabric_edits(before.fabric, after.fabric)
    tenants = dict.fromkeys(before.tenants, ""), dict.fromkeys(after.tenants, "")
    yield from _edits(Kind.TENANT, *tenants, lambda _: (), lambda _, __: ())
    yield from _network_edits(edit, keys, new_keys)
    ports = _chosen(before.ports, edit.ports), _chosen(after.ports, edit.ports)
    yield from _edits(Kind.PORT, *ports, lambda port: (_about_port(port),), _port_changes)


def _network_edits(
    edit: IntentEdit, keys: Mapping[str, SegmentKey], new_keys: Mapping[str, SegmentKey]
) -> Iterator[ItemEdit]:
    names = edit.networks | {name for name in keys.keys() | new_keys.keys() if keys.get(name) != new_keys.get(name)}

    def described(intent: Intent, held: Mapping[str, SegmentKey]) -> dict[str, tuple[Network, SegmentKey | None]]:
        return {name: (network, held.get(name)) for name, network in _chosen(intent.networks, names).items()}

    both = described(edit.before, keys), described(edit.after, new_keys)
    yield from _edits(Kind.NETWORK, *both, lambda one: (_key_text(one[1]),), _network_changes)


def _fabric_edits(before: Fabric, after: Fabric) -> Iterator[ItemEdit]:
    if before == after:
        return
    if changes := tuple(_fabric_changes(before, after)):
        yield ItemEdit(Kind.FABRIC, "", How.CHANGED, changes)
    yield from _edits(Kind.SWITCH, before.switches, after.switches, _about_switch, _switch_changes)
    links, new_links = ({_link_name(ends): link for ends, link in one.links.items()} for one in (before, after))
    yield from _edits(Kind.LINK, links, new_links, lambda link: _link_changes(LinkSetting(), link), _link_changes)


def _edits(
    kind: Kind,
    before: Mapping[str, _Thing],
    after: Mapping[str, _Thing],
    about: Callable[[_Thing], Iterable[str]],
    changes: Callable[[_Thing, _Thing], Iterable[str]],
) -> Iterator[ItemEdit]:
    for name in sorted(before.keys() | after.keys()):
        if name not in before:
            yield ItemEdit(kind, name, How.ADDED, tuple(about(after[name])))
        elif name not in after:
            yield ItemEdit(kind, name, How.REMOVED, tuple(about(before[name])))
        elif before[name] != after[name]:
            yield ItemEdit(kind, name, How.CHANGED, tuple(changes(before[name], after[name])))


def _network_changes(
    before: tuple[Network, SegmentKey | None], after: tuple[Network, SegmentKey | None]
) -> Iterator[str]:
    (old, old_key), (new, new_key) = before, after
    yield from _change("", _key_text(old_key), _key_text(new_key))
    yield from _change("segment asked for", old.segment, new.segment)
    yield from _change("key asked for", old.key or "any", new.key or "any")
    yield from _change("MTU", old.mtu or "not given", new.mtu or "not given")
    yield from _change("LLDP", *("passed" if one.passes_lldp else "not passed" for one in (old, new)))
    yield from _change("description", f'"{old.description}"', f'"{new.description}"')


def _port_changes(old: Port, new: Port) -> Iterator[str]:
    if _place(old) != _place(new):
        yield f"moves from {_place(old)} to {_place(new)}"
    yield from _change("hosts", *(", ".join(one.hosts) or "any" for one in (old, new)))
    yield from _change("standby", *(":".join(one.standby or ()) or "none" for one in (old, new)))
    yield from _change("network", _networks(old), _networks(new))
    yield from _change("MAC", old.mac or "learned", new.mac or "learned")
    yield from _change("IP", *(", ".join(map(str, one.ip)) or "none" for one in (old, new)))
    yield from _change("description", f'"{old.description}"', f'"{new.description}"')


def _switch_changes(old: Switch, new: Switch) -> Iterator[str]:
    yield from _change("dpid", f"{old.dpid:016x}", f"{new.dpid:016x}")
    yield from _change("endpoint", old.endpoint or "none", new.endpoint or "none")
    yield from _change("tunnels", *(", ".join(one.tunnels.values()) or "none" for one in (old, new)))
    yield from _change("host", _host(old), _host(new))
    yield from _draining(old.draining, new.draining)


def _link_changes(old: LinkSetting, new: LinkSetting) -> Iterator[str]:
    yield from _change("cost", old.cost, new.cost)
    yield from _draining(old.draining, new.draining)


def _fabric_changes(old: Fabric, new: Fabric) -> Iterator[str]:
    for name in ("vlans", "keys", "reserved", "admit"):
        yield from _change(name, *(", ".join(map(str, getattr(one, name))) or "none" for one in (old, new)))
    yield from _change("overlay", old.overlay, new.overlay)
    yield from _change("underlay MTU", old.underlay_mtu, new.underlay_mtu)
    yield from _change("learning age", f"{old.learning.age} s", f"{new.learning.age} s")
    yield from _change("learning limit", old.learning.limit, new.learning.limit)
    yield from _change("discovery period", f"{old.discovery.period:g} s", f"{new.discovery.period:g} s")
    hosts = old.hosts, new.hosts
    yield from _change("checksums of tunnels", *("on" if one.checksums else "off" for one in hosts))
    yield from _change("ovn-installed", *("written" if one.ovn_installed else "not written" for one in hosts))


def _change(what: str, old: object, new: object) -> Iterator[str]:
    if old != new:
        yield f"{what}: {old} to {new}" if what else f"{old} to {new}"


def _draining(old: bool, new: bool) -> Iterator[str]:
    if old != new:
        yield "drains" if new else "drains no more"


def _about_switch(switch: Switch) -> Iterator[str]:
    yield f"dpid {switch.dpid:016x}"
    if switch.endpoint:
        yield f"endpoint {switch.endpoint}"


def _host(switch: Switch) -> str:
    host = switch.host
    if host is None:
        return "none"
    parts = [f"with bridge {host.bridge}"]
    parts += ["kept"] if host.keep else []
    parts += [f"connected to at {host.connect}"] if host.connect else []
    parts += [f"reaching the daemon at {host.controller}"] if host.controller else []
    return ", ".join(parts)


def _about_port(port: Port) -> str:
    return f"on {_networks(port)}, at {_place(port)}"


def _place(port: Port) -> str:
    if port.endpoint:
        return f"endpoint {port.endpoint}"
    at = f"{port.switch}:{port.interface}" if port.switch else ""
    if port.iface_id:
        return f"iface_id {port.iface_id}" + (f" ({at})" if at else "")
    return at


def _networks(port: Port) -> str:
    return port.network or ", ".join(f"{network} (tag {tag})" for tag, network in port.trunk)


def _key_text(key: SegmentKey | None) -> str:
    return str(key) if key else "no key"


def _link_name(ends: tuple[LinkEnd, LinkEnd]) -> str:
    return " -- ".join(f"{switch}:{interface}" for switch, interface in ends)


def _chosen(known: Mapping[str, _Thing], names: Iterable[str]) -> dict[str, _Thing]:
    return {name: known[name] for name in names if name in known}
