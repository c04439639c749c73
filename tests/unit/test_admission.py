"""Hosts that are admitted by patterns: which, as what, and for how long."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from controller.admission import Admission
from controller.intent.admitted import dpid_of, may_join
from controller.intent.api_part import ApiPart, PartEdit, edited
from controller.intent.loader import load_texts
from controller.intent.model import Host, Intent
from controller.southbound.statistics import Statistics
from tests.unit.write_site import FILE, WriteSite, write_site

ADMITTING = FILE.replace("fabric:\n", "fabric:\n  admit: [hv*, '!hv13']\n", 1)


@pytest.mark.parametrize(
    ("patterns", "name", "expected"),
    [
        ((), "hv1", False),
        (("hv*",), "hv1", True),
        (("hv*",), "spine1", False),
        (("hv*", "!hv1"), "hv1", False),
        (("!hv1", "hv*"), "hv1", False),
        (("!hv1",), "hv2", False),
        (("hv?", "rack-*"), "hv10", False),
        (("*",), "hv/../1", False),
        (("*",), "", False),
        (("hv*",), "HV1", False),
    ],
)
def test_patterns(patterns: tuple[str, ...], name: str, expected: bool) -> None:
    assert may_join(patterns, name) is expected


def test_a_datapath_id_follows_from_the_name_and_is_nobody_elses() -> None:
    first = dpid_of("hv7", set())
    assert first == dpid_of("hv7", {1, 2})
    assert dpid_of("hv7", {first}) not in (0, first)
    assert dpid_of("hv8", set()) != first


def part(*names: str) -> ApiPart:
    resources = {f"hosts/{name}": {"dpid": f"{number:016x}", "host": {}} for number, name in enumerate(names, 0x71)}
    return edited(ApiPart(), [PartEdit(1, resources)])


def intent_of(text: str, *names: str) -> Intent:
    loaded = load_texts([("t.yaml", text)], part=part(*names))
    assert loaded.intent is not None, loaded.errors
    return loaded.intent


def test_an_admitted_host_is_a_switch_while_files_admit_it_and_do_not_name_it() -> None:
    switches = intent_of("fabric: {admit: 'hv*'}", "hv7", "rack1").fabric.switches
    assert list(switches) == ["hv7"]
    assert (switches["hv7"].dpid, switches["hv7"].host) == (0x71, Host("br-int", False, switches["hv7"].host.tunnels))  # type: ignore[union-attr]
    assert not intent_of("fabric: {}", "hv7").fabric.switches
    named = "fabric: {admit: 'hv*', switches: {hv7: {dpid: '0000000000000001'}}}"
    assert intent_of(named, "hv7").fabric.switches["hv7"].dpid == 1


def test_a_port_may_be_on_an_admitted_host() -> None:
    tenant = "tenants: {blue: {networks: {n: {segment: vlan}}, ports: {p: {network: n, switch: hv7, interface: a}}}}"
    assert intent_of(f"fabric: {{admit: 'hv*'}}\n{tenant}", "hv7").ports["blue/p"].switch == "hv7"
    errors = load_texts([("t.yaml", tenant)], part=part("hv7")).errors
    assert [str(one) for one in errors] == ['t.yaml:1:82: unknown switch "hv7"; there is no switch']


def test_a_switch_of_the_files_with_the_datapath_id_of_an_admitted_host() -> None:
    text = "fabric: {admit: 'hv*', switches: {s: {dpid: '0000000000000071'}}}"
    errors = load_texts([("t.yaml", text)], part=part("hv7")).errors
    assert [str(one) for one in errors] == [
        "/api/v1/hosts/hv7: dpid 0000000000000071 of switch hv7 is taken, at t.yaml:1:45; give each switch its own"
    ]


def admit(site: WriteSite, *hosts: str) -> list[bool]:
    """Have hosts ask, and wait until those that may join are switches."""

    async def asked() -> list[bool]:
        admission = Admission(site.core, site.writes, statistics)
        answers = [admission.ask(host) for host in hosts]
        for _ in range(500):
            if all(host in switches(site) for host, is_so in zip(hosts, answers, strict=True) if is_so):
                break
            await asyncio.sleep(0.01)
        return answers

    statistics = Statistics()
    answers = asyncio.run(asked())
    assert statistics.hosts_admitted == sum(answers)
    return answers


def switches(site: WriteSite) -> list[str]:
    return list(site.core.situation.intent.fabric.switches)


def test_hosts_that_ask_become_switches_and_stay_so(tmp_path: Path) -> None:
    (tmp_path / "fabric.yaml").write_text(ADMITTING)
    with write_site(tmp_path) as site:
        assert admit(site, "hv7", "hv8", "hv13", "rack1") == [True, True, False, False]
        assert switches(site) == ["s1", "s2", "s3", "hv7", "hv8"]
        assert site.core.situation.intent.fabric.switches["hv7"].dpid == dpid_of("hv7", set())
        # What is planned for the API knows them, too, and so does what is read again.
        placed = {"network": "n", "switch": "hv7", "interface": "tap1"}
        assert site.ask("PUT", "/tenants/blue", {}).status_code == 201
        assert site.ask("PUT", "/networks/blue/n", {}).status_code == 201
        assert site.ask("PUT", "/ports/blue/p", placed).status_code == 201
        assert site.load() == []
        before = site.core.situation.intent
        assert switches(site) == ["s1", "s2", "s3", "hv7", "hv8"]
    with write_site(tmp_path) as site:
        assert site.core.situation.intent == before
        site.ask("DELETE", "/tenants/blue", if_match="*")
        site.file.write_text(FILE)
        assert site.load() == []
        assert switches(site) == ["s1", "s2", "s3"]
        assert admit(site, "hv7") == [False]


def test_a_host_that_cannot_be_stored_is_not_admitted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "fabric.yaml").write_text(ADMITTING)
    with write_site(tmp_path) as site:

        async def asked() -> None:
            admission = Admission(site.core, site.writes, Statistics())
            assert admission.ask("hv7")
            for _ in range(500):
                if "not admitted" in caplog.text:
                    break
                await asyncio.sleep(0.01)

        monkeypatch.setattr(site, "take", lambda edit: False)
        site.writes._take = site.take
        asyncio.run(asked())
        assert "not admitted: hv7; the state directory cannot be written; see the daemon's log" in caplog.text
        assert switches(site) == ["s1", "s2", "s3"]
        assert site.configuration.part.number("hosts/hv7") is None
