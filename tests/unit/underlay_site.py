"""Switches on a simulated underlay, and the watch over it: probes really go from one to the other, or do not.

Time passes in slices; nothing waits.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from ipaddress import ip_address
from random import Random

from apps.underlay import ASKED, HEARD
from controller.core import Core
from controller.dataplane.flow import Actions, Output, SetField
from controller.fabric.model import Interface
from controller.fabric.underlay_paths import Path
from controller.intent.model import OVERLAYS, Fabric, Intent, Network, Port, Segment, SegmentKey, Switch
from controller.southbound.southbound import Southbound
from controller.underlay_rounds import SLICE
from controller.underlay_watch import UnderlayWatch

KEY = b"k" * 32
TUNNELS = {segment: number for number, segment in enumerate(OVERLAYS, 1)}


class Underlay(Southbound):
    """Carries what `passes` lets through: (source, destination, encapsulation), and bytes of the packet's frame."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(None, {})  # type: ignore[arg-type]
        self.names = names
        self.passes: Callable[[Path, int], bool] = lambda _path, _size: True
        self.stalled: set[str] = set()
        """Switches whose sessions carry nothing, and are not given up yet."""
        self.arrived: list[tuple[str, int, bytes]] = []
        self.heard: dict[str, float] = {}
        self.time = 0.0
        self.sent = 0
        self.slow: set[str] = set()
        self.gated: set[str] = set()
        """Switches that hold other flows than they should, whose copies say nothing."""

    def tunnel_out(self, switch: str, frames: Sequence[tuple[Actions, bytes]]) -> None:
        for actions, frame in frames:
            self.sent += 1
            numbers = {one.port: segment for segment, one in ((s, Output(n)) for s, n in TUNNELS.items())}
            (out,) = (action for action in actions if isinstance(action, Output))
            (_, address) = (action.value for action in actions if isinstance(action, SetField))
            target = self.names[(address & 0xFFFF) - 1]
            segment = numbers[out.port]
            if switch in self.stalled or not self.passes(Path(switch, target, segment), len(frame)):
                continue
            at = target
            if int.from_bytes(frame[:6], "big") == ASKED:
                if not self.passes(Path(target, switch, segment), len(frame)):
                    continue
                at, frame = switch, HEARD.to_bytes(6, "big") + frame[6:]
            if at not in self.stalled | self.gated:
                self.arrived.append((at, out.port, frame))

    def confirmed(self) -> frozenset[str]:
        return frozenset(self.names)

    def waiting(self) -> frozenset[str]:
        return frozenset(self.gated)

    def busy(self) -> frozenset[str]:
        return frozenset(self.slow)

    def silent_for(self, switch: str) -> float | None:
        return self.time - self.heard.get(switch, 0.0)

    def ask(self, switches: Iterable[str]) -> None:
        self.heard.update(dict.fromkeys(set(switches) - self.stalled, self.time))


class Site:
    """A number of switches, all in one network of each encapsulation that is asked for."""

    def __init__(
        self,
        number: int = 4,
        segments: Collection[Segment] = (Segment.VXLAN,),
        loss: float = 0.0,
        without: Collection[str] = (),
    ) -> None:
        """`without` are switches that are not in it; they have a network of their own, over VXLAN."""
        self.names = [f"hv{at}" for at in range(1, number + 1)]
        switches = {
            name: Switch(name, at, ip_address(f"10.0.{at >> 8}.{at & 255}"), {one: one.value for one in OVERLAYS})
            for at, name in enumerate(self.names, 1)
        }
        networks = {one.id: one for one in (Network("blue", segment.value, segment) for segment in segments)}
        ours = [*networks]
        if without:
            networks["blue/own"] = Network("blue", "own", Segment.VXLAN)
        ports = {
            port.id: port
            for name in self.names
            for at, network in enumerate(["blue/own"] if name in without else ours)
            for port in (Port("blue", f"{name}-{at}", network, switch=name, interface=f"tap{at}"),)
        }
        keys = {name: SegmentKey(one.segment, at) for at, (name, one) in enumerate(networks.items(), 5000)}
        self.core = Core()
        self.core.adopt(Intent(Fabric(switches), ("blue",), networks, ports), keys)
        interfaces = [Interface(segment.value, at) for segment, at in TUNNELS.items()]
        interfaces += [Interface(f"tap{at}", 10 + at) for at in range(len(networks))]
        for name in self.names:
            self.core.switch_ready(name, interfaces, True, 0.0)
        self.core.changes()
        self.underlay = Underlay(self.names)
        self.watch = UnderlayWatch(self.core, KEY, self.underlay)
        self.now = 0.0
        self._random = Random(1)
        self._loss = loss

    def run(self, seconds: float) -> None:
        """Let time pass."""
        ends = self.now + seconds
        while self.now < ends:
            self.now += SLICE
            self.underlay.time = self.now
            self.watch.beat(self.now)
            arrived, self.underlay.arrived = self.underlay.arrived, []
            for switch, number, frame in arrived:
                if self._random.random() >= self._loss:
                    self.underlay.heard[switch] = self.now
                    self.watch.hear(switch, number, frame, self.now + 0.01)

    def run_until(self, look: Callable[[], object], most: float) -> float:
        """Let time pass until `look` gives something true; how long that was."""
        began = self.now
        while not look():
            assert self.now - began < most
            self.run(SLICE)
        return self.now - began

    def cut(self, *names: str, segments: Collection[Segment] = OVERLAYS) -> None:
        """Let nothing to or from these switches pass."""
        self.underlay.passes = lambda path, _: (
            not (path.segment in segments and {path.source, path.destination} & set(names))
        )

    def heal(self) -> None:
        """Let everything pass."""
        self.underlay.passes = lambda _path, _size: True

    def unreached(self) -> set[tuple[str, Segment]]:
        """Endpoints that are out of reach."""
        return {(goal.switch, goal.segment) for goal in self.core.situation.unreached}
