"""Ports follow what hosts report, bit by bit as a whole look at everything would have them, and take from nobody."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from ipaddress import ip_address
from typing import Any
from unittest.mock import Mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.core import Core
from controller.fabric.plugs import Plugged, Report
from controller.intent.allocation import KeyLedger
from controller.intent.edit import IntentEdit, difference
from controller.intent.model import Fabric, Host, Intent, Network, Port, Segment, Switch
from controller.intent.moves import KeyChanges
from controller.placing import Taken, placed
from controller.plan import plan_of
from controller.plugging import Plugging, _taken_near
from controller.situation import IntentIndex
from controller.southbound.southbound import Southbound
from tests.switch.southbound_lab import Recorder

A, B, C = "02:00:00:00:00:0a", "02:00:00:00:00:0b", "02:00:00:00:00:0c"
SWITCHES = {
    "hv1": Switch("hv1", 1, ip_address("192.0.2.1"), {Segment.VXLAN: "vxlan0"}, host=Host()),
    "hv2": Switch("hv2", 2, ip_address("192.0.2.2"), {Segment.VXLAN: "vxlan0"}, host=Host()),
    "leaf": Switch("leaf", 3),
}
NETWORKS = {f"{a}/{b}": Network(a, b, Segment.VXLAN) for a, b in (("blue", "a"), ("blue", "b"), ("red", "a"))}
PORTS = {
    port.id: port
    for port in (
        Port("blue", "fixed", "blue/a", switch="hv1", interface="tap1", mac=A),
        Port("blue", "one", "blue/a", iface_id="i"),
        Port("blue", "trunk", trunk=((5, "blue/a"), (6, "blue/b")), iface_id="j", hosts=("hv1", "hv2")),
        Port("red", "given", "red/a", iface_id="k", mac=B, hosts=("hv2", "hv1")),
        Port("red", "fixed", "red/a", iface_id="m", hosts=("hv2",)),
        Port("red", "free", "red/a", iface_id="l"),
    )
}
FILES = Intent(Fabric(switches=SWITCHES), ("blue", "red"), NETWORKS, PORTS)
ITSELF = "tap1", "tap2", "vxlan0", "br-int"

plugged = st.builds(Plugged, st.sampled_from("ijjkklmx"), st.sampled_from([None, A, B, C]), st.booleans())
report = st.tuples(st.sampled_from(sorted(SWITCHES)), st.dictionaries(st.sampled_from(ITSELF), plugged) | st.none())
reload = st.sets(st.sampled_from(sorted(PORTS)))
heard = st.tuples(st.sampled_from(sorted(PORTS)), st.sampled_from(sorted(SWITCHES)))
steps = st.lists(report | report | heard | reload, max_size=12)
"""A host says what it has, or is lost; a guest is heard on a switch; files are loaded without these ports."""


def files_without(names: set[str]) -> Intent:
    return replace(FILES, ports={name: port for name, port in PORTS.items() if name not in names})


class Site:
    """A core, and its plugging."""

    def __init__(self) -> None:
        self.core = Core()
        self.southbound = Southbound(Recorder(), {})
        self.plugging = Plugging(self.core, self.southbound, lambda: 0.0, lambda: None, self.put)
        self.edits: list[IntentEdit] = []
        self.load(FILES)

    def put(self, edit: IntentEdit) -> bool:
        assert edit.before is self.core.situation.intent
        assert edit == difference(edit.before, edit.after)
        self.edits.append(edit)
        self.core.edit(edit, KeyChanges({}, {}))
        return True

    def load(self, intent: Intent) -> None:
        self.put(self.plugging.placed(difference(self.core.situation.intent, intent)))

    @property
    def ports(self) -> dict[str, Port]:
        return dict(self.core.situation.intent.ports)


@given(steps)
def test_bit_by_bit_is_as_a_whole(history: list[tuple[str, dict[str, Plugged] | str | None] | set[str]]) -> None:
    site, files = Site(), FILES
    for step in history:
        if isinstance(step, set):
            files = files_without(step)
            site.load(files)
        else:
            host, found = step
            if found is None:
                site.plugging.lost(host, "x")
            elif isinstance(found, str):
                site.plugging.heard(host, found)
            else:
                site.plugging.reported(host, Report(found))
        ports = site.ports
        assert {name: port.asked for name, port in ports.items()} == files.ports
        whole = placed(files, site.core.plugs.standing, site.core.situation.intent)
        assert {name: port for name, (port, _) in whole.items()} == {
            name: port for name, port in ports.items() if port.iface_id
        }
        assert vars(site.core.situation.index) == vars(IntentIndex(site.core.situation.intent))
        check_nobody_is_robbed(ports)


def check_nobody_is_robbed(ports: dict[str, Port]) -> None:
    places = [place for port in ports.values() for place in port.places]
    assert len(places) == len(set(places))
    macs = [(network, port.mac) for port in ports.values() if port.mac for network in port.networks]
    assert len(macs) == len(set(macs))
    for port in ports.values():
        for switch, interface in port.places if port.iface_id else ():
            assert SWITCHES[switch].host
            assert interface not in ("vxlan0", "br-int")
            assert switch in (port.hosts or SWITCHES)
        assert port.standby is None or (port.hosts and port.standby[0] != port.switch)


def test_a_plug_is_an_edit_of_one_port() -> None:
    site = Site()
    site.edits.clear()
    site.plugging.reported("hv2", Report({"tap2": Plugged("i", C)}))
    [edit] = site.edits
    assert (edit.fabric, sorted(edit.networks), sorted(edit.ports)) == (False, [], ["blue/one"])
    there = site.ports["blue/one"]
    assert (there.switch, there.interface, there.mac, there.is_mac_plugged) == ("hv2", "tap2", C, True)
    site.plugging.reported("hv2", Report({"tap2": Plugged("i", C), "tap1": Plugged("unknown")}))
    site.plugging.lost("hv2", "x")
    assert len(site.edits) == 1
    site.plugging.reported("hv2", Report({}))
    assert site.ports == PORTS


def test_what_is_no_endpoint_is_named(caplog: pytest.LogCaptureFixture) -> None:
    site = Site()
    site.plugging.reported("hv2", Report(no_endpoint="127.0.0.1"))
    assert site.core.endpoints == {}
    assert caplog.messages == ["not believed as the host says: endpoint '127.0.0.1' is not the address of one host"]


def test_where_a_guest_is_heard_that_may_be_there_its_port_is() -> None:
    site = Site()
    site.plugging.reported("hv1", Report({"tap2": Plugged("j", C)}))
    site.plugging.reported("hv2", Report({"tap2": Plugged("j", C)}))
    assert site.ports["blue/trunk"].places == (("hv1", "tap2"), ("hv2", "tap2"))
    # What concerns another port or place, or comes late, is nothing.
    for name, switch in (("blue/one", "hv2"), ("blue/trunk", "hv1"), ("gone", "hv2")):
        site.plugging.heard(name, switch)
    assert site.ports["blue/trunk"].switch == "hv1"
    site.plugging.heard("blue/trunk", "hv2")
    assert list(site.ports["blue/trunk"].places) == [("hv2", "tap2")]
    assert site.southbound.statistics.migrations == 1
    site.plugging.heard("blue/trunk", "hv1")
    assert list(site.ports["blue/trunk"].places) == [("hv2", "tap2")]


def test_a_host_that_may_not_have_a_port_is_doubted_and_counted_once() -> None:
    site = Site()
    site.plugging.reported("hv1", Report({"tap2": Plugged("m")}))
    site.plugging.reported("hv1", Report({"tap2": Plugged("m"), "tap1": Plugged("x")}))
    assert site.ports["red/fixed"] == PORTS["red/fixed"]
    assert site.southbound.statistics.plugs_doubted == 1
    site.plugging.reported("hv2", Report({"tap2": Plugged("m")}))
    assert site.ports["red/fixed"].switch == "hv2"


def test_a_mac_that_is_free_again_is_given_to_who_waited_for_it() -> None:
    site = Site()
    site.plugging.reported("hv1", Report({"tap2": Plugged("k")}))
    site.plugging.reported("hv2", Report({"tap2": Plugged("l", B)}))
    assert site.ports["red/free"].mac is None
    site.load(files_without({"red/given"}))
    assert site.ports["red/free"].mac == B
    site.load(FILES)
    assert (site.ports["red/given"].mac, site.ports["red/free"].mac) == (B, None)


def test_a_mac_that_another_host_gives_up_is_given_to_who_waited_for_it() -> None:
    site = Site()
    site.plugging.reported("hv2", Report({"tap2": Plugged("m", A)}))
    site.plugging.reported("hv1", Report({"tap2": Plugged("l", A)}))
    assert (site.ports["red/fixed"].mac, site.ports["red/free"].mac) == (A, None)
    site.plugging.reported("hv2", Report())
    assert (site.ports["red/fixed"].mac, site.ports["red/free"].mac) == (None, A)


def test_what_is_doubted_of_one_host_does_not_make_reports_of_others_dear(monkeypatch: pytest.MonkeyPatch) -> None:
    site, looked = Site(), list[str]()
    site.plugging.reported("hv1", Report({"tap2": Plugged("l", B)}))

    def taken_near(index: IntentIndex, port: Port, *rest: Any) -> Taken:  # noqa: ANN401
        looked.append(port.id)
        return _taken_near(index, port, *rest)

    monkeypatch.setattr("controller.plugging._taken_near", taken_near)
    site.plugging.reported("hv2", Report({"tap2": Plugged("i", C)}))
    assert looked == ["blue/one"]


def test_what_follows_from_a_report_is_paid_for_by_its_host() -> None:
    site, hosts = Site(), Mock(joined={})
    while site.core.is_dirty:
        site.core.changes()

    def paid(host: str, said: Report) -> list[tuple[Any, ...]]:
        site.plugging.reported(host, said)
        pending = site.core.pending
        while site.core.is_dirty:
            site.core.changes()
        hosts.reset_mock()
        site.plugging.compiled(1.0, pending, is_done=True)
        return [call.args for call in hosts.allowances.spend.mock_calls]

    async def scenario() -> None:
        site.plugging.begin(hosts, is_open=True)
        assert paid("hv2", Report({"tap2": Plugged("i", C)})) == [("hv2", 1.0)]
        # It says that it is elsewhere: all that depends on the fabric is compiled. Or it names an interface anew.
        assert paid("hv1", Report(endpoint=ip_address("192.0.2.7"))) == [("hv1", 1.0)]
        assert paid("hv1", Report(plain=frozenset({"eth7"}))) == [("hv1", 1.0)]
        assert paid("hv1", Report(plain=frozenset({"eth7"}))) == []

    asyncio.run(scenario())


def test_an_edit_from_an_older_intent_comes_into_force_as_a_whole() -> None:
    """Reading files takes seconds, and others plug and edit meanwhile."""
    site = Site()
    late = difference(site.core.situation.intent, files_without({"red/given"}))
    site.plugging.reported("hv2", Report({"tap2": Plugged("i", C)}))
    site.put(site.plugging.placed(late))
    assert site.ports["blue/one"].switch == "hv2"
    assert "red/given" not in site.ports


def test_a_plan_of_the_files_in_force_says_nothing_of_where_hosts_have_ports() -> None:
    site = Site()
    site.plugging.reported("hv2", Report({"tap2": Plugged("i", C)}))
    before, core = site.core.situation.intent, site.core
    assert not plan_of(core, before, KeyLedger(), FILES, 0.0)
    changed = {**PORTS, "blue/one": replace(PORTS["blue/one"], iface_id="m")}
    [item] = plan_of(core, before, KeyLedger(), replace(FILES, ports=changed), 0.0).items
    assert (item.name, item.details) == (
        "blue/one",
        ("moves from iface_id i (hv2:tap2) to iface_id m", f"MAC: {C} to learned"),
    )
