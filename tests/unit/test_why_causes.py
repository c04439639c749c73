"""Why one port cannot reach another: each cause in the operator's names, for a site where much is wrong."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address

import pytest

from controller.dataplane.fields import mac_text
from controller.dataplane.flow import AllowReturn, Flow, Output, Program, Reason
from controller.dataplane.interpreter import Interpreter
from controller.dataplane.packet import Packet
from controller.fabric.model import Interface
from controller.intent.model import Network, Port, Segment
from controller.why.answer import way_of
from controller.why.asking import Question, explain
from controller.why.frames import wanted_of
from controller.why.parties import Unclear
from controller.why.snapshot import take
from controller.why.trip import MOST_VISITS, Side, follow
from tests.unit.why_site import INTENT, KEYS, NETWORKS, PORTS, Site, core_of, settle

SITE = Site(core_of())
FORGED = "0200000000020200000000770800" + "00" * 46
TO_GROUP = "0200000000020300000000010800" + "00" * 46
TO_BRIDGES = "0180c20000000200000000010800" + "00" * 46
TWO_TAGS = "0200000000020200000000098100000b8100000c0800" + "00" * 46
PRIORITY_TAG = "020000000002020000000001810000000800" + "00" * 46
ALIEN_TAG = "0200000000020200000000098100000d0800" + "00" * 46
UNTAGGED = "0200000000020200000000090800" + "00" * 46


def tagged(tag: int) -> str:
    return f"02000000000a0200000000098100{tag:04x}0800" + "00" * 46


@pytest.mark.parametrize(
    ("sender", "receiver", "text"),
    [
        ("blue/w1", "blue/w2", "delivered: b-w1 -> s1 -> s2 -> s3 -> b-w2, VLAN 101, 3 hops"),
        ("blue/w1", "blue/near", "delivered: b-w1 -> s1 -> b-near, 1 hop"),
        ("blue/f1", "blue/f3", "delivered: b-f1 -> s1 -> s3 -> b-f3, VXLAN 70001, 2 hops"),
        ("blue/f1", "blue/out", "delivered: b-f1 -> s1 -> vxlan0 -> 203.0.113.9, VXLAN 70001, 1 hop"),
        ("blue/out", "blue/f3", "delivered: 203.0.113.9 -> vxlan0 -> s3 -> b-f3, VXLAN 70001, 1 hop"),
        ("blue/t1", "blue/w2", "delivered: b-t1 -> s1 -> s2 -> s3 -> b-w2, VLAN 101, 3 hops"),
    ],
)
def test_the_way(sender: str, receiver: str, text: str) -> None:
    answer = SITE.ask(sender, receiver)
    assert (answer.text, answer.there.causes) == (text, ())
    assert answer.back
    assert answer.back.verdict == "delivered"


@pytest.mark.parametrize(
    ("sender", "receiver", "causes"),
    [
        (
            "blue/f1",
            "red/f3",
            ["different networks (blue/far and red/far)", "02:00:00:00:00:02 is blue/f3 on blue/far"],
        ),
        ("blue/t1", "red/f1", ["different networks (blue/web, blue/db and red/far)"]),
        (
            "blue/f1",
            "red/out",
            ["different networks (blue/far and red/far)", "02:00:00:00:00:0b is blue/out on blue/far"],
        ),
        ("blue/w1", "blue/down", ["interface b-down of s3 is down, which blue/down is on"]),
        ("blue/down", "blue/w1", ["interface b-down of s3 is down, which blue/down is on"]),
        ("blue/w1", "blue/gone", ["switch s3 has no interface b-gone, which blue/gone is on"]),
        ("blue/gone", "blue/w1", ["switch s3 has no interface b-gone, which blue/gone is on"]),
        ("blue/w1", "blue/looped", ["blue/looped is blocked on blue/web, as it is looped outside"]),
        ("blue/looped", "blue/w1", ["blue/looped is blocked on blue/web, as it is looped outside"]),
        ("blue/w1", "blue/island", ["no path: no links lead from s1 to s4", "link s3:up -- s4:up is down"]),
        ("blue/f1", "blue/f4", ["switch s4 has no vxlan tunnel interface vxlan0"]),
        ("blue/f4", "blue/f1", ["switch s4 has no vxlan tunnel interface vxlan0"]),
        ("blue/f1", "blue/f5", ["switch s5 of blue/f5 has never connected"]),
        ("blue/f5", "blue/f1", ["switch s5 of blue/f5 has never connected"]),
        (
            "blue/f1",
            "blue/f6",
            ["tunnel endpoints 192.0.2.1 and 2001:db8::6 cannot reach each other: IPv4 and IPv6"],
        ),
    ],
)
def test_what_is_in_the_way(sender: str, receiver: str, causes: list[str]) -> None:
    answer = SITE.ask(sender, receiver)
    others = [cause for cause in answer.there.causes if not cause.endswith((" on blue/web", " on red/far"))]
    assert others[: len(causes)] == causes
    assert answer.text == f"blocked: {answer.there.causes[0]}"
    assert answer.there.causes[0] == causes[0]


@pytest.mark.parametrize(
    ("sender", "frame", "cause"),
    [
        ("blue/w1", FORGED, "forged source: blue/w1 may send from 02:00:00:00:00:01 only, not from 02:00:00:00:00:77"),
        ("blue/quiet", TO_GROUP, "forged source: 03:00:00:00:00:01 is a group address, from which nobody may send"),
        ("blue/w1", TO_BRIDGES, "no network carries such frames: link-local address dropped on s1"),
        ("blue/t1", TWO_TAGS, "no network carries such frames: second 802.1Q tag dropped on s1"),
        ("blue/w1", PRIORITY_TAG, "the frame has tag 0, and blue/w1 is no trunk port"),
        ("blue/t1", ALIEN_TAG, "the frame has tag 13, and frames of trunk port blue/t1 have tag 11 or 12"),
        ("blue/t1", UNTAGGED, "the frame has no tag, and frames of trunk port blue/t1 have tag 11 or 12"),
        ("blue/t1", tagged(12), "the frame's tag is that of blue/db, which blue/w2 is not on"),
    ],
)
def test_frames_that_may_not_be_sent(sender: str, frame: str, cause: str) -> None:
    assert SITE.ask(sender, "blue/w2", frame).text == f"blocked: {cause}"


def test_a_given_frame_goes_where_it_says() -> None:
    """Not to whom it was asked about."""
    answer = SITE.ask("blue/w1", "blue/w2", "0200000000030200000000010800" + "00" * 46)
    assert answer.text == "blocked: 02:00:00:00:00:03 is blue/near on blue/web"
    assert SITE.ask("blue/t1", "blue/t2", tagged(12)).there.text.endswith("VLAN 102, 3 hops")


def test_an_address_that_is_not_known_is_flooded() -> None:
    answer = SITE.ask("blue/w1", "blue/quiet")
    assert answer.text == (
        "flooded: b-w1 -> s1 -> s2 -> s3 -> b-quiet, VLAN 101, 3 hops; no address of blue/quiet is known"
    )
    assert answer.notes == ("no address of blue/quiet is known; 02:fe:ed:00:00:02 stands for it",)
    assert SITE.ask("blue/w1", "blue/quiet", "arp").there.verdict == "delivered"
    core = core_of()
    core.observed("blue/web", "blue/quiet", 0x020000000099)
    settle(core)
    assert Site(core).ask("blue/w1", "blue/quiet").there.verdict == "delivered"


def test_what_stands_for_an_address_is_nobodys() -> None:
    core = core_of()
    core.observed("blue/web", "blue/quiet", 0x02FEED000001)
    assert mac_text(Site(core).ask("blue/mute", "blue/w1").sender.mac) == "02:fe:ed:00:00:03"


def test_a_mac_that_nobody_has() -> None:
    answer = SITE.ask("blue/w1", "02:00:00:00:00:88")
    assert (answer.there.verdict, answer.back) == ("unknown", None)
    text = "unknown: nobody on blue/web is known to have 02:00:00:00:00:88; flooded to 6 interfaces"
    assert answer.text == text


def test_what_a_switch_refused_is_off_there() -> None:
    site = Site(core_of(), {("s3", "blue/web")})
    assert site.ask("blue/w1", "blue/w2").text == "blocked: switch s3 refused network blue/web, so it is off there"
    assert site.ask("blue/w2", "blue/w1").text == "blocked: switch s3 refused network blue/web, so it is off there"
    assert site.ask("blue/w1", "blue/near").there.verdict == "delivered"


def test_the_way_there_and_not_back() -> None:
    """The receiver's switch has lost the link that it sends by, and does not know yet."""
    core = core_of()
    view = core.fabric.switches["s3"]
    core.interface_changed("s3", Interface("l32", view.interfaces["l32"].number, up=False), False)
    answer = Site(core).ask("blue/w1", "blue/w2")
    # Links are looked at with the next compilation; the interface is known to be down at once.
    assert answer.text == "delivered: b-w1 -> s1 -> s2 -> s3 -> b-w2, VLAN 101, 3 hops; but nothing comes back"
    assert answer.back
    assert answer.back.text == "blocked: no interface of s3 is up for its next hop to s1"
    core.changes()
    assert Site(core).ask("blue/w1", "blue/w2").text == "blocked: no path: no links lead from s1 to s3"


def test_a_tunnel_over_a_network_of_ours() -> None:
    """What its endpoints are plugged into is found by their addresses."""
    under = {
        name: Port("op", name, "op/under", switch=switch, interface=f"o-{name}", mac=mac, ip=(ip_address(endpoint),))
        for name, switch, mac, endpoint in (
            ("h1", "s2", "02:00:00:00:01:01", "192.0.2.1"),
            ("h3", "s3", "02:00:00:00:01:03", "192.0.2.3"),
        )
    }
    networks = {**NETWORKS, "op/under": Network("op", "under", Segment.VLAN)}
    ports = {**PORTS, **{port.id: port for port in under.values()}}
    core = core_of(replace(INTENT, networks=networks, ports=ports))
    assert Site(core).ask("blue/f1", "blue/f3").there.text == SITE.ask("blue/f1", "blue/f3").there.text
    number = core.fabric.switches["s3"].interfaces["o-h3"].number
    core.interface_changed("s3", Interface("o-h3", number, up=False), False)
    settle(core)
    answer = Site(core).ask("blue/f1", "blue/f3")
    cause = "interface o-h3 of s3 is down, which op/h3 is on"
    assert answer.text == f"blocked: the tunnel from 192.0.2.1 to 192.0.2.3 is cut: {cause}"
    assert answer.back
    assert answer.back.text == f"blocked: the tunnel from 192.0.2.3 to 192.0.2.1 is cut: {cause}"
    assert Site(core).ask("blue/f1", "blue/out").there.verdict == "delivered", "nothing is known of its underlay"


def test_switches_that_may_do_something_else_are_noted() -> None:
    site = Site(core_of(), ill={"s2": "switch s2 has no session", "s4": "switch s4 is away"})
    assert site.ask("blue/w1", "blue/w2").notes == ("switch s2 has no session",)


def test_a_network_can_be_chosen() -> None:
    assert SITE.ask("blue/t1", "blue/t2").notes == ("both are on blue/db, too",)
    assert SITE.ask("blue/t1", "blue/t2", network="blue/db").there.text.endswith("VLAN 102, 3 hops")
    with pytest.raises(Unclear, match=r"^blue/w1 is not on blue/db$"):
        SITE.ask("blue/w1", "blue/t2", network="blue/db")


def test_addresses() -> None:
    by_name = SITE.ask("blue/w1", "blue/w2").text
    assert SITE.ask("blue/w1", "02:00:00:00:00:02").text == by_name
    assert SITE.ask("blue/w1", "10.0.0.2").text == by_name
    assert SITE.ask("fd00::7", "blue/w2", tenant="blue").sender.port is SITE.core.situation.intent.ports["blue/island"]
    assert SITE.ask("blue/w1", "fd00::2").there.hops[0].frame[12:14] == b"\x86\xdd"


@pytest.mark.parametrize(
    ("sender", "receiver", "said"),
    [
        ("blue/none", "blue/w2", "from: there is no port blue/none"),
        ("blue/w1", "web", "to: 'web' is neither a port (TENANT/NAME) nor a MAC or IP address"),
        ("blue/w1", "10.9.9.9", "to: no port has 10.9.9.9; those count that the configuration gives by `ip:`"),
        ("blue/w1", "blue/w1", "to: blue/w1 is where it is from"),
        ("02:00:00:00:00:88", "blue/w1", "from: no port is known to have 02:00:00:00:00:88; name the port that sends"),
        (
            "10.0.0.1",
            "10.0.0.2",
            "from: blue/f1, blue/w1, red/f1 have that address; say which port, or of which tenant",
        ),
        ("blue/out", "red/out", "to: blue/out and red/out are both outside: no switch of ours is between them"),
        (
            "blue/out",
            "02:00:00:00:00:88",
            "from: blue/out is outside, and it is not known to which switch it would send",
        ),
        ("blue/w1", "blue/w2 ", "to: there is no port blue/w2 "),
    ],
)
def test_what_is_not_clear(sender: str, receiver: str, said: str) -> None:
    with pytest.raises(Unclear) as error:
        SITE.ask(sender, receiver)
    assert f"{error.value.parameter}: {error.value}" == said


def test_one_version_of_ip() -> None:
    with pytest.raises(Unclear, match="IP version"):
        SITE.ask("10.0.0.7", "fd00::2")
    with pytest.raises(Unclear, match="IP version"):
        SITE.ask("blue/w1", "10.0.0.2", "icmp6")


def test_a_configuration_that_changes_meanwhile() -> None:
    """Who was found first is not there any more."""
    core = core_of()
    question = Question("blue/w1", "10.0.0.7", wanted_of("icmp"))
    found = explain(core, lambda *_: False, lambda _: None, question)
    assert next(found) is None
    core.adopt(replace(INTENT, ports={name: port for name, port in PORTS.items() if name != "blue/island"}), KEYS)
    with pytest.raises(Unclear, match=r"^no port has 10\.0\.0\.7; "):
        list(found)


def test_a_frame_that_goes_round() -> None:
    """Programs of ours do not let it; should they, the answer comes all the same."""
    core = SITE.core
    known = take(core.situation, core.compiler, {"blue/web"}, lambda *_: False)
    back = Flow(0, 1, (), (AllowReturn(), *map(Output, range(1, 4))), None, None, 0, Reason("test", "to all"))
    mirrors = dict.fromkeys(known.interpreters, Interpreter(Program({1: back})))
    ports = core.situation.intent.ports
    here = Side(ports["blue/w1"], "blue/web", None, 1)
    there = Side(ports["blue/island"], "blue/web", None, 7)
    work = follow(replace(known, interpreters=mirrors), here, there, Packet(7, 1))
    yielded = 0
    while True:
        try:
            next(work)
            yielded += 1
        except StopIteration as end:
            trip = end.value
            break
    assert yielded <= MOST_VISITS * len(mirrors) + 1
    assert (trip.is_circling, trip.arrival) == (True, None)
    assert way_of(known, trip).causes[-1] == "it goes round between s1, s2, s3"
