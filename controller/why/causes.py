"""What stopped a frame, in the operator's names: all that is wrong between two sides, what matters most first.

What became of the frame is not decided here: that says the programs (`controller.why.trip`). Here facts are looked at
which an operator can change: what was asked for, what is there, and the flow that ended it.
"""

from __future__ import annotations

from collections.abc import Iterator

from apps import forwarding, learning
from apps.pipeline import CLASSIFY, DESTINATION, PIPELINE, SOURCE
from controller.dataplane.fields import mac_text
from controller.dataplane.flow import ToGroup
from controller.dataplane.interpreter import Step
from controller.fabric.model import End, Link
from controller.fabric.outside_loops import Attachment
from controller.intent.model import IpAddress, Port, Segment
from controller.why.snapshot import Snapshot
from controller.why.trip import Side, Trip

MOST_MACS = 3
TABLES = {table.id: table.name for table in PIPELINE}


def causes(known: Snapshot, trip: Trip) -> list[str]:
    """Why a frame did not get to whom it is for; at least one, each once."""
    sender, receiver = trip.sender, trip.receiver
    found = [*_networks(trip), *_side(known, sender), *_frame(known, trip), *_side(known, receiver)]
    if sender.network == receiver.network and sender.port and receiver.port:
        found += _way(known, sender, receiver)
    found += _elsewhere(known, trip)
    if not found or trip.is_circling:
        found.append(_end(known, trip))
    return list(dict.fromkeys(found))


def _networks(trip: Trip) -> Iterator[str]:
    """They have no network in common."""
    here, there = trip.sender, trip.receiver
    if here.port and there.port and not set(here.port.networks) & set(there.port.networks):
        yield f"different networks ({_listed(here.port)} and {_listed(there.port)})"
    elif here.network and there.network and here.network != there.network:
        yield f"the frame's tag is that of {here.network}, which {there.port.id if there.port else 'it'} is not on"


def _side(known: Snapshot, side: Side) -> Iterator[str]:
    """What is wrong where one of them is."""
    port = side.port
    if side.network and side.network not in known.keys:
        yield f"network {side.network} has no key"
    if port is None or port.switch is None:
        if port and port.iface_id:
            yield f"no hypervisor has an interface with the iface_id of {port.id}, {port.iface_id}"
        return
    view = known.fabric.switches.get(port.switch)
    interface = view.interfaces.get(port.interface or "") if view else None
    if view is None:
        yield f"switch {port.switch} of {port.id} has never connected"
    elif interface is None:
        yield f"switch {view.name} has no interface {port.interface}, which {port.id} is on"
    elif not interface.up:
        yield f"interface {interface.name} of {view.name} is down, which {port.id} is on"
    if side.network and Attachment(side.network, port.id) in known.blocked:
        yield f"{port.id} is blocked on {side.network}, as it is looped outside"
    if side.network and (port.switch, side.network) in known.off:
        yield f"switch {port.switch} refused network {side.network}, so it is off there"


def _frame(known: Snapshot, trip: Trip) -> Iterator[str]:
    """The frame is one that its sender may not send."""
    port, end = trip.sender.port, trip.visits[0].outcome.steps[-1] if trip.visits else None
    if port is None or end is None or trip.visits[0].exits:
        return
    flow, source = end.flow, mac_text(trip.packet.eth_src)
    allowed: list[int | None] = [tag for tag, _ in port.trunk] or [None]
    if end.table == CLASSIFY.id and next(iter(trip.packet.tags), None) not in allowed:
        yield _wrong_tag(port, trip.packet.tags)
    elif end.table == SOURCE.id and flow is None:
        macs = known.macs(trip.sender.network or "", port)
        yield f"forged source: {port.id} may send from {_macs(macs)} only, not from {source}"
    elif flow and flow.reason.app == learning.APP:
        yield f"forged source: {source} is a group address, from which nobody may send"
    elif end.table == DESTINATION.id and flow and flow.reason.app == forwarding.APP:
        yield f"no network carries such frames: {flow.reason.note}"


def _wrong_tag(port: Port, tags: tuple[int, ...]) -> str:
    carried = f"has tag {', '.join(map(str, tags))}" if tags else "has no tag"
    if not port.trunk:
        return f"the frame {carried}, and {port.id} is no trunk port"
    allowed = " or ".join(str(tag) for tag, _ in port.trunk)
    return f"the frame {carried}, and frames of trunk port {port.id} have tag {allowed}"


def _way(known: Snapshot, sender: Side, receiver: Side) -> Iterator[str]:
    """There is no way from the one's switch to the other's."""
    here, there = sender.port, receiver.port
    key = known.keys.get(sender.network or "")
    if here is None or there is None or key is None or (here.switch and here.switch == there.switch):
        return
    if key.segment is Segment.VLAN:
        if here.switch and there.switch and not known.is_connected(here.switch, there.switch):
            yield f"no path: no links lead from {here.switch} to {there.switch}"
            yield from _links_down(known)
        return
    for switch in filter(None, (here.switch, there.switch)):
        if switch in known.fabric.switches and known.tunnel(switch, key) is None:
            name = known.intent.fabric.switches[switch].tunnels.get(key.segment)
            yield f"switch {switch} has no {key.segment.value} tunnel interface" + (f" {name}" if name else "")
    ends = [_endpoint(known, one) for one in (here, there)]
    for port, end in zip((here, there), ends, strict=True):
        if end is None and port.switch:
            yield f"switch {port.switch} has no tunnel endpoint"
    if ends[0] and ends[1] and ends[0].version != ends[1].version:
        yield f"tunnel endpoints {ends[0]} and {ends[1]} cannot reach each other: IPv4 and IPv6"


def _links_down(known: Snapshot) -> Iterator[str]:
    """Links that the configuration names, and that are not there."""
    for one, other in sorted(known.intent.fabric.links):
        link = Link.between(End(*one), End(*other))
        if link not in known.fabric.links:
            yield f"link {link} is down"


def _elsewhere(known: Snapshot, trip: Trip) -> Iterator[str]:
    """The frame is for somebody else."""
    network, receiver = trip.sender.network, trip.receiver.port
    holder = known.holder(network, trip.packet.eth_dst) if network else None
    if holder and (receiver is None or holder != receiver.id):
        yield f"{mac_text(trip.packet.eth_dst)} is {holder} on {network}"


def _end(known: Snapshot, trip: Trip) -> str:
    """The flow that ended it."""
    if not trip.way:
        return "it does not get into any switch"
    last = trip.way[-1]
    switch, step = last.place[0], last.outcome.steps[-1]
    if trip.is_circling:
        return f"it goes round between {', '.join(dict.fromkeys(visit.place[0] for visit in trip.visits))}"
    for left in last.exits:
        if left.place in known.wiring.down:
            return f"interface {known.interface(left.place)} of {switch} is down"
    groups = known.interpreters[switch].program.groups
    used = [action.group for action in step.flow.actions if isinstance(action, ToGroup)] if step.flow else []
    if used and used[0] in groups and not last.exits:
        return f"no interface of {switch} is up for its {groups[used[0]].reason.note}"
    return f"{switch} drops it in table {TABLES[step.table]}: {reason_of(step)}"


def reason_of(step: Step) -> str:
    """Why a table did what it did."""
    return str(step.flow.reason) if step.flow else "no flow matches"


def _listed(port: Port) -> str:
    return ", ".join(port.networks)


def _macs(macs: list[int]) -> str:
    told = [mac_text(mac) for mac in macs[:MOST_MACS]]
    return " or ".join(told) if len(macs) <= MOST_MACS else f"{', '.join(told)} and others"


def _endpoint(known: Snapshot, port: Port) -> IpAddress | None:
    return port.endpoint or (known.intent.fabric.switches[port.switch].endpoint if port.switch else None)
