"""Putting shares together into the program of one switch.

Apps hand over flows, groups and meters; here they get their cookies and are checked against each other: two different
flows for the same table, priority and match would make the outcome depend on which came last, so that is refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from controller.dataplane.encoder import cookie_of
from controller.dataplane.flow import Flow, Group, Match, Meter, PipelineError, Program


@dataclass(frozen=True, slots=True)
class Share:
    """What one unit of compilation contributes to a program."""

    contents: tuple[Flow, ...] = ()
    groups: tuple[Group, ...] = ()
    meters: tuple[Meter, ...] = ()

    @property
    def flows(self) -> dict[int, Flow]:
        """Its flows by cookie, made when asked for: there are many shares, and each is looked at once or twice."""
        return {flow.cookie or cookie_of(flow): flow for flow in self.contents}


EMPTY_SHARE = Share()


def share_of(flows: Iterable[Flow], groups: Iterable[Group] = (), meters: Iterable[Meter] = ()) -> Share:
    """A share of these flows, groups and meters."""
    return Share(tuple(flows), tuple(groups), tuple(meters))


def assemble(shares: Iterable[Share]) -> Program:
    """The program made of all shares.

    Raises:
        PipelineError: when two flows contend for one table, priority and match, or two groups or meters for one number.
    """
    flows: dict[int, Flow] = {}
    groups: dict[int, Group] = {}
    meters: dict[int, Meter] = {}
    for share in shares:
        flows.update(share.flows)
        for group in share.groups:
            if groups.setdefault(group.id, group) != group:
                raise PipelineError(f"two groups have number {group.id}: {groups[group.id].reason} and {group.reason}")
        for meter in share.meters:
            if meters.setdefault(meter.id, meter) != meter:
                raise PipelineError(f"two meters have number {meter.id}: {meters[meter.id].reason} and {meter.reason}")
    _refuse_contenders(flows)
    return Program(flows, groups, meters)


def _refuse_contenders(flows: dict[int, Flow]) -> None:
    owners: dict[tuple[int, int, Match], Flow] = {}
    for flow in flows.values():
        other = owners.setdefault((flow.table, flow.priority, flow.match), flow)
        if other is not flow:
            raise PipelineError(
                f"two flows of table {flow.table}, priority {flow.priority} match the same packets: "
                f"{other.reason} and {flow.reason}"
            )
