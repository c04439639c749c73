"""Programs that are wrong in one place, as a bug or a hand at a switch may leave them, and frames to try them with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address

from hypothesis import strategies as st

from controller.dataplane.encoder import cookie_of
from controller.dataplane.fields import (
    ETH_DST,
    ETH_TYPE,
    METADATA,
    TUN_DST,
    TUN_ID,
    TUN_IPV6_SRC,
    TUN_SRC,
    VLAN_PCP,
    VLAN_PRESENT,
    VLAN_VID,
    Field,
)
from controller.dataplane.flow import (
    Action,
    Actions,
    AllowReturn,
    Bucket,
    Flow,
    Group,
    Match,
    Output,
    PopVlan,
    Program,
    PushVlan,
    Reason,
    SetField,
    ToController,
    ToGroup,
)
from controller.dataplane.packet import Packet, Tunnel
from controller.verify.borders import LOCAL, Border
from tests.property.sent_frames import DESTINATIONS, SOURCES, VLAN_IDS
from tests.property.tenancies import KEYS

WHY = Reason("test", "changed by hand")
SETTABLE = (VLAN_VID, VLAN_PCP, METADATA, ETH_DST, TUN_ID, TUN_DST)


@st.composite
def wrong_programs(draw: st.DrawFn, program: Program, border: Border) -> Program:
    """The program with one to three changes."""
    for _ in range(draw(st.integers(1, 3))):
        change = draw(st.sampled_from((_changed_flow, _changed_flow, _changed_bucket, _new_flow, _without_flow)))
        program = draw(change(program, border))
    return program


@st.composite
def frames_at(draw: st.DrawFn, program: Program, border: Border) -> tuple[int, Packet]:
    """A frame of which anything that a flow asks for is as likely as not, and the interface where it enters."""
    interface = draw(st.sampled_from(_interfaces(border)))
    values = _values(program)
    tags = draw(st.lists(st.sampled_from(_tags(values)), max_size=2).map(tuple))
    return interface, Packet(
        eth_dst=draw(st.sampled_from((*values.get(ETH_DST, ()), *DESTINATIONS))),
        eth_src=draw(st.sampled_from(SOURCES)),
        eth_type=draw(
            st.sampled_from([one for one in values.get(ETH_TYPE, ()) if one not in (0x8100, 0x88A8)] or [0x800])
        ),
        tags=tags,
        priority=draw(st.integers(0, 4)) if tags else 0,
        tunnel=draw(_tunnels(values)) if interface in border.tunnels else Tunnel(0, None, None),
    )


def _values(program: Program) -> dict[Field, list[int]]:
    found: dict[Field, dict[int, None]] = {}
    for flow in program.flows.values():
        for field, value, _ in flow.match:
            found.setdefault(field, {})[value] = None
    return {field: list(values) for field, values in found.items()}


def _tags(values: dict[Field, list[int]]) -> list[int]:
    return sorted({*VLAN_IDS, *(value & 0xFFF for value in values.get(VLAN_VID, ()))})


@st.composite
def _tunnels(draw: st.DrawFn, values: dict[Field, list[int]]) -> Tunnel:
    senders: list[IPv4Address | IPv6Address] = [IPv4Address("203.0.113.5")]
    senders += [IPv4Address(value) for value in values.get(TUN_SRC, ())]
    senders += [IPv6Address(value) for value in values.get(TUN_IPV6_SRC, ())]
    return Tunnel(draw(st.sampled_from(KEYS)), draw(st.sampled_from(senders)), None)


def _interfaces(border: Border) -> list[int]:
    return sorted({*border.ports, *border.tunnels, *border.links} - {LOCAL})


@st.composite
def _changed_flow(draw: st.DrawFn, program: Program, border: Border) -> Program:
    if not program.flows:
        return program
    flow = draw(st.sampled_from(list(program.flows.values())))
    how = draw(st.sampled_from(("actions", "actions", "match", "metadata", "priority")))
    if how == "match" and flow.match:
        gone = draw(st.sampled_from(flow.match))
        changed = replace(flow, match=tuple(one for one in flow.match if one is not gone))
    elif how == "metadata" and flow.metadata is not None:
        changed = replace(flow, metadata=draw(st.sampled_from(_metadata(program))))
    elif how == "priority":
        changed = replace(flow, priority=draw(st.sampled_from((0, 100, 250, 700))))
    else:
        changed = replace(flow, actions=draw(_changed_actions(flow.actions, program, border)))
    others = [other for other in program.flows.values() if other is not flow]
    return _program([changed, *others] if draw(st.booleans()) else [*others, changed], program)


@st.composite
def _changed_bucket(draw: st.DrawFn, program: Program, border: Border) -> Program:
    groups = [group for group in program.groups.values() if group.buckets]
    if not groups:
        return draw(_new_flow(program, border))
    group = draw(st.sampled_from(groups))
    at = draw(st.integers(0, len(group.buckets) - 1))
    bucket = group.buckets[at]
    changed = Bucket(draw(_changed_actions(bucket.actions, program, border)), bucket.watch_port)
    buckets = (*group.buckets[:at], changed, *group.buckets[at + 1 :])
    return replace(program, groups={**program.groups, group.id: Group(group.id, group.kind, buckets, WHY)})


@st.composite
def _new_flow(draw: st.DrawFn, program: Program, border: Border) -> Program:
    values = _values(program)
    fields = (
        draw(st.lists(st.sampled_from(sorted(values, key=lambda one: one.rank)), unique=True, max_size=3))
        if values
        else []
    )
    match: Match = tuple(
        (field, draw(st.sampled_from(values[field])), None) for field in sorted(fields, key=lambda one: one.rank)
    )
    if VLAN_PCP in fields and VLAN_VID not in fields:
        match = tuple(one for one in match if one[0] is not VLAN_PCP)
    table = draw(st.integers(0, 7))
    flow = Flow(
        table=table,
        priority=draw(st.sampled_from((0, 50, 199, 650))),
        match=match,
        actions=tuple(draw(st.lists(_any_action(program, border), max_size=4))),
        goto=draw(st.none() | st.integers(table + 1, 8)),
        metadata=draw(st.none() | st.sampled_from(_metadata(program))),
        idle_timeout=0,
        reason=WHY,
    )
    return _program([flow, *program.flows.values()], program)


@st.composite
def _without_flow(draw: st.DrawFn, program: Program, border: Border) -> Program:
    if not program.flows:
        return program
    gone = draw(st.sampled_from(list(program.flows.values())))
    return _program([flow for flow in program.flows.values() if flow is not gone], program)


@st.composite
def _changed_actions(draw: st.DrawFn, actions: Actions, program: Program, border: Border) -> Actions:
    at = draw(st.integers(0, len(actions)))
    how = draw(st.sampled_from(("put", "swap", "drop")))
    new = () if how == "drop" else (draw(_any_action(program, border)),)
    return (*actions[:at], *new, *actions[at + (how != "put") :])


@st.composite
def _any_action(draw: st.DrawFn, program: Program, border: Border) -> Action:
    values = _values(program)
    kind = draw(st.sampled_from(("output", "output", "set", "set", "group", "push", "pop", "return", "controller")))
    if kind == "set":
        field = draw(st.sampled_from(SETTABLE))
        pool = {VLAN_VID: [VLAN_PRESENT | tag for tag in _tags(values)], VLAN_PCP: [0, 1, 2], TUN_ID: list(KEYS)}
        pool |= {METADATA: _metadata(program), TUN_DST: [*values.get(TUN_SRC, ()), 0xCB007105]}
        return SetField(field, draw(st.sampled_from(pool.get(field) or list(DESTINATIONS))))
    if kind == "group" and program.groups:
        return ToGroup(draw(st.sampled_from(sorted(program.groups))))
    others: dict[str, Action] = {"push": PushVlan(), "pop": PopVlan(), "return": AllowReturn()}
    others["controller"] = ToController(None)
    return others.get(kind) or Output(draw(st.sampled_from(_interfaces(border))))


def _metadata(program: Program) -> list[int]:
    return sorted({0, *(flow.metadata for flow in program.flows.values() if flow.metadata is not None)})


def _program(flows: Sequence[Flow], program: Program) -> Program:
    """Of two flows for one match the first counts, as a switch holds one only."""
    kept: dict[tuple[int, int, Match], Flow] = {}
    for flow in flows:
        kept.setdefault((flow.table, flow.priority, flow.match), flow)
    return replace(program, flows={cookie_of(flow): flow for flow in kept.values()})
