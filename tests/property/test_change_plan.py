"""A change over the API is taken or refused as if it stood in a file, and comes to the same intent."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import event, given, settings
from hypothesis import strategies as st

from controller.change_plan import Plan, Target, plan
from controller.intent.api_part import ApiPart, Content, PartEdit, edited
from controller.intent.edit import difference
from controller.intent.loader import Loaded, load
from controller.intent.problems import Problem
from controller.intent.write import Refused
from controller.situation import IntentIndex

FILE = """\
fabric:
  reserved: [9]
  switches:
    leaf: {dpid: "0000000000000001"}
    hv1: {dpid: "0000000000000011", endpoint: 192.0.2.1, host: {}}
    hv6: {dpid: "0000000000000016", endpoint: "2001:db8::1"}
  links: [{between: ["leaf:wire", "hv1:wire"]}]
tenants:
  red:
    networks: {web: {segment: vlan, key: 10}, db: {segment: vxlan, key: 10}}
    ports:
      a: {network: web, switch: leaf, interface: tap1}
      b: {network: db, switch: hv1, interface: tap1}
      c: {network: db, iface_id: k}
"""

names = st.sampled_from(("web", "db"))
networks = st.fixed_dictionaries(
    {},
    optional={
        "segment": st.sampled_from(("vlan", "vxlan", "auto", "none")),
        "key": st.sampled_from((9, 10, 11)),
        "mtu": st.sampled_from((1400, 1500)),
        "description": st.sampled_from(("", "a note")),
    },
)
places_mac = st.sampled_from(("02:00:00:00:00:01", "02:00:00:00:00:02"))
places = st.fixed_dictionaries(
    {},
    optional={
        "switch": st.sampled_from(("leaf", "hv1", "hv6", "gone")),
        "interface": st.sampled_from(("tap1", "tap2", "wire", "vxlan0")),
        "mac": places_mac,
        "iface_id": st.sampled_from(("i", "j")),
        "endpoint": st.sampled_from(("192.0.2.1", "198.51.100.1")),
        "ip": st.sampled_from(("10.0.0.1", ["10.0.0.1", "2001:db8::5"])),
    },
)
on = st.one_of(
    st.builds(lambda network: {"network": network}, names),
    st.builds(lambda trunk: {"trunk": trunk}, st.dictionaries(st.sampled_from(("5", "6")), names)),
)
plain_places = st.builds(
    lambda switch, interface: {"switch": switch, "interface": interface},
    st.sampled_from(("leaf", "hv1", "hv6")),
    st.sampled_from(("tap1", "tap2", "tap3")),
)
by_id = st.fixed_dictionaries({"iface_id": st.sampled_from(("i", "j", "k"))}, optional={"mac": places_mac})
ports = st.builds(lambda one, other: {**one, **other}, on, st.one_of(plain_places, plain_places, by_id, places))
tenants = st.fixed_dictionaries(
    {}, optional={"networks": st.dictionaries(names, networks), "ports": st.dictionaries(names, ports, max_size=2)}
)
owners = st.sampled_from(("blue", "green"))
none = st.none()
writes = st.one_of(
    st.tuples(st.builds("tenants/{}".format, owners), st.one_of(tenants, tenants, none)),
    st.tuples(st.builds("networks/{}/{}".format, owners, names), st.one_of(networks, networks, none)),
    st.tuples(st.builds("ports/{}/{}".format, owners, names), st.one_of(ports, ports, ports, none)),
)


def naive(part: ApiPart, path: str, content: Content | None) -> ApiPart:
    """The part with this content, whatever it is worth."""
    target, changed = Target.at(path), dict[str, Any]()
    if target.kind != "tenants":
        return edited(part, [PartEdit(1, {path: content, f"tenants/{target.tenant}": {}})])
    changed.update(dict.fromkeys(part.resources_of(target.tenant)))
    changed[path] = None if content is None else {}
    for kind in ("networks", "ports"):
        named = (content or {}).get(kind, {})
        changed |= {f"{kind}/{target.tenant}/{name}": one for name, one in named.items()}
    return edited(part, [PartEdit(1, changed)])


def tried(known: Loaded, path: str, content: Content | None) -> Plan | Refused:
    assert known.intent is not None
    try:
        return plan(known.intent, IntentIndex(known.intent), known.base, Target.at(path), content)
    except Refused as refused:
        return refused


def sentences(problems: Iterable[Problem]) -> set[str]:
    return {f"{one.what}; {one.instead}" for one in problems}


def without_places(details: Iterable[str]) -> set[str]:
    """But for those that name a second place, which is the other one of the two in a file."""
    return {detail for detail in details if ", at " not in detail}


@settings(max_examples=80)
@given(st.lists(writes, min_size=1, max_size=8))
def test_a_change_is_judged_as_if_it_were_in_a_file(history: list[tuple[str, Content | None]]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "fabric.yaml"
        file.write_text(FILE)
        part = edited(ApiPart(), [PartEdit(1, {"tenants/blue": {}, "tenants/green": {}})])
        known = load([file], None, part)
        for path, content in history:
            after = naive(part, path, content)
            whole, found = load([file], None, after), tried(known, path, content)
            if isinstance(found, Refused):
                event("refused")
                assert whole.intent is None, (found, found.mistakes)
                assert without_places(one.detail for one in found.mistakes) <= sentences(whole.errors)
                continue
            assert whole.intent is not None, whole.errors
            event("taken, changed" if found.edit.networks or found.edit.ports else "taken")
            got = found.edit.after
            assert (got.networks, got.ports) == (whole.intent.networks, whole.intent.ports)
            assert (set(got.tenants), got.api_tenants) == (set(whole.intent.tenants), whole.intent.api_tenants)
            assert found.edit == difference(found.edit.before, got)
            assert set(found.warnings) <= sentences(whole.warnings)
            kept = edited(part, [PartEdit(1, {**found.resources, f"tenants/{Target.at(path).tenant}": {}})])
            if Target.at(path).kind == "tenants" and content is None:
                kept.take(PartEdit(1, {path: None}))
            again = load([file], None, kept)
            assert again.intent == whole.intent
            part, known = kept, again


def test_a_port_that_is_plugged_in_is_written_as_it_was_asked_for() -> None:
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "fabric.yaml"
        file.write_text(FILE)
        port = {"network": "web", "iface_id": "i"}
        resources = {"tenants/blue": {}, "networks/blue/web": {"segment": "vlan"}, "ports/blue/a": port}
        known = load([file], None, edited(ApiPart(), [PartEdit(1, resources)]))
        assert known.intent is not None
        asked, address = known.intent.ports["blue/a"], "02:00:00:00:00:09"
        there = replace(asked, switch="hv1", interface="tap9", mac=address, is_mac_plugged=True)
        intent = replace(known.intent, ports={**known.intent.ports, "blue/a": there})
        target = Target.at("ports/blue/a")
        same = plan(intent, IntentIndex(intent), known.base, target, port)
        assert not same.resources
        assert not same.edit.ports
        other = plan(intent, IntentIndex(intent), known.base, target, {**port, "description": "a note"})
        assert other.resources == {"ports/blue/a": {**port, "description": "a note"}}
        assert other.edit.after.ports["blue/a"].switch is None
