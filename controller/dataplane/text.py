"""Flows, groups and meters as ovs-ofctl(8) writes them, one line each.

What is printed here can be given to `ovs-ofctl add-flows`, `add-group` and `add-meter`, so an operator can try a line
from a log by hand. OVS prints the same things in another order and with counters; `normalised` brings a line of
`ovs-ofctl --no-names dump-flows` and one of ours to one form.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address

from controller.dataplane.encoder import COPY_BYTES
from controller.dataplane.fields import VLAN_PCP, VLAN_PRESENT, VLAN_VID, Field, mac_text
from controller.dataplane.flow import (
    WHOLE,
    Action,
    Actions,
    AllowReturn,
    Bucket,
    Flow,
    Group,
    GroupKind,
    Match,
    Meter,
    Output,
    PopVlan,
    PushVlan,
    SetField,
    ToController,
    ToGroup,
)

_COUNTERS = re.compile(r"\b(?:duration|n_packets|n_bytes|idle_age|hard_age)=[^, ]+,? ?")
_MATCH_NAMES = {"eth_src": "dl_src", "eth_dst": "dl_dst", "eth_type": "dl_type", "vlan_pcp": "dl_vlan_pcp"}
_GROUP_NAMES = {GroupKind.ALL: "all", GroupKind.FAST_FAILOVER: "ff"}


def flow_text(flow: Flow, cookie: int) -> str:
    """The flow as `ovs-ofctl add-flow` takes it."""
    parts = [f"cookie={cookie:#x}", f"table={flow.table}"]
    if flow.idle_timeout:
        parts += [f"idle_timeout={flow.idle_timeout}", "send_flow_rem"]
    head = ", ".join(parts)
    match = ",".join([f"priority={flow.priority}", *_match(flow.match)])
    return f"{head}, {match} actions={_instructions(flow)}"


def group_text(group: Group) -> str:
    """The group as `ovs-ofctl add-group` takes it."""
    return ",".join([f"group_id={group.id}", f"type={_GROUP_NAMES[group.kind]}", *map(_bucket, group.buckets)])


def meter_text(meter: Meter) -> str:
    """The meter as `ovs-ofctl add-meter` takes it."""
    return f"meter={meter.id},pktps,burst,bands=type=drop,rate={meter.rate},burst_size={meter.burst}"


def normalised(line: str) -> str:
    """A line of `ovs-ofctl --no-names dump-flows`, or of `flow_text`, without counters and in one order."""
    head, _, actions = _COUNTERS.sub("", line.strip()).partition(" actions=")
    terms = sorted(term for term in re.split(r"[, ]+", head) if term != "reset_counts")
    return f"{' '.join(terms)} actions={actions}"


def _match(match: Match) -> list[str]:
    has_priority = any(field is VLAN_PCP for field, _, _ in match)
    return [
        _criterion(field, value, mask)
        for field, value, mask in match
        # "Has a tag" goes without saying beside a priority.
        if not (has_priority and field is VLAN_VID and mask == VLAN_PRESENT)
    ]


def _criterion(field: Field, value: int, mask: int | None) -> str:
    if field.name == "vlan_vid":
        if mask is None and value & VLAN_PRESENT:
            return f"dl_vlan={value - VLAN_PRESENT}"
        return f"vlan_tci={value:#06x}/{VLAN_PRESENT | 0xFFF if mask is None else mask:#06x}"
    name = _MATCH_NAMES.get(field.name, field.name)
    text = f"{name}={_value(field, value)}"
    return text if mask is None else f"{text}/{_value(field, mask)}"


def _value(field: Field, value: int) -> str:
    match field.name:
        case "in_port" | "vlan_vid" | "vlan_pcp":
            return str(value)
        case "eth_type":
            return f"{value:#06x}"
        case "eth_src" | "eth_dst":
            return mac_text(value)
        case "tun_src" | "tun_dst":
            return str(IPv4Address(value))
        case "tun_ipv6_src" | "tun_ipv6_dst":
            return str(IPv6Address(value))
        case _:
            return f"{value:#x}"


def _instructions(flow: Flow) -> str:
    parts = [_action(action) for action in flow.actions]
    if flow.metadata is not None:
        mask = "" if flow.metadata_mask == WHOLE else f"/{flow.metadata_mask:#x}"
        parts.append(f"write_metadata:{flow.metadata:#x}{mask}")
    if flow.goto is not None:
        parts.append(f"goto_table:{flow.goto}")
    return ",".join(parts) or "drop"


def _actions(actions: Actions) -> str:
    return ",".join(map(_action, actions)) or "drop"


def _action(action: Action) -> str:
    match action:
        case Output(port):
            return f"output:{port}"
        case ToGroup(group):
            return f"group:{group}"
        case ToController(None):
            return f"CONTROLLER:{COPY_BYTES}"
        case ToController(meter):
            return f"controller(max_len={COPY_BYTES},meter_id={meter})"
        case SetField(field, value):
            return f"set_field:{_value(field, value)}->{field.name}"
        case PushVlan():
            return "push_vlan:0x8100"
        case PopVlan():
            return "pop_vlan"
        case AllowReturn():
            return "set_field:0->in_port"


def _bucket(bucket: Bucket) -> str:
    watch = "" if bucket.watch_port is None else f"watch_port:{bucket.watch_port},"
    return f"bucket={watch}actions={_actions(bucket.actions)}"
