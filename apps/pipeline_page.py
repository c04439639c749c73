"""Prints the pipeline's page of the documentation from its declaration.

    python -m apps.pipeline_page > docs/pipeline.md

Everything on the page is read from where the programs are made: tables, priorities and numbers from `apps.pipeline` and
`controller.dataplane`, the flows from the apps, run on the units of a small example. A test fails when the page in
`docs/` is not what this prints.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address

from apps import discovery, learning, loop_guard, pipeline, trees, underlay, vlan
from apps.labels import label_of
from apps.pipeline import PIPELINE, SEGMENT_CODE, encapsulation_number, network_number
from apps.roster import NETWORK_APPS, SWITCH_APPS
from apps.units import (
    Address,
    DetourHop,
    LocalPort,
    NetworkUnit,
    NextHop,
    Presence,
    RemoteAddress,
    SwitchUnit,
    TreeUnit,
    Twin,
)
from controller.dataplane.encoder import cookie_of
from controller.dataplane.fields import Field
from controller.dataplane.flow import COOKIE_MARK, OUR_GROUPS, OUR_METERS, Flow, Group
from controller.dataplane.table import Table
from controller.dataplane.text import flow_text, group_text, meter_text
from controller.fabric.detours import Colour
from controller.intent.model import Segment, SegmentKey

PEER = IPv4Address("192.0.2.2")
METERS = (OUR_METERS[0], OUR_METERS[1], OUR_METERS[4], OUR_METERS[-1])
SWITCH = SwitchUnit(
    switch="hv1",
    links=(1, 5),
    trunks=((4, "blue/trunk1"),),
    tunnels=((Segment.VXLAN, 10),),
    peers=(PEER,),
    next_hops=(NextHop(label_of(2, 0), "leaf1", (1,), aside=(Colour.BLUE, 5)),),
    detours=(DetourHop(2, "leaf1", Colour.RED, 1), DetourHop(2, "leaf1", Colour.BLUE, 5)),
    announcements=METERS[0],
    probes=METERS[1],
    underlay=METERS[3],
    unheard=(3,),
)
TREES = TreeUnit("hv1", (((1, 5),),) * 2, entry=0)
GOING = Address(0x020000000006, learned=False, twin=Twin(label=label_of(2, 0)))
COMING = Address(0x020000000003, learned=False, twin=Twin(endpoint=PEER))
WEB = NetworkUnit(
    switch="hv1",
    network="blue/web",
    segment=SegmentKey(Segment.VLAN, 96),
    age=300,
    local=(
        LocalPort("blue/web1", 2, None, (Address(0x020000000001, learned=False),), learns=False, meter=None),
        LocalPort("blue/trunk1", 4, 7, (Address(0x020000000003, learned=False),), learns=False, meter=None),
        LocalPort("blue/web4", 7, None, (GOING,), learns=False, meter=None, presence=Presence.STAYING),
    ),
    blocked=(LocalPort("blue/web3", 6, None, (Address(0x020000000005, learned=False),), learns=False, meter=None),),
    remote=(RemoteAddress(0x020000000002, "blue/web2", label=label_of(2, 0)),),
    label=label_of(1, 0),
)
DB = NetworkUnit(
    switch="hv1",
    network="red/db",
    segment=SegmentKey(Segment.VXLAN, 70000),
    age=300,
    local=(
        LocalPort("red/db1", 3, None, (Address(0x020000000001, learned=True),), learns=True, meter=METERS[2]),
        LocalPort("red/db3", 8, None, (COMING,), learns=False, meter=METERS[2], presence=Presence.STANDING_BY),
    ),
    remote=(RemoteAddress(0x020000000002, "red/db2", endpoint=PEER),),
    tunnel=10,
    peers=(PEER,),
    passes_lldp=True,
)

INTRODUCTION = """\
# The pipeline

<!-- Printed by `python -m apps.pipeline_page`: change what is declared, then print this page again. -->

{about}

A packet that no flow of a table matches is dropped there. A flow that matches, sets or goes to what its table does not
declare is refused when it is built, and so is a program in which two flows have the same table, priority and match.
"""

NUMBERS = """\
## Numbers

**Metadata.** A network's number is the code of its segment in bits 32 to 39 and its key in bits 0 to 31. A decapsulated
frame whose network is not known yet has the code of its encapsulation in bits 40 to 47.

| what | metadata |
| --- | --- |
{metadata}

**Cookie.** The first byte is {mark:#04x} and marks a flow as ours. The next bit is set for flows of table 0. The other
55 are a hash of all that the switch is told about the flow (table, priority, match, time-out, instructions), so equal
flows have equal cookies, on every switch and after every restart. Flows with another first byte are somebody else's and
are never touched.

**Groups** {first_group:#x} to {last_group:#x} and **meters** {first_meter:#x} to {last_meter:#x} are ours; all others
are left alone. A group is the next hop towards one switch, or, from {first_tree:#x} on, the branches of a tree under a
mark, and keeps its number while paths change. The first meter limits announcements to {announcements} a second, the
second probes to {probes}, the last one the underlay's probes to {underlay}, each other one the copies of unknown
senders' frames from an interface to {copies} a second.
"""

EXAMPLE = """\
## An example, flow by flow

The switch `hv1` has links on interfaces 1 and 5, the VXLAN tunnel interface on 10, and four ports: `blue/web1`
(interface 2), `blue/trunk1` (interface 4, where the network has tag 7) and `blue/web3` (interface 6, blocked as it is
looped outside) on `blue/web`, which is VLAN 96; and `red/db1` (interface 3), whose addresses are learned and which sent
too many forged probes, on `red/db`, which is VXLAN 70000 and passes LLDP. Both tenants use the same MACs. The network
on VLAN 96 has a port on switch `leaf1`, too. Of the trees only the one that it floods along is shown, and of the next
hops only those of its plane. Each flow stands under what it is for, in the form that `ovs-ofctl` reads.
"""


def render() -> str:
    """The page."""
    flows = sorted(example_flows(), key=lambda flow: (flow.table, -flow.priority))
    parts = [
        INTRODUCTION.format(about=_dedented(pipeline.__doc__ or "")),
        *(_table(table, [flow for flow in flows if flow.table == table.id]) for table in PIPELINE),
        _numbers(),
        EXAMPLE,
        *(_dump(table, [flow for flow in flows if flow.table == table.id]) for table in PIPELINE),
        _groups_and_meters(),
    ]
    return "\n".join(parts)


def example_flows() -> Iterator[Flow]:
    """All flows of the example."""
    for app in SWITCH_APPS:
        yield from app.switch_flows(SWITCH)
    yield from trees.flows(TREES)
    for unit in (WEB, DB):
        for app in NETWORK_APPS:
            yield from app.network_flows(unit)


def example_groups() -> Iterator[Group]:
    """All groups of the example."""
    yield from vlan.switch_groups(SWITCH)
    yield from trees.groups(TREES)


def _dedented(text: str) -> str:
    """A module's docstring, whose first line names the module, as paragraphs and blocks of the page."""
    return text.partition("\n")[2].strip("\n")


def _table(table: Table, flows: Iterable[Flow]) -> str:
    lines = [
        f"## Table {table.id}: {table.name}\n",
        f"{table.purpose}\n",
        f"* matches: {_names(table.matches)}",
        f"* sets: {_names(table.sets)}",
        f"* may go to: {', '.join(f'`{name}`' for name in sorted(table.next)) or 'nowhere, it is the last'}\n",
        "| priority | kinds | in the example below |",
        "| ---: | --- | --- |",
    ]
    for priority in sorted(set(table.priorities.values()), reverse=True):
        kinds = ", ".join(f"`{kind}`" for kind, its in sorted(table.priorities.items()) if its == priority)
        notes = dict.fromkeys(f"{flow.reason.app}: {flow.reason.note}" for flow in flows if flow.priority == priority)
        lines.append(f"| {priority} | {kinds} | {'; '.join(notes) or 'none'} |")
    return "\n".join(lines) + "\n"


def _names(fields: Iterable[Field]) -> str:
    return ", ".join(f"`{each.name}`" for each in sorted(fields, key=lambda each: each.rank)) or "nothing"


def _numbers() -> str:
    metadata = [f"| {segment} | `{network_number(segment):#x}` |" for segment in (WEB.segment, DB.segment)]
    metadata += [
        f"| out of a {segment.value} tunnel | `{encapsulation_number(segment):#x}` |"
        for segment in SEGMENT_CODE
        if segment.is_overlay
    ]
    return NUMBERS.format(
        metadata="\n".join(metadata),
        mark=COOKIE_MARK,
        first_tree=trees.FIRST_GROUPS[0],
        first_group=OUR_GROUPS[0],
        last_group=OUR_GROUPS[-1],
        first_meter=OUR_METERS[0],
        last_meter=OUR_METERS[-1],
        announcements=discovery.RATE,
        copies=learning.RATE,
        probes=loop_guard.RATE,
        underlay=underlay.RATE,
    )


def _dump(table: Table, flows: Iterable[Flow]) -> str:
    lines = [f"### {table.name}\n", "```"]
    for flow in flows:
        lines += [f"# {flow.reason}", flow_text(flow, cookie_of(flow))]
    return "\n".join([*lines, "```"]) + "\n"


def _groups_and_meters() -> str:
    lines = ["### Groups and meters\n", "```"]
    for group in example_groups():
        lines += [f"# {group.reason}", group_text(group)]
    meters = [meter for app in (discovery, loop_guard, underlay) for meter in app.switch_meters(SWITCH)]
    for meter in (*meters, *learning.network_meters(WEB), *learning.network_meters(DB)):
        lines += [f"# {meter.reason}", meter_text(meter)]
    return "\n".join([*lines, "```"]) + "\n"


if __name__ == "__main__":
    sys.stdout.write(render())
