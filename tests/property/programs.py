"""Small programs that contend for a few matches, groups and meters."""

from __future__ import annotations

from hypothesis import strategies as st

from controller.dataplane.encoder import cookie_of, encode_flow_add
from controller.dataplane.flow import (
    OUR_GROUPS,
    OUR_METERS,
    Actions,
    Bucket,
    Flow,
    Group,
    GroupKind,
    Meter,
    Output,
    Program,
    Reason,
    ToGroup,
)
from controller.dataplane.program import Share
from controller.dataplane.table import match_of
from controller.southbound.items import groups_of
from tests.property.model_switch import Key, ModelSwitch


def a_flow(key: int, variant: int, name: str = "a") -> Flow:
    """One of three contents for one of a few matches; variant 2 uses a group.

    Every third is the switch's own, and the others are shared out between two networks whose names begin with `name`.
    """
    actions: Actions = (ToGroup(OUR_GROUPS[key % 2]),) if variant == 2 else (Output(variant + 1),)
    network = f"{name}/{key % 3}" if key % 3 else ""
    return Flow(0, 1, match_of(in_port=key), actions, None, None, 0, Reason("test", f"{key} {variant}", network))


def a_group(number: int, variant: int) -> Group:
    buckets = (Bucket((Output(variant + 1),)),)
    return Group(OUR_GROUPS[number], GroupKind.ALL, buckets, Reason("test", "group"))


def a_meter(number: int, variant: int) -> Meter:
    return Meter(OUR_METERS[number], variant + 1, 1, Reason("test", "meter"))


def program_of(flows: dict[int, int], groups: dict[int, int], meters: dict[int, int], name: str) -> Program:
    made = [a_flow(key, variant, name) for key, variant in flows.items()]
    for flow in made:
        groups = {**{OUR_GROUPS.index(group): 0 for group in groups_of(flow)}, **groups}
    return Program(
        {cookie_of(flow): flow for flow in made},
        {OUR_GROUPS[number]: a_group(number, variant) for number, variant in groups.items()},
        {OUR_METERS[number]: a_meter(number, variant) for number, variant in meters.items()},
    )


def completed(program: Program) -> Program:
    """With the groups that its flows use."""
    used = {group for flow in program.flows.values() for group in groups_of(flow)}
    missing = {number: a_group(OUR_GROUPS.index(number), 0) for number in used - program.groups.keys()}
    return Program(program.flows, {**program.groups, **missing}, program.meters)


def share_of(program: Program) -> Share:
    return Share(tuple(program.flows.values()), tuple(program.groups.values()), tuple(program.meters.values()))


variants = st.integers(0, 2)
programs = st.builds(
    program_of,
    st.dictionaries(st.integers(0, 5), variants, max_size=6),
    st.dictionaries(st.integers(0, 2), variants, max_size=3),
    st.dictionaries(st.integers(0, 1), variants, max_size=2),
    st.sampled_from("aab"),
)


def key_of(flow: Flow) -> Key:
    """The flow's place in the model's table."""
    switch = ModelSwitch(groups=dict.fromkeys(OUR_GROUPS[:3], b""))
    switch.execute(encode_flow_add(flow, 1, 0))
    return next(iter(switch.flows))
