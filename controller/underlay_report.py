"""What is said about the underlay: endpoints out of reach, ways that are broken, and packets that do not pass.

Each is named once when it is found, and once when it is over.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Sized
from itertools import groupby
from operator import attrgetter

from controller.core import Core
from controller.event_log import EventKind
from controller.fabric.damping import Hold
from controller.fabric.reachability import Goal
from controller.fabric.underlay_paths import Path
from controller.intent.model import OVERLAYS, Fabric, Segment, Switch
from controller.intent.mtu import guest_mtu
from controller.southbound.bounded_log import BoundedLog
from controller.southbound.statistics import Statistics
from controller.underlay_plan import networks_between

log = logging.getLogger(__name__)

MOST_NAMES = 5
"""Networks that one line names."""


BOTH_WAYS = "the endpoints of %s and %s do not reach each other over %s%s"
ONE_WAY = "the endpoint of %s does not reach that of %s over %s; the other way works%s"
NARROW = "packets of more than %d bytes do not pass to the endpoint of %s over %s, and underlay_mtu is %d%s"


class UnderlayReport:
    """Logs and counts."""

    def __init__(self, core: Core, statistics: Statistics) -> None:
        self._core = core
        self._counts = statistics.underlay_faults
        self._faults = BoundedLog(log)
        self._held: frozenset[Goal] = frozenset()

    def reach(self, lost: Mapping[Goal, Sequence[Segment]], back: Iterable[Goal]) -> None:
        """Endpoints are out of reach from now on, or not any more; where they are in reach is given with each."""
        for switch, goals in groupby(sorted(lost), attrgetter("switch")):
            here = list(goals)
            self._counts["out of reach"] += len(here)
            elsewhere = set().union(*(lost[goal] for goal in here))
            also = f"; over {_names(elsewhere)} it is in reach" if elsewhere else ""
            names = {"switch": switch, "event": EventKind.ENDPOINT_LOST}
            log.warning("out of reach over %s%s", _names(goal.segment for goal in here), also, extra=names)
        for switch, goals in groupby(sorted(back), attrgetter("switch")):
            here = list(goals)
            self._counts["in reach"] += len(here)
            names = {"switch": switch, "event": EventKind.ENDPOINT_BACK}
            log.info("in reach again over %s", _names(goal.segment for goal in here), extra=names)

    def held(self, holds: Mapping[Goal, Hold[Goal]]) -> None:
        """Endpoints that are back, and held out of use."""
        for goal in sorted(holds.keys() - self._held):
            text = "in reach again over %s, and not used for %.0f s, as it keeps going"
            names = {"switch": goal.switch, "event": EventKind.UNDERLAY_FAULT}
            log.warning(text, goal.segment.value, holds[goal].seconds, extra=names)
        self._held = frozenset(holds)

    def paths(self, broken: Collection[Path], whole: Collection[Path], now: float) -> None:
        """Ways are broken from now on, or whole again."""
        self._count("broken", broken)
        self._count("whole", whole)
        known = self._core.paths.broken
        lines: dict[tuple[str, str, str], list[Path]] = {}
        for path in sorted(broken):
            is_both = path.back in known
            if not (is_both and path.back in broken and path != path.pair):
                lines.setdefault((BOTH_WAYS if is_both else ONE_WAY, *path[:2]), []).append(path)
        for (text, *ends), paths in lines.items():
            names = {"switch": ends[0], "event": EventKind.UNDERLAY_FAULT}
            over = _names(path.segment for path in paths)
            self._faults.warning(now, text, *ends, over, self._elsewhere(paths[0]), **names)
        for ends, back in groupby(sorted(whole), lambda path: path[:2]):
            names = {"switch": ends[0], "event": EventKind.UNDERLAY_MENDED}
            over = _names(path.segment for path in back)
            log.info("its endpoint reaches that of %s again over %s", ends[1], over, extra=names)

    def narrow(self, found: Mapping[Path, int], now: float) -> None:
        """Of the packets of these ways only those up to a size pass, in bytes."""
        self._count("narrow", found)
        most = self._core.situation.intent.fabric.underlay_mtu
        lines: dict[tuple[str, str, int], list[Path]] = {}
        for path, size in sorted(found.items()):
            lines.setdefault((path.source, path.destination, size), []).append(path)
        for (source, destination, size), paths in lines.items():
            names = {"switch": source, "event": EventKind.UNDERLAY_FAULT}
            over = _names(path.segment for path in paths)
            affected = [one for path in paths for one in self._affected(path, size)]
            more = f" and {len(affected) - MOST_NAMES} others" if len(affected) > MOST_NAMES else ""
            said = f"; too large for guests on {', '.join(affected[:MOST_NAMES])}{more}" if affected else ""
            self._faults.warning(now, NARROW, size, destination, over, most, said, **names)

    def wide(self, path: Path) -> None:
        """Packets of all sizes pass again."""
        self._counts["wide"] += 1
        names = {"switch": path.source, "event": EventKind.UNDERLAY_MENDED}
        text = "packets of all sizes pass to the endpoint of %s over %s"
        log.info(text, path.destination, path.segment.value, extra=names)

    def _count(self, kind: str, what: Sized) -> None:
        # What never happened is not among the counters.
        if what:
            self._counts[kind] += len(what)

    def _affected(self, path: Path, size: int) -> Iterator[str]:
        """Networks whose guests may send larger packets than pass."""
        situation = self._core.situation
        fabric, segment = situation.intent.fabric, path.segment
        version = 6 if any(one.endpoint and one.endpoint.version == 6 for one in _ends(fabric, path)) else 4
        most, passes = (guest_mtu(segment, limit, version) for limit in (fabric.underlay_mtu, size))
        for name in networks_between(situation, path.source, path.destination, segment):
            mtu = situation.intent.networks[name].mtu or most
            if mtu > passes:
                yield f"{name} (mtu {mtu}, {passes} passes)"

    def _elsewhere(self, path: Path) -> str:
        """By which encapsulations the same way is used, and not broken."""
        others = [
            segment
            for segment in OVERLAYS
            if path._replace(segment=segment) not in self._core.paths.broken
            and networks_between(self._core.situation, path.source, path.destination, segment)
        ]
        return f"; over {_names(others)} it works" if others else ""


def _ends(fabric: Fabric, path: Path) -> Iterator[Switch]:
    """The switches of a path, as far as they are still in the configuration."""
    return (fabric.switches[name] for name in path[:2] if name in fabric.switches)


def _names(segments: Iterable[Segment]) -> str:
    return ", ".join(sorted(segment.value for segment in segments))
