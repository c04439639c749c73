"""The watch over the underlay, from what it sends to what it says, on a simulated one."""

from __future__ import annotations

import logging
from dataclasses import replace

import pytest

from apps.underlay import HEARD
from controller.fabric.underlay_paths import Path
from controller.intent.model import OVERLAYS, Segment
from controller.southbound.underlay_probes import UnderlayProbe, encode_underlay_probe
from controller.underlay_post import NOISE
from tests.unit.underlay_site import KEY, TUNNELS, Site

V = Segment.VXLAN
WITHIN = 1.2
"""Seconds in which an endpoint that is cut off is told."""


def said(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    """What was logged since the last call, with the switches."""
    lines = [(getattr(one, "switch", ""), one.getMessage()) for one in caplog.records]
    caplog.clear()
    return lines


@pytest.fixture(autouse=True)
def _log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)


def test_nothing_is_said_of_an_underlay_that_is_well(caplog: pytest.LogCaptureFixture) -> None:
    site = Site(segments=OVERLAYS)
    site.run(90.0)
    assert said(caplog) == []
    statistics = site.underlay.statistics
    assert statistics.underlay_probes["sent"] == site.underlay.sent
    assert site.underlay.sent - statistics.underlay_probes["arrived"] <= 40, "those that are on their way"
    assert not statistics.underlay_probes_refused


@pytest.mark.parametrize("number", [3, 4, 40])
def test_an_endpoint_that_is_cut_off_is_found_within_a_second_and_comes_back(
    number: int, caplog: pytest.LogCaptureFixture
) -> None:
    site = Site(number)
    site.run(5.0)
    site.cut("hv2")
    assert site.run_until(site.unreached, 5.0) <= WITHIN
    assert site.unreached() == {("hv2", V)}
    site.run(10.0)
    assert said(caplog) == [("hv2", "out of reach over vxlan")]
    units = {peer for name in ("hv1", "hv3") for peer in _peers(site, name)}
    assert "10.0.0.2" not in units
    assert "10.0.0.2" not in _peers(site, "hv2")
    assert len(_peers(site, "hv2")) == number - 1, "its own list is as before"
    site.heal()
    assert site.run_until(lambda: not site.unreached(), 5.0) <= WITHIN
    assert said(caplog) == [("hv2", "in reach again over vxlan")]
    site.run(5.0)
    assert "10.0.0.2" in _peers(site, "hv1")
    assert said(caplog) == []


def test_one_encapsulation_is_named(caplog: pytest.LogCaptureFixture) -> None:
    site = Site(segments=OVERLAYS)
    site.run(3.0)
    site.cut("hv3", segments=[V])
    site.run(3.0)
    assert site.unreached() == {("hv3", V)}
    assert said(caplog) == [("hv3", "out of reach over vxlan; over geneve, gre it is in reach")]


def test_a_switch_without_session_is_asked_all_the_same(caplog: pytest.LogCaptureFixture) -> None:
    site = Site()
    site.run(3.0)
    site.core.switch_lost("hv2")
    site.run(30.0)
    assert said(caplog) == []
    site.cut("hv2")
    assert site.run_until(site.unreached, 5.0) <= WITHIN


def test_a_session_that_stalls_is_no_endpoint_out_of_reach(caplog: pytest.LogCaptureFixture) -> None:
    site = Site()
    site.run(3.0)
    site.underlay.stalled.add("hv2")
    site.run(15.0)
    assert said(caplog) == []
    assert not site.unreached()


def test_what_cannot_be_known_is_in_reach(caplog: pytest.LogCaptureFixture) -> None:
    site = Site()
    site.core.switch_lost("hv2")
    site.cut("hv2")
    site.run(10.0)
    assert not site.unreached(), "nobody ever had an answer from it"
    site.heal()
    site.run(5.0)
    site.core.switch_ready("hv2", site.core.fabric.switches["hv2"].interfaces.values(), True, 0.0)
    site.run(5.0)
    site.cut("hv2")
    site.run(5.0)
    assert site.unreached() == {("hv2", V)}
    for name in site.names:
        site.core.switch_lost(name)
    site.run(10.0)
    assert not site.unreached(), "there is nobody left to ask"


def test_when_nothing_passes_nobody_is_out_of_reach_and_all_pairs_are_named(caplog: pytest.LogCaptureFixture) -> None:
    site = Site(3)
    site.run(3.0)
    site.underlay.passes = lambda _path, _size: False
    site.run(10.0)
    assert not site.unreached()
    assert sorted(said(caplog)) == [
        (one, f"the endpoints of {one} and {other} do not reach each other over vxlan")
        for one, other in (("hv1", "hv2"), ("hv1", "hv3"), ("hv2", "hv3"))
    ]


def test_two_alone_do_not_reach_each_other(caplog: pytest.LogCaptureFixture) -> None:
    site = Site(2)
    site.run(3.0)
    site.underlay.passes = lambda _path, _size: False
    site.run(6.0)
    assert said(caplog) == [("hv1", "the endpoints of hv1 and hv2 do not reach each other over vxlan")]
    assert not site.unreached()


def test_who_has_no_witness_is_not_believed(caplog: pytest.LogCaptureFixture) -> None:
    site = Site(5, without=("hv1", "hv2"))
    site.run(3.0)
    site.underlay.passes = lambda path, _: not {path.source, path.destination} & {"hv1", "hv2"}
    site.run(6.0)
    assert said(caplog) == [("hv1", "the endpoints of hv1 and hv2 do not reach each other over vxlan")]
    assert not site.unreached()


@pytest.mark.parametrize("phase", range(20))
def test_whenever_it_happens_a_fault_is_told_as_what_it_is(phase: int, caplog: pytest.LogCaptureFixture) -> None:
    site = Site(segments=OVERLAYS)
    site.run(3.0 + phase / 10)
    site.underlay.passes = lambda path, _: {path.source, path.destination} != {"hv2", "hv3"}
    site.run(5.0)
    assert said(caplog) == [("hv2", "the endpoints of hv2 and hv3 do not reach each other over geneve, gre, vxlan")]
    site.heal()
    site.run(4.0 - phase / 10)
    said(caplog)
    site.cut("hv3")
    site.run(5.0)
    lines = said(caplog)
    assert {switch for switch, _ in lines} == {"hv3"}
    assert all(text.startswith("out of reach over ") and ";" not in text for _, text in lines)


def test_a_broken_pair_is_named_once_and_so_is_its_repair(caplog: pytest.LogCaptureFixture) -> None:
    site = Site()
    site.run(3.0)
    site.underlay.passes = lambda path, _: {path.source, path.destination} != {"hv1", "hv3"}
    site.run(30.0)
    assert said(caplog) == [("hv1", "the endpoints of hv1 and hv3 do not reach each other over vxlan")]
    assert not site.unreached()
    site.heal()
    site.run(5.0)
    assert said(caplog) == [
        ("hv1", "its endpoint reaches that of hv3 again over vxlan"),
        ("hv3", "its endpoint reaches that of hv1 again over vxlan"),
    ]


def test_a_pair_that_is_broken_by_all_encapsulations_is_one_line(caplog: pytest.LogCaptureFixture) -> None:
    site = Site(segments=OVERLAYS)
    site.run(3.0)
    site.underlay.passes = lambda path, _: {path.source, path.destination} != {"hv1", "hv3"}
    site.run(10.0)
    assert said(caplog) == [("hv1", "the endpoints of hv1 and hv3 do not reach each other over geneve, gre, vxlan")]


def test_one_direction_is_named_as_that(caplog: pytest.LogCaptureFixture) -> None:
    site = Site(segments=OVERLAYS)
    site.run(3.0)
    site.underlay.passes = lambda path, _: path != Path("hv3", "hv1", Segment.GRE)
    site.run(10.0)
    text = "the endpoint of hv3 does not reach that of hv1 over gre; the other way works; over geneve, vxlan it works"
    assert said(caplog) == [("hv3", text)]


@pytest.mark.parametrize("largest", [1399, 1400, 1401, 1499])
def test_the_largest_packet_that_passes_is_found(largest: int, caplog: pytest.LogCaptureFixture) -> None:
    site = Site(3)
    headers = 20 + 8 + 8
    site.underlay.passes = lambda path, size: path != Path("hv1", "hv2", V) or size + headers <= largest
    site.run(20.0)
    passes = largest - headers - 14
    text = f"packets of more than {largest} bytes do not pass to the endpoint of hv2 over vxlan, and underlay_mtu is"
    text += f" 1500; too large for guests on blue/vxlan (mtu 1450, {passes} passes)"
    assert said(caplog) == [("hv1", text)]
    assert site.core.paths.narrow == {Path("hv1", "hv2", V): largest}
    site.run(120.0)
    assert said(caplog) == []
    site.heal()
    site.run(65.0)
    assert said(caplog) == [("hv1", "packets of all sizes pass to the endpoint of hv2 over vxlan")]
    assert not site.core.paths.narrow


def test_what_is_narrow_by_all_encapsulations_is_one_line_for_each_direction(caplog: pytest.LogCaptureFixture) -> None:
    site = Site(3, OVERLAYS)
    headers = {Segment.VXLAN: 36, Segment.GENEVE: 36, Segment.GRE: 28}
    site.underlay.passes = lambda path, size: "hv1" not in path or size + headers[path.segment] <= 1400
    site.run(30.0)
    text = "packets of more than 1400 bytes do not pass to the endpoint of {} over geneve, gre, vxlan, and underlay_mtu"
    text += " is 1500; too large for guests on blue/geneve (mtu 1450, 1350 passes), blue/gre (mtu 1458, 1358 passes),"
    text += " blue/vxlan (mtu 1450, 1350 passes)"
    ends = [("hv1", "hv2"), ("hv1", "hv3"), ("hv2", "hv1"), ("hv3", "hv1")]
    assert sorted(said(caplog)) == [(one, text.format(other)) for one, other in ends]


def test_loss_is_no_fault(caplog: pytest.LogCaptureFixture) -> None:
    site = Site(5, loss=0.1)
    site.run(300.0)
    assert said(caplog) == []


def test_with_loss_a_cut_is_still_found(caplog: pytest.LogCaptureFixture) -> None:
    site = Site(5, loss=0.1)
    for _ in range(10):
        site.run(30.0)
        site.cut("hv4")
        assert site.run_until(site.unreached, 5.0) <= 2 * WITHIN
        site.run(1.0)
        assert site.unreached() == {("hv4", V)}
        site.heal()
        site.run_until(lambda: not site.unreached(), 8.0)


def test_one_that_keeps_going_is_held() -> None:
    site = Site()
    site.run(3.0)
    changes = 0
    for _ in range(60):
        before = site.unreached()
        site.cut("hv2")
        site.run(1.5)
        changes += site.unreached() != before
        before = site.unreached()
        site.heal()
        site.run(1.5)
        changes += site.unreached() != before
    assert 10 <= changes <= 24
    site.run(61.0)
    assert not site.unreached()


@pytest.mark.parametrize("island", [{"hv2", "hv5"}, {"hv4", "hv9"}, {"hv8", "hv11"}, {"hv1", "hv6", "hv7"}])
def test_those_that_are_cut_off_together_reach_each_other(island: set[str]) -> None:
    """Some pairs have as many in the same trouble as there are questions in a slice, at which turns once aliased."""
    site = Site(12)
    site.run(3.0)
    site.underlay.passes = lambda path, _: (path.source in island) == (path.destination in island)
    # One may seem to be out of reach before the other is known to be in the same trouble.
    site.run(10.0)
    for _ in range(200):
        assert not site.unreached(), "to each other they may send"
        site.run(0.3)


def forged(number: int, key: bytes = KEY) -> bytes:
    return encode_underlay_probe(UnderlayProbe(1, 2, 2, number), HEARD, key)


def test_what_was_not_sent_is_counted_and_changes_nothing(caplog: pytest.LogCaptureFixture) -> None:
    site = Site()
    site.run(3.0)
    site.cut("hv2")
    for data in (b"", bytes(200), forged(1, b"other"), forged(2)):
        site.watch.hear("hv1", TUNNELS[V], data, site.now)
    assert site.underlay.statistics.underlay_probes_refused == {"malformed": 2, "forged": 1, "stale": 1}
    text = "probe of the underlay not believed, "
    assert said(caplog) == [
        ("hv1", text + "malformed: it is cut off"),
        ("hv1", text + "malformed: it is of another protocol or version"),
        ("hv1", text + "forged: its signature is not made with our key"),
        ("hv1", text + "stale: it is an old one, or was heard before"),
    ]
    site.run(2.0)
    assert site.unreached() == {("hv2", V)}


def test_what_is_heard_twice_or_elsewhere_counts_once(caplog: pytest.LogCaptureFixture) -> None:
    site = Site()
    site.run(3.0)
    site.watch.beat(site.now + 0.05)
    switch, number, frame = site.underlay.arrived[0]
    other = next(name for name in site.names if name != switch)
    site.watch.hear(other, number, frame, site.now)
    site.watch.hear(switch, TUNNELS[Segment.GRE], frame, site.now)
    site.watch.hear(switch, number, frame[:-1] + b"x", site.now)
    arrived = site.underlay.statistics.underlay_probes["arrived"]
    site.watch.hear(switch, number, frame, site.now)
    site.watch.hear(switch, number, frame, site.now)
    assert site.underlay.statistics.underlay_probes["arrived"] == arrived + 1
    assert site.underlay.statistics.underlay_probes_refused == {"astray": 2, "forged": 1, "stale": 1}


def test_who_is_flooded_with_forged_ones_is_no_witness(caplog: pytest.LogCaptureFixture) -> None:
    site = Site(3)
    site.run(3.0)
    site.underlay.passes = lambda path, _: path.source != "hv2"

    def flood() -> bool:
        for name in ("hv1", "hv3"):
            for _ in range(NOISE):
                site.watch.hear(name, TUNNELS[V], forged(1, b"other"), site.now)
        return False

    for _ in range(100):
        flood()
        site.run(0.05)
    assert not site.unreached()
    site.run(5.0)
    assert site.unreached() == {("hv2", V)}


def test_a_switch_that_has_much_to_do_is_not_out_of_reach() -> None:
    site = Site()
    site.run(3.0)
    site.underlay.slow.add("hv2")
    site.cut("hv2")
    site.run(5.0)
    assert not site.unreached()


def test_edits_meanwhile_do_no_harm(caplog: pytest.LogCaptureFixture) -> None:
    for edited in range(20):
        site = Site(4, OVERLAYS)
        site.run(3.0)
        site.cut("hv2")
        site.underlay.passes = lambda path, _: "hv2" not in path and set(path[:2]) != {"hv1", "hv3"}
        site.run(edited / 10)
        intent = site.core.situation.intent
        left = {name: one for name, one in intent.fabric.switches.items() if name not in ("hv1", "hv2")}
        ports = {name: one for name, one in intent.ports.items() if one.switch in left}
        fewer = replace(intent, fabric=replace(intent.fabric, switches=left), ports=ports)
        site.core.adopt(fewer, dict(site.core.situation.keys))
        site.core.changes()
        site.run(5.0)
        assert not site.unreached()
        assert not site.core.paths.broken
        site.heal()
        site.core.adopt(intent, dict(site.core.situation.keys))
        site.run(5.0)
        assert not site.unreached()
    assert not [one for one in caplog.records if one.levelno > logging.WARNING]


def _peers(site: Site, name: str) -> list[str]:
    site.core.changes()
    unit, _ = site.core.compiler.remembered(name, "blue/vxlan")
    return [str(peer) for peer in unit.peers]  # type: ignore[union-attr]


def test_silence_of_switches_at_their_gates_is_not_held_against_anybody(caplog: pytest.LogCaptureFixture) -> None:
    """As when another version starts: until gates open, what comes out of tunnels has cookies of the old one."""
    site = Site()
    site.underlay.gated = set(site.names)
    site.run(3.0)
    site.underlay.gated = set()
    site.run(5.0)
    assert not site.unreached()
    site.underlay.gated = {"hv2"}
    site.run(3.0)
    site.underlay.gated = set()
    site.run(5.0)
    assert said(caplog) == []
    site.cut("hv2")
    site.run_until(site.unreached, 5.0)
    assert site.unreached() == {("hv2", V)}
