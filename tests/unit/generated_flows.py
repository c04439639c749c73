"""Strategies for flows, groups and meters of every shape that the dataplane's language has."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from controller.dataplane.fields import FIELDS, VLAN_PRESENT, Field
from controller.dataplane.flow import (
    OUR_GROUPS,
    OUR_METERS,
    Action,
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
    Reason,
    SetField,
    ToController,
    ToGroup,
)

WHY = Reason("test", "generated")
SETTABLE = (
    *("metadata", "eth_dst", "eth_src", "vlan_pcp"),
    *("tun_id", "tun_src", "tun_dst", "tun_ipv6_src", "tun_ipv6_dst"),
)
MASKABLE = ("metadata", "eth_dst", "eth_src", "tun_id")

interfaces = st.integers(1, 0xFF00 - 1)
group_numbers = st.integers(OUR_GROUPS.start, OUR_GROUPS.stop - 1)
meter_numbers = st.integers(OUR_METERS.start, OUR_METERS.stop - 1)


def values(field: Field) -> st.SearchStrategy[int]:
    if field.name == "vlan_vid":
        return st.integers(VLAN_PRESENT, VLAN_PRESENT | 0xFFF)
    if field.name == "vlan_pcp":
        return st.integers(0, 7)
    return st.integers(0, field.all_ones)


@st.composite
def matches(draw: st.DrawFn) -> Match:
    names = draw(st.sets(st.sampled_from(sorted(FIELDS))))
    entries = []
    for field in sorted((FIELDS[name] for name in names), key=lambda field: field.rank):
        value = draw(values(field))
        mask = draw(values(field)) if field.name in MASKABLE and draw(st.booleans()) else None
        # An all-ones mask is the same as none, and one of zeros matches nothing; OVS drops both.
        mask = None if mask in (0, field.all_ones) else mask
        entries.append((field, value if mask is None else value & mask, mask))
    return tuple(entries)


def set_fields() -> st.SearchStrategy[SetField]:
    return st.sampled_from(SETTABLE).flatmap(
        lambda name: st.builds(SetField, st.just(FIELDS[name]), values(FIELDS[name]))
    )


actions: st.SearchStrategy[Action] = st.one_of(
    st.builds(Output, interfaces),
    st.builds(ToGroup, group_numbers),
    st.builds(ToController, st.none() | meter_numbers),
    set_fields(),
    st.just(PushVlan()),
    st.just(PopVlan()),
    st.just(AllowReturn()),
)
action_lists = st.lists(actions, max_size=6).map(tuple)
plain_flows = st.builds(
    Flow,
    st.integers(0, 100),
    st.integers(0, 65535),
    matches(),
    action_lists,
    st.none() | st.integers(101, 253),
    st.none() | st.integers(0, 2**64 - 1),
    st.integers(0, 65535),
    st.just(WHY),
)
masked_flows = st.builds(
    lambda flow, value, mask: replace(flow, metadata=value & mask, metadata_mask=mask),
    plain_flows,
    st.integers(0, 2**64 - 1),
    st.integers(1, 2**64 - 1),
)
flows = plain_flows | masked_flows
groups = st.builds(
    Group,
    group_numbers,
    st.sampled_from(GroupKind),
    st.lists(st.builds(Bucket, action_lists, st.none() | interfaces), max_size=4).map(tuple),
    st.just(WHY),
)
meters = st.builds(Meter, meter_numbers, st.integers(1, 2**32 - 1), st.integers(0, 2**32 - 1), st.just(WHY))
