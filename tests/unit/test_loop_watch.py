"""The watch over loops outside: the frames that it sends, those it believes, and what it says."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from ipaddress import ip_address

import pytest

from apps.loop_guard import PROBES
from controller.core import Core
from controller.fabric.model import End, Interface
from controller.fabric.outside_loops import LOST_AFTER, Attachment, Cause
from controller.fabric.probe_limits import MOST
from controller.intent.model import Fabric, Intent, Network, Port, Segment, SegmentKey, Switch
from controller.loop_probes import SLICES
from controller.loop_watch import LoopWatch
from controller.southbound.probes import FRESH, Probe, encode_probe
from controller.southbound.southbound import Southbound

KEY = b"k" * 32
SWITCHES = {
    name: Switch(name, number, ip_address(f"198.51.100.{number}"), {Segment.VXLAN: "vxlan0"})
    for number, name in enumerate(("s1", "s2"), 1)
}
NETWORKS = {
    one.id: one
    for one in (
        Network("blue", "web", Segment.VXLAN),
        Network("blue", "db", Segment.VLAN),
        Network("red", "web", Segment.VLAN),
    )
}
PORTS = {
    port.id: port
    for port in (
        Port("blue", "a", network="blue/web", switch="s1", interface="tap1"),
        Port("blue", "b", network="blue/web", switch="s2", interface="tap1"),
        Port("blue", "t", trunk=((7, "blue/web"), (8, "blue/db")), switch="s2", interface="tap2"),
        Port("blue", "out", network="blue/web", endpoint=ip_address("203.0.113.9")),
        Port("red", "a", network="red/web", switch="s1", interface="tap2"),
    )
}
INTERFACES = [Interface("tap1", 1), Interface("tap2", 2), Interface("wire", 3), Interface("vxlan0", 4)]


class Wires(Southbound):
    """A southbound that keeps what is sent, by (switch, interface number)."""

    def __init__(self) -> None:
        self.frames: dict[tuple[str, int], list[bytes]] = {}
        super().__init__(None, {})  # type: ignore[arg-type]

    def packet_out(self, switch: str, frames: Sequence[tuple[int, bytes]]) -> None:
        for number, frame in frames:
            self.frames.setdefault((switch, number), []).append(frame)


class Site:
    """A core with two switches, and the watch over it."""

    def __init__(self) -> None:
        self.core = Core()
        keys = {name: SegmentKey(network.segment, 5000) for name, network in NETWORKS.items()}
        self.core.adopt(Intent(Fabric(switches=SWITCHES), ("blue", "red"), NETWORKS, PORTS), keys)
        for name in SWITCHES:
            self.core.switch_ready(name, INTERFACES, True, 0.0)
        self.wires = Wires()
        self.watch = LoopWatch(self.core, KEY, self.wires)

    def probes(self, switch: str, number: int) -> list[bytes]:
        """What leaves by an interface in one period."""
        self.wires.frames.clear()
        for _ in range(SLICES):
            self.watch.beat(0.0)
        return self.wires.frames.get((switch, number), [])

    def blocked(self, switch: str, number: int, frame: bytes) -> dict[str, tuple[str, Cause]]:
        """Let the frame come in at an interface; port -> partner and cause."""
        self.watch.hear(switch, number, frame, 0.0)
        self.watch.beat(0.0)
        return {at.port: (block.partner.port, block.cause) for at, block in self.core.loops.blocked.items()}


def test_a_probe_leaves_by_each_tenants_interface_and_under_each_tag_of_a_trunk() -> None:
    site = Site()
    assert [frame[12:14] for frame in site.probes("s1", 1)] == [b"\x88\xb7"]
    assert [frame[12:16].hex() for frame in site.probes("s2", 2)] == ["81000007", "81000008"]
    assert site.wires.frames.keys() == {("s1", 1), ("s1", 2), ("s2", 1), ("s2", 2)}


def test_one_that_has_just_come_is_probed_at_once_if_it_is_a_tenants() -> None:
    site = Site()
    site.watch.appeared(End("s1", "tap1"))
    site.watch.appeared(End("s1", "wire"))
    site.watch.appeared(End("s1", "vxlan0"))
    assert site.wires.frames.keys() == {("s1", 1)}


def test_what_comes_in_elsewhere_is_a_loop(caplog: pytest.LogCaptureFixture) -> None:
    site = Site()
    (frame,) = site.probes("s1", 1)
    with caplog.at_level(logging.INFO):
        assert site.blocked("s2", 1, frame + bytes(10)) == {"blue/b": ("blue/a", Cause.LOOPED)}
        site.watch.beat(LOST_AFTER + 0.1)
    said = [(one.getMessage(), one.__dict__["switch"], one.__dict__["port"]) for one in caplog.records]
    assert said == [
        ("blocked: looped outside with port blue/a on network blue/web", "s2", "blue/b"),
        ("released: probes do not come back any more", "s2", "blue/b"),
    ]
    assert site.wires.statistics.outside_loops == {"looped": 1, "released": 1}


def test_a_tag_says_which_network_of_a_trunk_port_it_is() -> None:
    web, db = Site().probes("s2", 2)
    untagged = {name: frame[:12] + frame[16:] for name, frame in (("web", web), ("db", db))}
    assert Site().blocked("s1", 1, untagged["web"]) == {"blue/t": ("blue/a", Cause.LOOPED)}
    assert Site().blocked("s1", 1, untagged["db"]) == {}, "two networks of one tenant, joined once"
    assert Site().blocked("s1", 2, untagged["web"]) == {"red/a": ("blue/t", Cause.JOINED)}
    (plain,) = Site().probes("s1", 1)
    tagged = plain[:12] + bytes.fromhex("81000007") + plain[12:]
    assert Site().blocked("s2", 2, tagged) == {"blue/t": ("blue/a", Cause.LOOPED)}
    assert Site().blocked("s2", 2, plain) == {}, "an untagged frame of a trunk port is nobody's"
    assert Site().blocked("s2", 1, tagged) == {}, "and so is a tagged one of an access port"


def test_what_comes_out_of_a_tunnel_was_outside() -> None:
    (frame,) = Site().probes("s1", 1)
    assert Site().blocked("s2", 4, frame) == {"blue/a": ("blue/out", Cause.LOOPED)}
    (of_red,) = Site().probes("s1", 2)
    assert Site().blocked("s2", 4, of_red) == {}, "red has nobody there"


def test_one_that_returns_is_reflected() -> None:
    (frame,) = Site().probes("s1", 1)
    assert Site().blocked("s1", 1, frame) == {"blue/a": ("blue/a", Cause.REFLECTED)}


def test_what_comes_in_at_links_or_nowhere_counts_for_nothing() -> None:
    (frame,) = Site().probes("s1", 1)
    assert Site().blocked("s2", 3, frame) == {}
    assert Site().blocked("s2", 99, frame) == {}


def test_what_is_forged_or_old_is_counted_and_changes_nothing(caplog: pytest.LogCaptureFixture) -> None:
    site, now, left = Site(), time.time(), Probe(1, 1, None)
    forged = encode_probe(left, PROBES, b"guessed", now)
    old = encode_probe(left, PROBES, KEY, now - FRESH - 1)
    for frame in (forged, old, b"", bytes(60)):
        assert site.blocked("s2", 1, frame) == {}
    assert site.wires.statistics.bad_probes == 4
    assert all(text.startswith("probe not believed: ") for text in caplog.messages)
    assert {(one.__dict__["tenant"], one.__dict__["port"]) for one in caplog.records} == {("blue", "blue/b")}
    assert len(caplog.messages) == 4


@pytest.mark.parametrize("place", [(9, 1, None), (1, 9, None), (1, 3, None), (1, 1, 7), (2, 2, 9), (2, 2, None)])
def test_a_probe_from_where_nobody_is_any_more_changes_nothing(place: tuple[int, int, int | None]) -> None:
    site = Site()
    frame = encode_probe(Probe(*place), PROBES, KEY, time.time())
    assert site.blocked("s2", 1, frame) == {}
    assert site.wires.statistics.bad_probes == 0


def test_a_flood_of_probes_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    site = Site()
    for _ in range(3 * MOST):
        site.watch.hear("s2", 1, b"", 0.0)
    assert caplog.messages.count("too many probes: none is taken for 60 s") == 1
    caplog.clear()
    site = Site()
    (frame,) = site.probes("s1", 1)
    for _ in range(3 * MOST):
        site.watch.hear("s2", 1, frame, 0.0)
    assert caplog.messages == ["too many probes: none is taken for 60 s"]
    assert set(site.core.situation.unheard) == {End("s2", "tap1")}
    site.watch.beat(0.0)
    assert set(site.core.loops.blocked) == {Attachment("blue/web", "blue/b")}, "what was heard counts"
