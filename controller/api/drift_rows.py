"""Rows about what switches hold beyond or short of what they should."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Literal

from controller.api.fabric_rows import BadCursor
from controller.api.filters import Filters
from controller.api.rows import Row
from controller.core import Core
from controller.dataplane.flow import Reason
from controller.southbound.drift import Drift

MOST_REASONS = 1000
"""For each switch and kind of difference; the rest is in one row."""

What = Literal["missing", "changed", "too many", "other"]
Kind = Literal["flow", "group", "meter"]


class DriftRow(Row):
    """In what a switch differs; or that it does not, or could not be compared."""

    switch: str
    state: Literal["as it should be", "changed", "not compared"]
    what: What | None
    """`too many` has Tenantry's mark and is none of its flows; `other` is changed, missing or too many."""
    kind: Kind | None
    count: int
    number: int | None
    """Of a group or meter."""
    app: str | None
    """Which part of Tenantry wants it; null where that is not known."""
    note: str | None
    """What it is for, or why the switch was not compared."""
    network: str | None
    port: str | None


def drift_rows(
    core: Core, found: Mapping[str, Drift], obstacles: Mapping[str, str], filters: Filters
) -> Iterator[tuple[str, DriftRow]]:
    """Switches by name; with a tenant or network only what concerns its networks. Raises BadCursor."""
    number, last = 0, _number(filters.after)
    for switch in sorted(found.keys() | obstacles.keys()):
        if filters.switch not in (None, switch):
            continue
        rows = _of_switch(core, switch, found[switch]) if switch in found else iter([_unknown(switch, obstacles)])
        for row in rows:
            if _is_asked_for(row, filters):
                number += 1
                if number > last:
                    yield str(number), row


def _number(cursor: str | None) -> int:
    if cursor is not None and not re.fullmatch(r"[0-9]{1,9}", cursor):
        raise BadCursor("is not the `next` of a page")
    return int(cursor or 0)


def _is_asked_for(row: DriftRow, filters: Filters) -> bool:
    if filters.network is None and filters.tenant is None:
        return True
    return row.network is not None and filters.has_network(row.network)


def _unknown(switch: str, obstacles: Mapping[str, str]) -> DriftRow:
    return _row(switch, "not compared", None, None, 0, note=obstacles[switch])


def _of_switch(core: Core, switch: str, drift: Drift) -> Iterator[DriftRow]:
    if not drift:
        yield _row(switch, "as it should be", None, None, 0)
    yield from _flows(switch, "missing", drift.missing)
    yield from _flows(switch, "changed", drift.altered)
    if drift.extra:
        yield _row(switch, "changed", "too many", "flow", drift.extra)
    shares = core.compiler.shares(switch)
    groups = {group.id: group.reason for share in shares for group in share.groups}
    meters = {meter.id: meter.reason for share in shares for meter in share.meters}
    for number in drift.groups:
        yield _row(switch, "changed", "other", "group", 1, number, groups.get(number))
    for number in drift.meters:
        yield _row(switch, "changed", "other", "meter", 1, number, meters.get(number))


def _flows(switch: str, what: What, flows: Mapping[Reason, int]) -> Iterator[DriftRow]:
    ordered = sorted(flows.items(), key=lambda one: (one[0].network, one[0].port, one[0].app, one[0].note))
    for reason, count in ordered[:MOST_REASONS]:
        yield _row(switch, "changed", what, "flow", count, reason=reason)
    if rest := sum(count for _, count in ordered[MOST_REASONS:]):
        yield _row(switch, "changed", what, "flow", rest, note="for other reasons")


def _row(
    switch: str,
    state: Literal["as it should be", "changed", "not compared"],
    what: What | None,
    kind: Kind | None,
    count: int,
    number: int | None = None,
    reason: Reason | None = None,
    note: str | None = None,
) -> DriftRow:
    return DriftRow(
        switch=switch,
        state=state,
        what=what,
        kind=kind,
        count=count,
        number=number,
        app=reason.app if reason else None,
        note=reason.note if reason else note,
        network=(reason.network or None) if reason else None,
        port=(reason.port or None) if reason else None,
    )
