"""Events in, changes of units out: what the core touches, what it leaves alone, and what it does not believe."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address

from controller.compiler import Change
from controller.core import Core
from controller.dataplane.fields import ETH_SRC, mac_number
from controller.dataplane.flow import Output, ToGroup
from controller.fabric.addresses import Verdict
from controller.fabric.model import End, Interface, Link
from controller.intent.model import (
    Fabric,
    Intent,
    Network,
    Port,
    Segment,
    SegmentKey,
    Switch,
)
from controller.missing import missing_tunnels, networks_on
from controller.network_plan import ANNOUNCEMENTS, PROBES, UNDERLAY

BLUE_MAC = "02:00:00:00:00:01"
GUEST = 0x020000000099
SWITCHES = {
    "s1": Switch("s1", 1, ip_address("198.51.100.1"), {Segment.VXLAN: "vxlan0"}),
    "s2": Switch("s2", 2, ip_address("198.51.100.2"), {Segment.VXLAN: "vxlan0"}),
}
NETWORKS = {
    "blue/web": Network("blue", "web", Segment.VLAN),
    "red/web": Network("red", "web", Segment.VXLAN),
}
PORTS = {
    "blue/a": Port("blue", "a", network="blue/web", switch="s1", interface="tap1", mac=BLUE_MAC),
    "blue/b": Port("blue", "b", network="blue/web", switch="s2", interface="tap1"),
    "red/a": Port("red", "a", network="red/web", switch="s1", interface="tap2"),
    "red/b": Port("red", "b", network="red/web", switch="s2", interface="tap2"),
}
INTENT = Intent(Fabric(switches=SWITCHES), ("blue", "red"), NETWORKS, PORTS)
KEYS = {"blue/web": SegmentKey(Segment.VLAN, 101), "red/web": SegmentKey(Segment.VXLAN, 70000)}
INTERFACES = (
    Interface("tap1", 1),
    Interface("tap2", 2),
    Interface("vxlan0", 3),
    Interface("wire1", 4),
    Interface("wire2", 5),
)
ENDS = {name: End(name, "wire1") for name in SWITCHES}


def settled(changes: list[Change]) -> set[str]:
    return {change.switch for change in changes}


def started() -> Core:
    core = Core()
    core.adopt(INTENT, KEYS)
    for name in SWITCHES:
        core.switch_ready(name, INTERFACES, True, 0.0)
    core.heard(ENDS["s1"], ENDS["s2"], 0.0)
    core.heard(ENDS["s2"], ENDS["s1"], 0.0)
    core.changes()
    return core


def reasons(core: Core, switch: str) -> list[str]:
    return sorted(str(flow.reason) for flow in core.compiler.program(switch).flows.values())


def test_a_started_core_has_nothing_more_to_say() -> None:
    core = started()
    assert core.fabric.links == {Link(ENDS["s1"], ENDS["s2"])}
    assert core.changes() == []


def test_the_same_events_give_the_same_cookies() -> None:
    assert started().compiler.program("s1").flows.keys() == started().compiler.program("s1").flows.keys()


def test_a_given_address_is_installed_before_any_packet() -> None:
    flows = started().compiler.program("s2").flows.values()
    towards = [flow for flow in flows if str(flow.reason) == "vlan: towards its switch (network blue/web port blue/a)"]
    assert len(towards) == 1
    assert isinstance(towards[0].actions[-1], ToGroup)


def test_a_learned_address_touches_its_network_only() -> None:
    core = started()
    assert core.observed("red/web", "red/b", GUEST) is Verdict.LEARNED
    changes = core.changes()
    assert settled(changes) == {"s1", "s2"}
    added = [
        flow for change in changes for cookie, flow in change.after.flows.items() if cookie not in change.before.flows
    ]
    assert {flow.reason.network for flow in added} == {"red/web"}
    assert len(added) == 3, "a sender and an address where it is, an address where it is not"
    assert core.observed("red/web", "red/b", GUEST) is Verdict.KNOWN
    assert core.changes() == []


def test_a_guest_that_moves_is_sent_to_at_its_new_port() -> None:
    core = started()
    core.observed("red/web", "red/b", GUEST)
    core.changes()
    assert core.observed("red/web", "red/a", GUEST) is Verdict.MOVED
    core.changes()
    delivered = [reason for reason in reasons(core, "s1") if "delivered" in reason]
    assert "access: delivered (network red/web port red/a)" in delivered


def test_a_guest_that_moves_to_a_full_port_is_flooded_to() -> None:
    core = started()
    core.observed("red/web", "red/b", GUEST)
    for number in range(INTENT.fabric.learning.limit):
        core.observed("red/web", "red/a", GUEST + 1 + number)
    core.changes()
    assert core.observed("red/web", "red/a", GUEST) is Verdict.FULL
    core.changes()
    senders = [reason for reason in reasons(core, "s2") if "learned sender" in reason]
    assert senders == [], "it is not sent to where it was"


def test_a_given_address_cannot_be_learned_elsewhere() -> None:
    core = started()
    assert core.observed("blue/web", "blue/b", mac_number(BLUE_MAC)) is Verdict.FORGED
    assert core.observed("red/web", "red/b", mac_number(BLUE_MAC)) is Verdict.LEARNED, "another network's is free"


def test_a_silent_sender_is_forgotten_everywhere() -> None:
    core = started()
    core.observed("red/web", "red/b", GUEST)
    core.changes()
    program = core.compiler.program("s2")
    cookie = next(cookie for cookie, flow in program.flows.items() if flow.reason.note == "learned sender")
    assert any(field is ETH_SRC and value == GUEST for field, value, _ in program.flows[cookie].match)
    core.flow_expired("s2", cookie)
    core.changes()
    assert core.compiler.program("s1").flows.keys() == started().compiler.program("s1").flows.keys()
    core.flow_expired("s2", cookie)
    assert core.changes() == [], "a report of a flow that is gone is no event"


def test_an_interface_with_a_new_number_gets_new_flows() -> None:
    core = started()
    core.interface_changed("s1", Interface("tap1", 1), deleted=True)
    core.changes()
    assert not any("port blue/a" in reason for reason in reasons(core, "s1"))
    while core.confirmed(core.connected_switches()):
        core.changes()
    assert core.interface_of("s1", 1) is None
    core.interface_changed("s1", Interface("tap1", 9), deleted=False)
    assert core.interface_of("s1", 9) == End("s1", "tap1")
    core.changes()
    delivered = [flow for flow in core.compiler.program("s1").flows.values() if flow.actions[-1:] == (Output(9),)]
    assert sorted(str(flow.reason) for flow in delivered) == [
        "access: delivered (network blue/web port blue/a)",
        "vlan: delivered, from a link (network blue/web port blue/a)",
    ]


def test_an_edit_touches_the_edited_network_only() -> None:
    core = started()
    edited = replace(INTENT, ports={**PORTS, "red/b": replace(PORTS["red/b"], mac="02:00:00:00:00:42")})
    core.adopt(edited, KEYS)
    networks = {
        flow.reason.network
        for change in core.changes()
        for cookie, flow in change.after.flows.items()
        if cookie not in change.before.flows and flow.reason.network
    }
    assert networks == {"red/web"}


def test_a_description_changes_nothing() -> None:
    core = started()
    network = replace(NETWORKS["blue/web"], description="the shop")
    core.adopt(replace(INTENT, networks={**NETWORKS, "blue/web": network}), KEYS)
    assert core.changes() == [] or all(change.before.flows == change.after.flows for change in core.changes())


def test_a_network_that_goes_leaves_no_flow() -> None:
    core = started()
    without = replace(
        INTENT,
        networks={"red/web": NETWORKS["red/web"]},
        ports={name: port for name, port in PORTS.items() if port.tenant == "red"},
    )
    core.adopt(without, {"red/web": KEYS["red/web"]})
    core.changes()
    for switch in SWITCHES:
        assert not any("blue" in reason for reason in reasons(core, switch))


def test_a_network_that_changes_its_segment_keeps_its_addresses() -> None:
    core = started()
    core.observed("red/web", "red/b", GUEST)
    core.changes()
    core.adopt(INTENT, {**KEYS, "red/web": SegmentKey(Segment.VXLAN, 70001)})
    core.changes()
    assert any("learned sender" in reason for reason in reasons(core, "s2"))


def test_a_switch_is_told_of_nothing_that_it_should_keep_while_a_network_moves() -> None:
    core, new = started(), SegmentKey(Segment.VXLAN, 9)
    told = {name: dict(core.compiler.program(name).flows) for name in SWITCHES}
    steps = ((KEYS, {"blue/web": new}), ({**KEYS, "blue/web": new}, {"blue/web": KEYS["blue/web"]}))
    for keys, second_keys in (*steps, ({**KEYS, "blue/web": new}, {})):
        core.rekey(core.key_changes(keys, second_keys))
        for change in core.changes():
            for cookie in change.before.flows.keys() - change.after.flows.keys():
                del told[change.switch][cookie]
            told[change.switch].update(change.after.flows)
        assert told == {name: core.compiler.program(name).flows for name in SWITCHES}


def test_a_network_that_moves_is_received_by_its_second_key_and_not_entered() -> None:
    core = started()
    before = {name: core.compiler.program(name).flows for name in SWITCHES}
    core.rekey(core.key_changes(KEYS, {"blue/web": SegmentKey(Segment.VXLAN, 9)}))
    core.changes()
    for name in SWITCHES:
        flows = core.compiler.program(name).flows
        assert before[name].items() <= flows.items(), "nothing that was there is missing"
        added = {str(flow.reason).partition(" (")[0] for cookie, flow in flows.items() if cookie not in before[name]}
        assert "overlay: from a tunnel" in added
        assert not added & {"access: enters", "learning: unknown sender", "learning: given sender"}
    while core.confirmed(SWITCHES):
        core.changes()
    assert not core.is_dirty, "a confirmation that moves nothing touches nothing"
    core.rekey(core.key_changes({**KEYS, "blue/web": SegmentKey(Segment.VXLAN, 9)}, {}))
    core.rekey(core.key_changes(KEYS, {}))
    core.changes()
    assert {name: core.compiler.program(name).flows for name in SWITCHES} == before


def test_missing_switches_and_tunnels_are_named() -> None:
    core = Core()
    core.adopt(INTENT, KEYS)
    assert core.missing_switches() == ["s1", "s2"]
    core.switch_ready("s1", INTERFACES[:2], True, 0.0)
    assert core.missing_switches() == ["s2"]
    assert missing_tunnels(core.situation, networks_on(core.situation, "s1")) == [("s1", "vxlan", "vxlan0")]
    assert missing_tunnels(core.situation, ["blue/web", "no/such"]) == []


def test_a_meter_that_networks_of_a_trunk_share_stays_with_the_last() -> None:
    trunk = Port("red", "t", trunk=((7, "red/web"), (8, "red/db")), switch="s1", interface="tap2")
    networks = {name: Network("red", name[4:], Segment.VXLAN) for name in ("red/web", "red/db")}
    keys = {name: SegmentKey(Segment.VXLAN, at) for at, name in enumerate(networks, 5000)}
    core = Core()
    core.adopt(Intent(Fabric(switches=SWITCHES), ("red",), networks, {trunk.id: trunk}), keys)
    core.switch_ready("s1", INTERFACES, True, 0.0)
    core.changes()
    (meter,) = core.compiler.program("s1").meters.keys() - {ANNOUNCEMENTS, PROBES, UNDERLAY}
    for left in (["red/web"], []):
        ports = {trunk.id: replace(trunk, trunk=((7, "red/web"),))} if left else {}
        some = {name: networks[name] for name in left}
        core.adopt(Intent(Fabric(switches=SWITCHES), ("red",), some, ports), {name: keys[name] for name in left})
        gone = {one.id for change in core.changes() for one in change.before.meters if one not in change.after.meters}
        assert gone == (set() if left else {meter})
        assert (meter in core.compiler.program("s1").meters) == bool(left)


def test_changes_are_made_switches_first_and_no_more_than_were_asked_for() -> None:
    core = Core()
    core.adopt(INTENT, KEYS)
    for name in SWITCHES:
        core.switch_ready(name, INTERFACES, True, 0.0)
    reasons_of = [
        {flow.reason.network for change in core.changes(1) for flow in change.after.contents} for _ in range(4)
    ]
    assert reasons_of[:2] == [{""}, {""}]
    assert sorted(map(sorted, reasons_of[2:])) == [["blue/web"], ["red/web"]]
    assert not core.is_dirty
