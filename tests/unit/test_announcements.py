"""What arrives as an announcement is believed, or counted by what is wrong with it, and changes nothing then."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.announcements import Announcements
from controller.announcer import SLICES
from controller.core import Core
from controller.fabric.discovery import DOUBT_AFTER, PERIOD
from controller.fabric.model import End, Interface, Link
from controller.intent.model import Fabric, Intent, Network, Port, Segment, SegmentKey, Switch
from controller.southbound.lldp import Announcement, encode_frame
from controller.southbound.statistics import Statistics

KEY = b"k" * 32
PORT = Port("blue", "a", network="blue/web", switch="s1", interface="tap1")
NETWORK = Network("blue", "web", Segment.VLAN)
S1, S2, FREE = End("s1", "eth1"), End("s2", "eth1"), End("s2", "eth2")
OTHER, S2_TAP = End("s1", "eth2"), End("s2", "tap1")
NUMBERS = {"tap1": 1, "eth1": 2, "eth2": 3}


class Switches:
    """Keeps what is sent, by sender."""

    def __init__(self) -> None:
        self.statistics = Statistics()
        self.frames: dict[End, list[bytes]] = {}
        self.echoes: dict[str, float] = {}

    def packet_out(self, switch: str, frames: Sequence[tuple[int, bytes]]) -> None:
        names = {number: name for name, number in NUMBERS.items()}
        for number, frame in frames:
            self.frames.setdefault(End(switch, names[number]), []).append(frame)

    def round_trips(self) -> dict[str, float]:
        return self.echoes


class Site:
    """Two switches, wired s1:eth1 to s2:eth1, with a guest on s1:tap1 and nobody on s2:eth2."""

    def __init__(self) -> None:
        self.now = 100.0
        self.core = Core()
        fabric = Fabric(switches={f"s{number}": Switch(f"s{number}", number) for number in (1, 2)})
        intent = Intent(fabric, ("blue",), {NETWORK.id: NETWORK}, {PORT.id: PORT})
        self.core.adopt(intent, {NETWORK.id: SegmentKey(Segment.VLAN, 2)})
        for name in fabric.switches:
            self.core.switch_ready(name, [Interface(*one) for one in NUMBERS.items()], True, self.now)
        self.switches = Switches()
        self.announcements = Announcements(self.core, self.switches, KEY, lambda: self.now)

    def sent(self, sender: End) -> bytes:
        """The last announcement of an interface."""
        self.announcements.announce_switch(sender.switch)
        return self.switches.frames[sender][-1]

    def hear(self, at: End, frame: bytes) -> bool:
        return self.announcements.hear(at.switch, NUMBERS[at.interface], frame)

    def wire(self) -> None:
        for at, sender in ((S1, S2), (S2, S1)):
            self.hear(at, self.sent(sender))

    @property
    def refused(self) -> dict[str, int]:
        return dict(self.switches.statistics.announcements_refused)


@pytest.fixture
def site() -> Site:
    return Site()


def test_a_link_is_found(site: Site) -> None:
    site.wire()
    assert site.core.discovery.links() == {Link(S1, S2)}
    assert site.refused == {}
    assert not site.hear(S1, site.sent(S2)), "no news"


def test_a_tenants_interface_is_not_announced_and_nothing_is_heard_there(site: Site) -> None:
    frame = site.sent(S2)
    assert not site.hear(End("s1", "tap1"), frame)
    assert not site.announcements.hear("s1", 99, frame)
    assert (site.refused, site.core.discovery.heard()) == ({}, ())
    site.sent(S1)
    assert End("s1", "tap1") not in site.switches.frames


def bad_frames(site: Site) -> Iterator[tuple[str, bytes]]:
    own = site.sent(S1)
    site.hear(FREE, own)
    yield "replayed", own
    yield "forged", encode_frame(Announcement(1, "eth1", 2, 0), b"x" * 32)
    yield "stale", encode_frame(Announcement(1, "eth1", 2, 0), KEY)
    yield "stale", encode_frame(Announcement(9, "eth1", 2, 0), KEY)
    yield "malformed", own[:60]
    yield "foreign", own[:14] + bytes(46)
    site.now += 2.1
    yield "stale", own


def test_a_frame_that_was_padded_on_the_way_is_believed(site: Site) -> None:
    assert site.hear(S1, site.sent(S2) + bytes(10))
    assert site.refused == {}


def test_each_kind_of_bad_frame_is_counted_and_changes_nothing(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    site.wire()
    expected: dict[str, int] = {}
    for kind, frame in bad_frames(site):
        before = site.core.discovery.heard()
        caplog.clear()
        assert not site.hear(FREE, frame)
        assert site.core.discovery.heard() == before
        expected[kind] = expected.get(kind, 0) + 1
        assert site.refused == expected
        (record,) = caplog.records
        assert record.getMessage().startswith(f"announcement not believed, {kind}: ")
    assert site.core.discovery.links() == {Link(S1, S2)}


def test_the_log_is_bounded_and_the_counters_are_not(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(1000):
        site.hear(FREE, b"")
    assert len(caplog.records) == 20
    assert site.refused == {"malformed": 1000}


@given(st.binary(max_size=300), st.booleans())
def test_whatever_arrives_changes_nothing(data: bytes, begins_well: bool) -> None:
    site = Site()
    site.wire()
    before = site.core.discovery.heard()
    frame = site.sent(S1)[:14] + data if begins_well else data
    assert not site.hear(FREE, frame)
    assert site.core.discovery.heard() == before
    assert sum(site.refused.values()) == 1


def test_the_latency_is_what_is_left_without_half_the_round_trips(site: Site) -> None:
    for echoes in ({}, {"s1": 0.125}, {"s1": 0.125, "s2": 0.375}):
        assert site.core.discovery.latency(Link(S1, S2)) is None
        site.switches.echoes = echoes
        site.announcements.report()
        for at, sender in ((S1, S2), (S2, S1)):
            frame = site.sent(sender)
            site.now += 0.5
            site.hear(at, frame)
    assert site.core.discovery.latency(Link(S1, S2)) == 0.25


def test_wires_that_are_no_links_are_logged_when_they_come_and_when_they_go(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    other = End("s1", "eth2")
    for period in range(12):
        frame = site.sent(S1)
        if period < 6:
            site.hear(other, frame)
        site.core.tick(site.now)
        for _ in range(20):
            site.announcements.report()
        site.now += 1
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("WARNING", "wire looped: s1:eth1 and s1:eth2 are on one switch"),
        ("INFO", "wire no longer looped: s1:eth1 and s1:eth2 are on one switch"),
    ]
    assert site.switches.statistics.wires_misheard == {"looped": 1}


def test_a_link_that_keeps_going_is_held_down_logged_and_taken_up_again(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    used = []
    for _ in range(7):
        site.core.tick(site.now)
        site.announcements.report()
        site.wire()
        site.core.changes()
        used.append(bool(site.core.fabric.links))
        site.core.interface_changed("s1", Interface("eth1", 2, up=False), deleted=False)
        site.core.changes()
        assert not site.core.fabric.links
        site.core.interface_changed("s1", Interface("eth1", 2), deleted=False)
        site.now += 1
    assert used == [*6 * [True], False]
    site.wire()
    site.core.changes()
    site.announcements.report()
    assert [record.getMessage() for record in caplog.records] == [
        "link held down for 10 s, as it keeps going: s1:eth1 -- s2:eth1"
    ]
    assert site.switches.statistics.links_held_down == 1
    used = []
    for _ in range(11):
        site.wire()
        site.core.tick(site.now)
        site.core.changes()
        used.append(bool(site.core.fabric.links))
        site.now += 1
    assert used == [*9 * [False], True, True], "ten seconds after the last tick before it came back"


GOING: list[tuple[Callable[[Core], object], set[End]]] = [
    (lambda core: core.interface_changed("s2", Interface("eth1", 2), deleted=True), {S1, OTHER, S2_TAP, FREE}),
    (lambda core: core.switch_lost("s2"), {S1, OTHER}),
    (lambda core: core.adopt(Intent(Fabric(switches={"s1": Switch("s1", 1)})), {}), {S1, OTHER}),
]


@pytest.mark.parametrize(("go", "announced"), GOING)
def test_what_goes_in_the_middle_of_a_round_is_not_announced_any_more(
    site: Site, go: Callable[[Core], object], announced: set[End]
) -> None:
    site.announcements.announce_slice()
    assert site.switches.frames.keys() == {S1}
    go(site.core)
    for _ in range(SLICES - 1):
        site.announcements.announce_slice()
    assert site.switches.frames.keys() == announced


def test_what_is_missed_is_announced_at_each_slice() -> None:
    site = Site()
    for at, sender in ((S2, S1), (S1, S2)):
        assert site.announcements.hear(at.switch, NUMBERS[at.interface], site.sent(sender))
    site.now += DOUBT_AFTER * PERIOD + 0.1
    site.switches.frames.clear()
    for _ in range(5):
        site.announcements.announce_slice()
    assert {len(site.switches.frames[end]) for end in (S1, S2)} <= {5, 6}, "and once in its turn"
    site.core.switch_lost("s2")
    site.switches.frames.clear()
    site.announcements.announce_slice()
    assert S2 not in site.switches.frames
