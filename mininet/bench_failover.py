"""What guests lose when a link fails or returns, with the daemon and beside it with Open vSwitch's own RSTP.

Real bridges in several shapes (`shapes`); a frame each millisecond goes in each direction between two guests, and the
wires on their way are cut and mended in turn (`failover_trials`, `cuts`). The daemon does it once with one VLAN network
on the fabric and once with many, then the same bridges do it alone (`failover_sides`).

`peer` is RSTP. A loss is the time, in ms, during which no frame of one direction arrived; both directions of all cuts
are samples, and p99 is the nearest rank, so the largest of fewer than a hundred.
"""

from __future__ import annotations

import math
import statistics
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from bench_report import Figure, note
from cuts import Cut
from failover_sides import Rstp, Tenantry
from failover_trials import Outcome, run_trials
from lab import Lab, load_topology
from namespaces import CommandError
from shapes import SHAPES, Shape

NAME = "failover"
MANY = 2000
TIMES: Mapping[Cut, int] = {Cut.DOWN: 8, Cut.SILENT: 3}
QUICK: Mapping[Cut, int] = {Cut.DOWN: 3, Cut.SILENT: 1}
"""How often wires are cut in each way, of each shape, by either side."""


def run(shapes: Collection[str] = tuple(SHAPES), *, is_quick: bool = False) -> Iterator[Figure]:
    """Measure; about a quarter of an hour, or four minutes when quick."""
    for name in shapes:
        yield from measure(SHAPES[name], MANY, QUICK if is_quick else TIMES)


def measure(shape: Shape, many: int, times: Mapping[Cut, int]) -> Iterator[Figure]:
    """The figures of one shape, with one network and with `many`."""
    with tempfile.TemporaryDirectory(prefix="tenantry-bench-") as name:
        ours: dict[int, list[Outcome]] = {}
        side = Tenantry(shape, Path(name))
        lab = Lab(*load_topology([side.document]), port=side.daemon.port, socket=side.daemon.socket)
        side.daemon.mark = lab.mark
        with lab:
            with side:
                note(f"{shape.name}: 1 network")
                side.find_links()
                ours[1] = run_trials(lab, side, times)
                note(f"{shape.name}: {many:,} networks")
                side.carry(lab, many)
                ours[many] = run_trials(lab, side, times)
            note(f"{shape.name}: RSTP")
            theirs = _beside(lab, shape, times)
    for how in times:
        for networks, outcomes in ours.items():
            case = f"{shape.name}, {networks:,} network{'s' * (networks > 1)}, {how.value}"
            yield from figures(case, _of(how, outcomes), _of(how, theirs))


def _beside(lab: Lab, shape: Shape, times: Mapping[Cut, int]) -> list[Outcome]:
    """What it is compared with; nothing if that fails, which should not cost our own figures."""
    try:
        return run_trials(lab, Rstp(shape, lab), times)
    except CommandError as error:
        note(f"{shape.name}: RSTP is not compared with: {error}")
        return []


def figures(case: str, ours: Sequence[Outcome], theirs: Sequence[Outcome]) -> Iterator[Figure]:
    """What one kind of cut cost in one situation."""
    for what in ("cut", "return"):
        mine, peers = (_samples(outcomes, what) for outcomes in (ours, theirs))
        beside = (_median(peers), p99(peers)) if peers else (None, None)
        yield Figure(NAME, f"{case}: lost at a {what}, median", _median(mine), "ms", beside[0])
        yield Figure(NAME, f"{case}: lost at a {what}, p99", p99(mine), "ms", beside[1])
    surplus = sum(one.surplus for one in ours)
    beside_surplus = sum(one.surplus for one in theirs) if theirs else None
    yield Figure(
        NAME, f"{case}: frames doubled or astray, in {len(ours)} cuts and returns", surplus, "frames", beside_surplus
    )
    for what, told in (("cut", [one.told_at_cut for one in ours]), ("return", [one.told_at_mend for one in ours])):
        yield Figure(NAME, f"{case}: messages that change switches at a {what}, median", _median(told), "messages")


def p99(samples: Sequence[float]) -> float:
    """The smallest sample that 99 of 100 do not exceed."""
    return round(sorted(samples)[math.ceil(0.99 * len(samples)) - 1], 1)


def _of(how: Cut, outcomes: Sequence[Outcome]) -> list[Outcome]:
    return [one for one in outcomes if one.how is how]


def _samples(outcomes: Sequence[Outcome], what: str) -> list[float]:
    return [lost for one in outcomes for lost in (one.lost_at_cut if what == "cut" else one.lost_at_mend)]


def _median(samples: Sequence[float]) -> float:
    return round(statistics.median(samples), 1)
