"""What an examination found, in plain words and as plain values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from controller.verify.borders import Border
from controller.verify.journeys import Leak
from controller.verify.search import Breach
from controller.verify.solving import frame_text
from controller.verify.verifier import Examined


@dataclass(frozen=True, slots=True)
class Finding:
    """A frame that leaves a switch where it should not, and how far it gets."""

    breach: Breach
    leak: Leak | None
    """Its way from port to port, if one was found."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The examination of an installation."""

    networks: int
    examined: tuple[Examined, ...]
    findings: tuple[Finding, ...]
    seconds: float
    not_examined: tuple[str, ...] = ()
    """Switches of the configuration whose tables were not looked at."""

    @property
    def is_proved(self) -> bool:
        """Whether the switches that were examined keep all networks apart."""
        return not self.findings

    @property
    def is_leaking(self) -> bool:
        """Whether a frame was found that leaves where it should not; otherwise it may be that something is unknown."""
        return any(finding.breach.left is not None for finding in self.findings)

    def lines(self, borders: Mapping[str, Border]) -> Iterator[str]:
        """In plain words."""
        for finding in self.findings:
            yield from _finding_lines(finding, borders)
            yield ""
        yield self._summary()
        counts = {
            "switches": len(self.examined),
            "networks": self.networks,
            "ports": sum(one.ports for one in self.examined),
            "tables": sum(one.tables for one in self.examined),
            "flows": sum(one.flows for one in self.examined),
            "classes of frames": sum(one.classes for one in self.examined),
        }
        listed = ", ".join(f"{number:,} {what}" for what, number in counts.items())
        yield f"Examined: {listed}, in {self.seconds:.2f} s."
        if self.not_examined:
            yield f"Not examined: {', '.join(self.not_examined)}."

    def plain(self, borders: Mapping[str, Border]) -> dict[str, Any]:
        """As values that JSON can carry."""
        return {
            "proved": self.is_proved,
            "networks": self.networks,
            "seconds": round(self.seconds, 4),
            "switches": {
                one.switch: {
                    "ports": one.ports,
                    "tables": one.tables,
                    "flows": one.flows,
                    "classes": one.classes,
                    "breaches": len(one.breaches),
                }
                for one in self.examined
            },
            "not_examined": list(self.not_examined),
            "findings": [_finding_plain(finding, borders) for finding in self.findings],
        }

    def _summary(self) -> str:
        if self.is_proved:
            return "Proved: what enters on a port of a network leaves on ports of that network only."
        number = len(self.findings)
        return (
            f"Not proved: {number} {'flow lets' if number == 1 else 'flows let'} frames out where they should not be."
        )


def _finding_lines(finding: Finding, borders: Mapping[str, Border]) -> Iterator[str]:
    breach = finding.breach
    border = borders[breach.switch]
    yield _headline(breach, border)
    yield f"  enters {border.name(breach.entered)}: {frame_text(breach.packet)}"
    for rule in breach.rules:
        yield f"  {rule.text}"
        yield f"    {rule.flow.reason if rule.flow.reason.app else 'not a flow of Tenantry'}"
    if breach.left is not None and breach.sent is not None:
        yield f"  leaves {border.name(breach.left)}: {frame_text(breach.sent)}"
    if breach.down:
        yield f"  while down: {', '.join(border.name(interface) for interface in sorted(breach.down))}"
    if finding.leak is None:
        yield "  The invariant is broken here; no way from port to port was found."
        return
    yield f"  From port to port, {finding.leak.owner} to {finding.leak.reached}:"
    for hop in finding.leak.hops:
        there = borders[hop.switch]
        yield f"    {hop.switch}: {there.name(hop.entered)} -> {there.name(hop.left)}: {frame_text(hop.sent)}"


def _headline(breach: Breach, border: Border) -> str:
    if breach.left is None:
        what = ", ".join(breach.rules[-1].unknown)
        return f"{breach.switch}: it is not known what becomes of a frame of {breach.owner}: {what}"
    return f"{breach.switch}: a frame of {breach.owner} leaves by {border.name(breach.left)} as one of {breach.reached}"


def _finding_plain(finding: Finding, borders: Mapping[str, Border]) -> dict[str, Any]:
    breach, leak = finding.breach, finding.leak
    border = borders[breach.switch]
    return {
        "what": _headline(breach, border),
        "switch": breach.switch,
        "from": breach.owner,
        "to": breach.reached,
        "entered": border.name(breach.entered),
        "frame": frame_text(breach.packet),
        "flows": [rule.text for rule in breach.rules],
        "left": None if breach.left is None else border.name(breach.left),
        "sent": None if breach.sent is None else frame_text(breach.sent),
        "down": [border.name(interface) for interface in sorted(breach.down)],
        "path": None
        if leak is None
        else [
            {
                "switch": hop.switch,
                "entered": borders[hop.switch].name(hop.entered),
                "left": borders[hop.switch].name(hop.left),
                "sent": frame_text(hop.sent),
            }
            for hop in leak.hops
        ],
    }
