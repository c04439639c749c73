"""What hosts say of their tunnel endpoints: who gets which, and who is not believed."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address

import pytest

from controller.fabric.memory import Memory
from controller.fabric.plugs import Claim, Report
from controller.intent.model import Fabric, Host, Intent, Port, Segment, Switch
from controller.ovsdb.plugged import report_of
from controller.ovsdb.session import Session
from controller.placing import as_remembered, with_endpoints
from tests.unit.host_script import answer, rows

ONE, TWO, THREE = (ip_address(f"192.0.2.{number}") for number in (1, 2, 3))
TUNNELS = {Segment.VXLAN: "vxlan0"}
HOST = Host(tunnels=TUNNELS)
FILES = Intent(
    Fabric(
        {
            "given": Switch("given", 1, ONE, TUNNELS, host=HOST),
            "a": Switch("a", 2, host=HOST),
            "b": Switch("b", 3, host=HOST),
            "leaf": Switch("leaf", 4),
        }
    ),
    ports={"blue/out": Port("blue", "out", "blue/net", endpoint=THREE)},
)


def endpoints(intent: Intent) -> dict[str, str]:
    return {name: str(switch.endpoint) for name, switch in intent.fabric.switches.items() if switch.endpoint}


def test_a_host_has_the_endpoint_that_it_says_if_none_is_given() -> None:
    intent, doubts = with_endpoints(FILES, {"a": TWO, "given": TWO, "leaf": THREE, "gone": TWO}, FILES)
    assert endpoints(intent) == {"given": "192.0.2.1", "a": "192.0.2.2"}
    assert intent.fabric.switches["a"] == Switch("a", 2, TWO, TUNNELS, host=HOST, is_endpoint_said=True)
    assert doubts == {}
    assert with_endpoints(intent, {"a": TWO}, intent) == (intent, {})
    assert with_endpoints(intent, {}, intent)[0] == FILES


def test_nobody_gets_what_another_has() -> None:
    for said, text in (({"a": ONE}, "endpoint 192.0.2.1 is that of switch given"), ({"a": THREE}, "port blue/out")):
        intent, doubts = with_endpoints(FILES, said, FILES)
        assert intent == FILES
        assert text in doubts["a"]
    first, _ = with_endpoints(FILES, {"b": TWO}, FILES)
    intent, doubts = with_endpoints(first, {"a": TWO, "b": TWO}, first)
    assert endpoints(intent) == {"given": "192.0.2.1", "b": "192.0.2.2"}
    assert doubts == {"a": "endpoint 192.0.2.2 is that of switch b"}


def test_the_files_overrule_what_was_said() -> None:
    before, _ = with_endpoints(FILES, {"a": TWO}, FILES)
    switches = {**FILES.fabric.switches, "b": Switch("b", 3, TWO, TUNNELS, host=HOST)}
    intent, doubts = with_endpoints(Intent(Fabric(switches)), {"a": TWO}, before)
    assert endpoints(intent) == {"given": "192.0.2.1", "b": "192.0.2.2"}
    assert doubts == {"a": "endpoint 192.0.2.2 is that of switch b"}
    assert replace(intent, fabric=Fabric(switches)) == intent


def test_what_is_remembered_is_placed_at_first() -> None:
    port = Port("blue", "vm", "blue/net", iface_id="i")
    claims = (Claim("i", "b", "tap1"), Claim("i", "a", "tap2", "02:00:00:00:00:01", holds=True))
    intent = as_remembered(replace(FILES, ports={port.id: port}), Memory(plugs=claims, endpoints={"b": TWO}))
    assert endpoints(intent) == {"given": "192.0.2.1", "b": "192.0.2.2"}
    found = intent.ports["blue/vm"]
    assert (found.switch, found.interface, found.mac) == ("a", "tap2", "02:00:00:00:00:01")


@pytest.mark.parametrize(
    ("said", "endpoint"),
    [
        ([["ovn-encap-ip", "192.0.2.1"]], "192.0.2.1"),
        ([["ovn-encap-ip", "192.0.2.1,192.0.2.2"]], "192.0.2.1"),
        ([["ovn-encap-ip", "192.0.2.1"], ["tenantry-encap-ip", "2001:db8::1"]], "2001:db8::1"),
        ([["tenantry-encap-ip", "nonsense"]], None),
        ([["tenantry-encap-ip", "224.0.0.1"]], None),
        ([["tenantry-encap-ip", "0.0.0.0"]], None),
        ([["tenantry-encap-ip", "127.0.0.1"]], None),
        ([["tenantry-encap-ip", "fe80::1%eth0"]], None),
        ([], None),
    ],
)
def test_what_a_host_says(said: list[list[str]], endpoint: str | None) -> None:
    session = Session(0.0)
    session.receive(answer(1, rows(external_ids=["map", said])), 0.0)
    found = report_of(session.replica, "br-int")
    if endpoint:
        assert found == Report(endpoint=ip_address(endpoint))
    else:
        assert found == Report(no_endpoint=said[0][1] if said else "")
