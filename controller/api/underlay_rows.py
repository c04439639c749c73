"""Rows about what is wrong with the underlay. Written like `controller.api.tenant_rows`."""

from __future__ import annotations

from collections.abc import Iterator

from controller.api.filters import BySwitch
from controller.api.rows import Trouble
from controller.core import Core
from controller.intent.model import Segment


def troubles(core: Core, filters: BySwitch) -> Iterator[tuple[str, Trouble]]:
    """Endpoints that are out of reach, and ways between endpoints that are broken or narrow, by switch."""
    for cursor, row in sorted(_troubles(core)):
        if cursor > (filters.after or "") and filters.switch in (None, row["switch"], row["to"]):
            yield cursor, Trouble.model_validate(row)


def out_of_reach(core: Core, switch: str) -> list[str]:
    """The encapsulations by which a switch's endpoint is out of reach."""
    return sorted(goal.segment.value for goal in core.situation.unreached if goal.switch == switch)


def _troubles(core: Core) -> Iterator[tuple[str, dict[str, str | int | None]]]:
    for goal in core.situation.unreached:
        yield _trouble(goal.switch, None, goal.segment, "out of reach", None)
    for path in core.paths.broken:
        yield _trouble(path.source, path.destination, path.segment, "broken", 0)
    for path, most in core.paths.narrow.items():
        yield _trouble(path.source, path.destination, path.segment, "narrow", most)


def _trouble(
    switch: str, to: str | None, segment: Segment, state: str, passes: int | None
) -> tuple[str, dict[str, str | int | None]]:
    row = {"switch": switch, "to": to, "encapsulation": segment.value, "state": state, "passes": passes}
    return f"{switch} {to or ''} {segment.value}", row
