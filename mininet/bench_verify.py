"""How long it takes to prove that networks are kept apart: all of them, and one that changed.

Examined are compiled programs, as flows do not depend on who holds them: VXLAN networks with ports on three switches
each, and, as much as there are VLAN IDs, VLAN networks on the same switches, which are leaves of two spines. What is
timed begins with flows and groups as values, and ends with the proof. Nothing is read from a switch.
"""

from __future__ import annotations

import gc
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from bench_report import Figure, note
from controller.core import Core
from controller.fabric.model import End, Interface
from controller.intent.loader import load
from controller.intent.model import Intent, Network, Port, Segment, SegmentKey
from controller.isolation import Isolation
from controller.verification import verify
from controller.verify.rules import holding_of
from installation import Installation
from namespaces import CommandError

NAME = "verify"
SIZES = (1_000, 10_000)
SWITCHES, SPREAD, SPINES = 20, 3, 2
MOST_SECONDS, MOST_MILLISECONDS = 10.0, 50.0
CHANGES = 50
_FIRST_KEY = 4096
_VLANS = range(2, 4002)


def run() -> Iterator[Figure]:
    """Measure; a minute or two."""
    for segment in (Segment.VXLAN, Segment.VLAN):
        for size in SIZES:
            networks = size if segment is Segment.VXLAN else min(size, len(_VLANS))
            yield from measure(segment, networks)


def measure(segment: Segment, networks: int) -> Iterator[Figure]:
    """The figures of one installation."""
    note(f"{networks:,} {segment} networks: compiling")
    core = compiled(segment, networks)
    gc.collect()
    gc.freeze()
    size = f"{networks:,} {segment} networks of {SPREAD} ports over {SWITCHES} switches"
    began = time.perf_counter()
    holdings = {name: holding_of(core.compiler.program(name)) for name in core.fabric.switches}
    made = time.perf_counter()
    verdict, _ = verify(core.situation, holdings, core.fabric.switches, time.perf_counter)
    if not verdict.is_proved:
        raise CommandError(f"{size}: not proved: {verdict.findings[0]}")
    yield Figure(NAME, f"{size}: flows", sum(one.flows for one in verdict.examined), "flows")
    yield Figure(NAME, f"{size}: classes of frames", sum(one.classes for one in verdict.examined), "classes")
    yield Figure(NAME, f"{size}: proved", round(verdict.seconds + made - began, 2), "s", MOST_SECONDS)
    samples = changes(core, segment)
    yield Figure(NAME, f"{size}: one more network, proved, p50", _rounded(statistics.median(samples)), "ms")
    yield Figure(NAME, f"{size}: the same, the longest of {CHANGES}", _rounded(max(samples)), "ms", MOST_MILLISECONDS)


def compiled(segment: Segment, networks: int) -> Core:
    """A core that has compiled all of an installation."""
    installation = Installation(networks, SWITCHES, SPREAD)
    with tempfile.TemporaryDirectory(prefix="tenantry-bench-") as name:
        file = Path(name, "topology.yaml")
        file.write_text(installation.text().replace("segment: vxlan", f"segment: {segment}"))
        intent = load([file]).intent
    if intent is None:
        raise CommandError("the installation is not valid")
    core = Core()
    core.adopt(intent, {name: _key(segment, number) for number, name in enumerate(intent.networks)})
    links = _links(intent) if segment is Segment.VLAN else []
    for name, numbers in zip(list(intent.fabric.switches), installation.interfaces(), strict=True):
        uplinks = [end.interface for link in links for end in link if end.switch == name]
        interfaces = [*numbers, *uplinks, *(f"new{number}" for number in range(CHANGES + 1))]
        core.switch_ready(name, [Interface(one, number) for number, one in enumerate(interfaces, 1)], True, 0.0)
    for one, other in links:
        core.heard(one, other, 0.0)
        core.heard(other, one, 0.0)
    _compile(core)
    return core


def changes(core: Core, segment: Segment) -> list[float]:
    """Milliseconds for each of `CHANGES` networks that are added one after the other."""
    isolation, samples = Isolation(), []
    for number in range(CHANGES + 1):
        intent, key = one_more(core.situation.intent, number, segment), _key(segment, 10**6 + number)
        if segment is Segment.VLAN:
            key = SegmentKey(segment, _VLANS.stop + number)
        core.adopt(intent, {**core.situation.keys, f"more/x{number}": key})
        _compile(core)
        began = time.perf_counter()
        found = isolation.check(core.situation, core.compiler, f"more/x{number}")
        samples.append((time.perf_counter() - began) * 1000)
        if found:
            raise CommandError(f"one more network is not proved: {found[0]}")
    # The first one examines what switches have regardless of networks, too.
    return samples[1:]


def one_more(intent: Intent, number: int, segment: Segment) -> Intent:
    """The intent with one more network, on as many switches as the others."""
    network = Network("more", f"x{number}", segment)
    ports = [
        Port("more", f"x{number}-{at}", network.id, switch=at, interface=f"new{number}")
        for at in list(intent.fabric.switches)[:SPREAD]
    ]
    return replace(
        intent,
        networks={**intent.networks, network.id: network},
        ports={**intent.ports, **{port.id: port for port in ports}},
    )


def _links(intent: Intent) -> list[tuple[End, End]]:
    """Every switch wired to the first two."""
    names = list(intent.fabric.switches)
    return [(End(spine, f"to-{leaf}"), End(leaf, f"to-{spine}")) for spine in names[:SPINES] for leaf in names[SPINES:]]


def _key(segment: Segment, number: int) -> SegmentKey:
    return SegmentKey(segment, number + (_VLANS.start if segment is Segment.VLAN else _FIRST_KEY))


def _compile(core: Core) -> None:
    core.changes()
    while core.confirmed(core.connected_switches()):
        core.changes()


def _rounded(milliseconds: float) -> float:
    return round(milliseconds, 2)
