"""What valid documents become, what they warn of, and that nothing that is read makes the loader raise."""

from __future__ import annotations

import json
import tempfile
from ipaddress import IPv4Address, ip_address, ip_interface
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from controller.intent.lab_model import Guest, Hypervisor, OutsideVtep, Wire, WireEnd
from controller.intent.loader import load
from controller.intent.model import (
    DiscoverySettings,
    HostSettings,
    Intent,
    KeyRange,
    Learning,
    LinkSetting,
    Network,
    Port,
    Segment,
    Switch,
)
from tests.unit import intent_cases

EXAMPLE = """\
fabric:
  vlans: 2-4094            # pool for VLAN networks; 0, 1 and 4095 are never given out, nor what `reserved` lists
  keys: 4096-16777215      # pool for overlay networks
  overlay: vxlan           # what `segment: auto` uses when VLANs run out, and the default overlay
  switches:
    leaf1: {dpid: "0000000000000001"}
    hv1:   {dpid: "0000000000000011", endpoint: 192.0.2.1}
tenants:
  blue:
    networks:
      web: {segment: vlan}                 # vlan | vxlan | geneve | gre | auto, and an optional key
      db:  {segment: vxlan, key: 70000}
    ports:
      web1: {network: web, switch: leaf1, interface: leaf1-eth1, mac: "02:00:00:00:00:01", ip: [10.0.0.1]}
      db1:  {network: db, switch: hv1, interface: tap3}    # without mac: learned
      trunk1: {switch: leaf1, interface: leaf1-eth9, trunk: {101: web, 102: db}}   # tagged towards the guest
"""

LAB = """\
  underlay: bridge
  bridges: [leaf1]
  hypervisors:
    hv1: {address: 192.0.2.1/24}
  wires:
    - ["hv1:eth5", "leaf1:leaf1-eth9"]
  guests:
    h1: {port: blue/web1, address: 10.0.0.1/24, mtu: 1400}
    h2: {port: blue/trunk1, vlans: {5: {address: [10.0.5.2/24, "fd00::2/64"]}}, mac: "02:00:00:00:00:02"}
  vteps:
    out1: {port: blue/out1, address: 192.0.2.9/24, inner: 10.0.0.9/24, wire: "leaf1:leaf1-eth12"}
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def valid(text: str) -> Intent:
    loaded = intent_cases.loaded(text)
    assert loaded.errors == ()
    assert loaded.intent is not None
    return loaded.intent


def test_links_and_what_drains() -> None:
    fabric = valid(
        """\
fabric:
  switches:
    a: {dpid: "0000000000000001", draining: true}
    b: {dpid: "0000000000000002"}
  links:
    - {between: [b:x, a:y], cost: 65535}
    - {between: ["a:x", "b:y"], draining: true}
    - {between: [a:z, b:z]}
"""
    ).fabric
    assert fabric.switches == {"a": Switch("a", 1, draining=True), "b": Switch("b", 2)}
    assert fabric.links == {
        (("a", "y"), ("b", "x")): LinkSetting(65535),
        (("a", "x"), ("b", "y")): LinkSetting(draining=True),
        (("a", "z"), ("b", "z")): LinkSetting(),
    }


def test_the_example() -> None:
    intent = valid(EXAMPLE)
    assert intent.tenants == ("blue",)
    assert intent.fabric.switches["leaf1"] == Switch("leaf1", 1)
    assert intent.fabric.switches["hv1"] == Switch(
        "hv1",
        0x11,
        IPv4Address("192.0.2.1"),
        {Segment.VXLAN: "vxlan0", Segment.GENEVE: "geneve0", Segment.GRE: "gre0"},
    )
    assert intent.networks == {
        "blue/web": Network("blue", "web", Segment.VLAN),
        "blue/db": Network("blue", "db", Segment.VXLAN, 70000),
    }
    assert intent.ports["blue/web1"] == Port(
        "blue",
        "web1",
        network="blue/web",
        switch="leaf1",
        interface="leaf1-eth1",
        mac="02:00:00:00:00:01",
        ip=(ip_address("10.0.0.1"),),
    )
    assert intent.ports["blue/trunk1"].trunk == ((101, "blue/web"), (102, "blue/db"))


def test_a_trunk_may_carry_an_overlay_that_cannot_leave_the_switch_with_a_warning() -> None:
    assert intent_cases.warnings(EXAMPLE) == [
        "t.yaml:16:77: network blue/db is an overlay, and switch leaf1 has no endpoint; "
        "give leaf1 an endpoint, or the network segment: vlan"
    ]


def test_defaults_are_those_of_the_models() -> None:
    assert valid("tenants: {}\n") == Intent()


def test_every_setting() -> None:
    intent = valid(
        """\
fabric:
  vlans: [10-20, 30, "40 - 50"]
  keys: 5000-6000
  reserved: 15
  overlay: geneve
  underlay_mtu: 9000
  learning: {age: 60, limit: 5}
  discovery: {period: 0.5}
  hosts: {checksums: false, ovn_installed: true}
  switches:
    s1: {dpid: "00000000000000aB", endpoint: "2001:db8::1", tunnels: {geneve: gnv}}
tenants:
  42:
    networks: {no: {segment: geneve, key: 7, mtu: 1400, lldp: pass, description: Not a boolean.}}
    ports:
      p: {network: no, switch: s1, interface: tap0, mac: 12:34:56:10:20:3A, ip: 10.0.0.1, description: Unquoted MAC.}
      out: {network: no, endpoint: "2001:db8::2"}
"""
    )
    fabric = intent.fabric
    assert fabric.vlans == (KeyRange(10, 20), KeyRange(30, 30), KeyRange(40, 50))
    assert (fabric.keys, fabric.reserved) == ((KeyRange(5000, 6000),), (KeyRange(15, 15),))
    assert (fabric.overlay, fabric.underlay_mtu, fabric.learning) == (Segment.GENEVE, 9000, Learning(60, 5))
    assert fabric.discovery == DiscoverySettings(0.5)
    assert fabric.hosts == HostSettings(checksums=False, ovn_installed=True)
    assert fabric.switches["s1"].dpid == 0xAB
    assert fabric.switches["s1"].tunnels == {Segment.VXLAN: "vxlan0", Segment.GENEVE: "gnv", Segment.GRE: "gre0"}
    assert intent.networks["42/no"] == Network("42", "no", Segment.GENEVE, 7, 1400, "Not a boolean.", passes_lldp=True)
    assert intent.ports["42/p"].mac == "12:34:56:10:20:3a"
    assert intent.ports["42/out"].endpoint == ip_address("2001:db8::2")


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("1", 1.0), ("2s", 2.0), ("500ms", 0.5), ("0.2", 0.2), ("1.25 s", 1.25), ('"10"', 10.0)],
)
def test_periods(written: str, seconds: float) -> None:
    assert valid(f"fabric: {{discovery: {{period: {written}}}}}\n").fabric.discovery.period == seconds


def test_the_lab() -> None:
    lab = intent_cases.loaded(intent_cases.lab("").rstrip() + "\n" + LAB).lab
    assert lab is not None
    assert (lab.bridges, lab.underlay_bridge) == (("leaf1",), True)
    assert lab.hypervisors == {"hv1": Hypervisor("hv1", ip_interface("192.0.2.1/24"))}
    assert lab.wires == (Wire(WireEnd("hv1", "eth5"), WireEnd("leaf1", "leaf1-eth9")),)
    h1, h2 = lab.guests.values()
    assert h1 == Guest(
        "h1", "blue/web1", (ip_interface("10.0.0.1/24"),), "02:00:00:00:00:01", {}, 1400, "leaf1", "leaf1-eth1"
    )
    assert (h2.mac, h2.vlans) == ("02:00:00:00:00:02", {5: (ip_interface("10.0.5.2/24"), ip_interface("fd00::2/64"))})
    assert lab.vteps["out1"] == OutsideVtep(
        "out1",
        "blue/out1",
        ip_interface("192.0.2.9/24"),
        ip_interface("10.0.0.9/24"),
        WireEnd("leaf1", "leaf1-eth12"),
    )


def test_an_uplink_that_leads_nowhere_is_a_warning() -> None:
    text = intent_cases.lab("hypervisors: {hv1: {address: 192.0.2.1/24}}")
    assert intent_cases.warnings(text) == [
        "t.yaml:14:17: the uplink eth0 of hypervisor hv1 leads nowhere; wire it, or add underlay: bridge"
    ]


def test_an_mtu_that_does_not_fit_is_a_warning() -> None:
    text = intent_cases.tenant(
        """
        networks:
          fits: {segment: vxlan, mtu: 1450}
          not4: {segment: vxlan, mtu: 1451}
          not6: {segment: gre, mtu: 1439}
          wire: {segment: vlan, mtu: 9000}
          auto: {mtu: 1500}
        ports:
          p: {network: not6, switch: hv6, interface: a}
        """
    )
    assert intent_cases.warnings(text) == [
        "t.yaml:12:35: mtu 1451 of network blue/not4 is more than the underlay's 1500 leaves over vxlan and IPv4; "
        "set the guests to 1450, or underlay_mtu to 1501",
        "t.yaml:13:33: mtu 1439 of network blue/not6 is more than the underlay's 1500 leaves over gre and IPv6; "
        "set the guests to 1438, or underlay_mtu to 1501",
        "t.yaml:14:34: mtu 9000 of network blue/wire is more than the underlay's 1500 leaves; "
        "set the guests to 1500, or underlay_mtu to 9000",
    ]


def test_auto_on_a_switch_without_endpoint_is_a_warning_when_vlans_may_run_out() -> None:
    text = intent_cases.ports("p: {network: any, switch: leaf1, interface: a}")
    assert intent_cases.warnings(text) == []
    assert intent_cases.warnings(text.replace("reserved: [100, 200-210]", "vlans: [10, 11]")) == []
    assert intent_cases.warnings(text.replace("reserved: [100, 200-210]", "vlans: 10")) == [
        "t.yaml:12:20: network blue/any may become an overlay, and switch leaf1 has no endpoint; "
        "give leaf1 an endpoint, or the network segment: vlan"
    ]


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
@example(b"\xef\xbb\xbftenants: {}")
@example(b"tenants: {a: {ports: {p: {trunk: {? 5 : x}}}}}")
def test_any_bytes_load_or_are_errors(content: bytes) -> None:
    with tempfile.NamedTemporaryFile(suffix=".yaml") as file:
        Path(file.name).write_bytes(content)
        loaded = load([Path(file.name)])
    assert (loaded.intent is None) == bool(loaded.errors)


WORDS = [*"{}[],:&*|>-?!#'\"\n\t ", "  ", ": ", "\n  ", "fabric", "tenants", "lab", "switches", "networks", "ports"]
WORDS += [
    "blue",
    "network",
    "trunk",
    "switch",
    "s1",
    "wires",
    "a:b",
    "&a ",
    "*a",
    "101",
    "vxlan",
    "segment",
    "key",
    "~",
]


@settings(max_examples=500, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=60).map("".join) | st.text(max_size=100))
def test_any_text_loads_or_is_errors(text: str) -> None:
    with tempfile.NamedTemporaryFile(suffix=".yaml") as file:
        Path(file.name).write_bytes(text.encode(errors="surrogatepass"))
        loaded = load([Path(file.name)])
    assert (loaded.intent is None) == bool(loaded.errors)


SCALARS = st.none() | st.booleans() | st.integers(-5, 70000) | st.sampled_from(["s1", "a", "blue/p", "s1:x", "vlan"])
KEYS = st.sampled_from([*"ap5", "s1", "blue", "vlan", "web", "address", "port", "wire", "endpoint", "tunnels", "inner"])
KEYS |= st.sampled_from(["fabric", "tenants", "lab", "switches", "networks", "ports", "wires", "guests", "vteps"])
KEYS |= st.sampled_from(["network", "trunk", "switch", "interface", "dpid", "bridges", "hypervisors", "vlans", "[key]"])
TREES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner), max_leaves=15)
DOCUMENTS = st.fixed_dictionaries({}, optional={"fabric": TREES, "tenants": TREES, "lab": TREES, "x": TREES})


@settings(max_examples=500, deadline=None)
@given(DOCUMENTS)
def test_any_tree_loads_or_is_errors(tree: dict[str, object]) -> None:
    with tempfile.NamedTemporaryFile(suffix=".yaml") as file:
        Path(file.name).write_text(json.dumps(tree))
        loaded = load([Path(file.name)])
    assert (loaded.intent is None) == bool(loaded.errors)
