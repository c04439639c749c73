"""The outcome of an audit of all switches in plain words, and as text that one process leaves for another."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass

from controller.dataplane.flow import Reason
from controller.southbound.drift import Drift


@dataclass(frozen=True, slots=True)
class SwitchReport:
    """One switch."""

    switch: str
    obstacle: str = ""
    """Why it was not compared; empty if it was."""
    findings: tuple[str, ...] = ()
    """In what it differed."""
    is_repaired: bool = True

    @property
    def is_equal(self) -> bool:
        """Whether it was found as it should be."""
        return not self.obstacle and not self.findings


@dataclass(frozen=True, slots=True)
class AuditReport:
    """All switches of the configuration."""

    pid: int
    """Whose it is."""
    began: float
    """When the audit began, in seconds of the machine's monotonic clock."""
    switches: tuple[SwitchReport, ...]

    @property
    def is_equal(self) -> bool:
        """Whether all were found as they should be."""
        return all(one.is_equal for one in self.switches)

    def lines(self) -> Iterator[str]:
        """In plain words."""
        for one in self.switches:
            if one.obstacle:
                yield f"{one.switch}: not compared: {one.obstacle}"
            elif one.findings:
                outcome = "repaired" if one.is_repaired else "not repaired yet; the daemon's log says why"
                yield f"{one.switch}: changed by somebody else; {outcome}"
                yield from (f"  {finding}" for finding in one.findings)
            else:
                yield f"{one.switch}: as it should be"


def findings_of(drift: Drift) -> tuple[str, ...]:
    """What was found on one switch, a line for each network."""
    found = [f"{_flows(number)} of {owner} missing" for owner, number in _by_owner(drift.missing)]
    found += [f"{_flows(number)} of {owner} changed" for owner, number in _by_owner(drift.altered)]
    found += [f"{_flows(drift.extra)} with Tenantry's mark too many"] if drift.extra else []
    for kind, numbers in (("group", drift.groups), ("meter", drift.meters)):
        found += [f"{kind} {number} changed, missing or too many" for number in numbers]
    return tuple(found)


def _by_owner(flows: Mapping[Reason, int]) -> list[tuple[str, int]]:
    owners: Counter[str] = Counter()
    for reason, number in flows.items():
        owners[f"network {reason.network}" if reason.network else "the switch itself"] += number
    return sorted(owners.items())


def to_text(report: AuditReport) -> str:
    """The report as text."""
    return json.dumps(asdict(report))


def from_text(text: str) -> AuditReport:
    """The report in a text. Raises ValueError for any other text."""
    try:
        plain = json.loads(text)
        switches = tuple(SwitchReport(**{**one, "findings": tuple(one["findings"])}) for one in plain["switches"])
        return AuditReport(plain["pid"], plain["began"], switches)
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a report: {error}") from None


def _flows(number: int) -> str:
    return f"{number} flow{'' if number == 1 else 's'}"
