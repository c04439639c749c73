"""`tenantry why --live`: whether switches do what was computed.

For each switch on the computed way the frame is taken as it would enter there. What the switch holds is read
(`controller.southbound.look`), and the interpreter says what becomes of the frame in that. A bridge of this machine is
also asked itself, by `ofproto/trace` (`controller.northbound.trace`). Compared are the flows that decide, by their
cookies, and the interfaces by which something leaves. Nothing is sent or changed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from ipaddress import ip_address
from pathlib import Path
from typing import Any, TypeAlias

from apps.pipeline import PIPELINE
from controller.dataplane.flow import Program
from controller.dataplane.interpreter import Interpreter
from controller.dataplane.packet import Packet, Tunnel
from controller.northbound.trace import Traced, trace
from controller.northbound.why_text import steps_by_hop
from controller.southbound.look import Looked, LookError, look
from controller.verify.rules import Rule, holding_of_held
from controller.why.frames import packet_in

Item: TypeAlias = Mapping[str, Any]

RUN = "/run/openvswitch"
MANAGEMENT = ".mgmt"
NUMBERS = {table.name: table.id for table in PIPELINE}
HELD, TRACED = "what it holds", "ofproto/trace"


@dataclass(frozen=True, slots=True)
class Live:
    """What was compared, and found."""

    compared: Mapping[str, tuple[str, ...]]
    """By switch: how."""
    missing: tuple[str, ...]
    """Switches on the way that were not looked at."""
    differences: tuple[str, ...]

    def lines(self) -> Iterator[str]:
        """For people."""
        for one in self.differences:
            yield f"differs: {one}"
        if self.compared and not self.differences:
            yield f"live: as computed on {', '.join(self.compared)}"
        if self.missing:
            yield f"live: not compared: {', '.join(self.missing)}"

    def plain(self) -> dict[str, Any]:
        """As values that JSON can carry."""
        how = {switch: list(ways) for switch, ways in self.compared.items()}
        return {"compared": how, "not_compared": list(self.missing), "differences": list(self.differences)}


def local_switches() -> list[str]:
    """Where the bridges of this machine's Open vSwitch are looked at."""
    run = Path(os.environ.get("OVS_RUNDIR", RUN))
    return [f"unix:{path}" for path in sorted(run.glob(f"*{MANAGEMENT}"))]


def compare(answer: Item, addresses: Sequence[str]) -> Live:
    """Compare an answer with the switches at these addresses. Raises LookError."""
    if not addresses:
        raise LookError("no Open vSwitch runs on this machine; name switches by --switch")
    looked = {f"{found.dpid:016x}": (address, found) for address in addresses for found in [look(address)]}
    compared: dict[str, tuple[str, ...]] = {}
    differences: list[str] = []
    for hop, steps in zip(answer["hops"], steps_by_hop(answer["steps"]), strict=True):
        if hop["dpid"] in looked:
            address, found = looked[hop["dpid"]]
            computed = Traced(
                tuple(_decided(step) for step in steps), tuple(sorted({one["number"] for one in hop["sends"]}))
            )
            ways = {HELD: _in_held(found, hop), TRACED: _in_bridge(address, hop)}
            compared[hop["switch"]] = tuple(how for how, real in ways.items() if real)
            for how, real in ways.items():
                differences += _differences(f"{hop['switch']}, {how}", computed, real, steps) if real else ()
    missing = tuple(dict.fromkeys(hop["switch"] for hop in answer["hops"] if hop["switch"] not in compared))
    return Live(compared, missing, tuple(dict.fromkeys(differences)))


def _decided(step: Item) -> tuple[int, int | None]:
    return NUMBERS[step["table"]], None if step["cookie"] is None else int(step["cookie"], 16)


def _in_held(found: Looked, hop: Item) -> Traced:
    """What becomes of the frame in what a switch holds."""
    holding = holding_of_held(found.flows, found.groups, Program())
    # One that matches more than is modelled may not take the frame.
    rules: dict[int, Rule] = {id(rule.flow): rule for rule in holding.rules if not rule.more_criteria}
    program = Program({number: rule.flow for number, rule in enumerate(rules.values())}, holding.groups)
    down = {one.number for one in found.interfaces if not one.up}
    outcome = Interpreter(program, lambda interface: interface not in down).run(_packet(hop), hop["number"])
    decided = [(step.table, rules[id(step.flow)].cookie if step.flow else None) for step in outcome.steps]
    return Traced(tuple(decided), tuple(sorted({number for number, _ in outcome.emitted})))


def _packet(hop: Item) -> Packet:
    packet = packet_in(bytes.fromhex(hop["frame"]))
    tunnel = hop["tunnel"]
    return replace(packet, tunnel=Tunnel(tunnel["id"], ip_address(tunnel["source"]), None)) if tunnel else packet


def _in_bridge(address: str, hop: Item) -> Traced | None:
    """What the bridge says itself; None for one that is not on this machine."""
    kind, _, path = address.partition(":")
    if kind != "unix" or not path.endswith(MANAGEMENT):
        return None
    return trace(Path(path).parent, Path(path).name.removesuffix(MANAGEMENT), hop)


def _differences(where: str, computed: Traced, real: Traced, steps: Sequence[Item]) -> Iterator[str]:
    for number, (here, step) in enumerate(zip(computed.decided, steps, strict=True)):
        there = real.decided[number] if number < len(real.decided) else None
        if here != there:
            yield f"{where}: {_flow(there)} decides, and not {_flow(here)} ({step['reason']})"
            return
    if len(real.decided) > len(computed.decided):
        yield f"{where}: goes on to {_flow(real.decided[len(computed.decided)])}"
    elif real.sends is not None and computed.sends != real.sends:
        yield f"{where}: sends to interfaces {_listed(real.sends)}, and not to {_listed(computed.sends or ())}"


def _flow(decided: tuple[int, int | None] | None) -> str:
    if decided is None:
        return "no further table"
    table, cookie = decided
    return f"no flow of table {table}" if cookie is None else f"flow {cookie:#x} of table {table}"


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers)) or "none"
