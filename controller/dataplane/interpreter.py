"""The reference interpreter: what a program does with a packet, in plain Python.

It follows OpenFlow 1.3.5, section 5: the flow of highest priority that matches decides; its actions are applied in
order, each output sending the packet as it is at that moment; a group works on a copy; then the next table. There is
no attempt at speed. It is the oracle of the generated tests, and is itself checked against `ovs-appctl ofproto/trace`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from controller.dataplane.flow import (
    Action,
    AllowReturn,
    Bucket,
    Flow,
    GroupKind,
    Match,
    Output,
    PopVlan,
    Program,
    PushVlan,
    SetField,
    ToController,
    ToGroup,
)
from controller.dataplane.packet import Packet


@dataclass(frozen=True, slots=True)
class Step:
    """One table that the packet passed, and the flow that decided there (None: no flow matched, dropped)."""

    table: int
    flow: Flow | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a packet in one switch."""

    emitted: tuple[tuple[int, Packet], ...]
    """(interface number, packet as sent)."""
    copies: tuple[Flow, ...]
    """Flows that sent a copy to the controller."""
    steps: tuple[Step, ...]


class Interpreter:
    """Runs packets through one program."""

    def __init__(self, program: Program, is_up: Callable[[int], bool] = lambda interface: True) -> None:
        self.program = program
        self._is_up = is_up
        self._tables: dict[int, list[Flow]] = {}
        for flow in sorted(program.flows.values(), key=lambda flow: -flow.priority):
            self._tables.setdefault(flow.table, []).append(flow)

    def run(self, packet: Packet, in_port: int) -> Outcome:
        """Let a packet enter by interface number `in_port`."""
        packet = packet.arriving(in_port)
        emitted: list[tuple[int, Packet]] = []
        copies: list[Flow] = []
        steps: list[Step] = []
        table: int | None = 0
        while table is not None:
            flow = self._decide(table, packet)
            steps.append(Step(table, flow))
            if flow is None:
                break
            copies += [flow for action in flow.actions if isinstance(action, ToController)]
            packet = self._apply(flow.actions, packet, emitted)
            if flow.metadata is not None:
                kept = packet.metadata & ~flow.metadata_mask
                packet = replace(packet, metadata=kept | flow.metadata & flow.metadata_mask)
            table = flow.goto
        return Outcome(tuple(emitted), tuple(copies), tuple(steps))

    def _decide(self, table: int, packet: Packet) -> Flow | None:
        return next((flow for flow in self._tables.get(table, ()) if matches(flow.match, packet)), None)

    def _apply(self, actions: Iterable[Action], packet: Packet, emitted: list[tuple[int, Packet]]) -> Packet:
        for action in actions:
            match action:
                case Output(port):
                    if port != packet.in_port:
                        emitted.append((port, packet))
                case SetField(field, value):
                    packet = packet.write(field, value)
                case PushVlan():
                    packet = packet.push()
                case PopVlan():
                    packet = packet.pop()
                case AllowReturn():
                    packet = replace(packet, in_port=0)
                case ToGroup(group):
                    for bucket in self._chosen(group):
                        self._apply(bucket.actions, packet, emitted)
                case ToController():
                    pass
        return packet

    def _chosen(self, number: int) -> tuple[Bucket, ...]:
        group = self.program.groups.get(number)
        if group is None:
            return ()  # It drops, as an empty one does.
        if group.kind is GroupKind.ALL:
            return group.buckets
        live = [b for b in group.buckets if b.watch_port is None or self._is_up(b.watch_port)]
        return tuple(live[:1])


def matches(match: Match, packet: Packet) -> bool:
    """Whether a packet meets every criterion of a match."""
    return all(packet.read(field) & (field.all_ones if mask is None else mask) == value for field, value, mask in match)
