"""What writes over the API do, and what they are refused for."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from controller.api import content
from controller.core import Core
from controller.event_log import EventKind
from controller.fabric.model import Interface
from controller.intent.model import Intent
from controller.ledger_files import LedgerFiles
from controller.state_file import StateError
from tests.unit.write_site import PORT, WriteSite, write_site


@pytest.fixture
def site(tmp_path: Path) -> Iterator[WriteSite]:
    """One with tenant blue and its network web."""
    with write_site(tmp_path) as site:
        assert site.ask("PUT", "/tenants/blue", {}).status_code == 201
        assert site.ask("PUT", "/networks/blue/web", {"segment": "vlan"}).status_code == 201
        yield site


def told(answer: httpx.Response) -> tuple[int, str]:
    """Status and detail of a problem."""
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == answer.status_code
    return answer.status_code, problem["detail"]


def pointers(answer: httpx.Response) -> dict[str, str]:
    return {one["pointer"]: one["detail"] for one in answer.json()["errors"]}


def events(site: WriteSite) -> list[tuple[str, str]]:
    return [(event.kind.value, event.text) for event in site.events.after(0, 100)]


def ordered(intent: Intent) -> Intent:
    """Those of the API come last where they were made, and first from disk; nothing looks at that."""
    return replace(intent, tenants=tuple(sorted(intent.tenants)))


def test_a_port_is_made_replaced_and_deleted(site: WriteSite) -> None:
    made = site.ask("PUT", "/ports/blue/a", PORT)
    assert (made.status_code, made.json()["written"], made.json()["owner"]) == (201, PORT, "api")
    read = site.ask("GET", "/ports/blue/a")
    assert (read.json(), read.headers["etag"]) == (made.json(), made.headers["etag"])
    assert site.core.situation.index.ports_by_switch["s1"]["tap2"].id == "blue/a"
    other = {**PORT, "interface": "tap3", "mac": "02:00:00:00:00:AA", "ip": "10.0.0.1"}
    replaced = site.ask("PUT", "/ports/blue/a", other, if_match=made.headers["etag"])
    assert replaced.status_code == 200
    assert replaced.json()["written"] == {**other, "mac": "02:00:00:00:00:aa", "ip": ["10.0.0.1"]}
    gone = site.ask("DELETE", "/ports/blue/a", if_match=replaced.headers["etag"])
    assert (gone.status_code, gone.content) == (204, b"")
    assert told(site.ask("GET", "/ports/blue/a")) == (404, "there is no port blue/a")
    assert "tap3" not in site.core.situation.index.ports_by_switch["s1"]
    assert [text for kind, text in events(site) if kind == EventKind.WRITE_ACCEPTED][2:] == [
        "created by uid 0 (process 42): /api/v1/ports/blue/a",
        "replaced by uid 0 (process 42): /api/v1/ports/blue/a",
        "deleted by uid 0 (process 42): /api/v1/ports/blue/a",
    ]


def test_who_changes_something_says_what_was_seen(site: WriteSite) -> None:
    first = site.ask("PUT", "/ports/blue/a", PORT)
    second = site.ask("PUT", "/ports/blue/a", {**PORT, "description": "x"}, if_match=first.headers["etag"])
    stale = (412, "it was changed meanwhile: read it again")
    there = (412, "it is there already, and was not to be")
    unsaid = (428, "it is there: say which version is meant, If-Match: its ETag")
    missing = (412, "it is not there, or not any more")
    assert told(site.ask("PUT", "/ports/blue/a", PORT)) == unsaid
    assert told(site.ask("DELETE", "/ports/blue/a")) == unsaid
    assert told(site.ask("PUT", "/ports/blue/a", PORT, if_none_match="*")) == there
    for tag in (first.headers["etag"], "W/" + second.headers["etag"], '"', "", '"1", "2.zz"'):
        assert told(site.ask("PUT", "/ports/blue/a", PORT, if_match=tag)) == stale, tag
        assert told(site.ask("DELETE", "/ports/blue/a", if_match=tag)) == stale, tag
    assert told(site.ask("PUT", "/ports/blue/b", PORT, if_match="*")) == missing
    gone = (404, "there is no /api/v1/ports/blue/b")
    assert told(site.ask("DELETE", "/ports/blue/b", if_match=first.headers["etag"])) == gone
    assert told(site.ask("DELETE", "/ports/blue/b")) == gone
    assert site.ask("GET", "/ports/blue/a").json()["description"] == "x"
    assert site.ask("PUT", "/ports/blue/b", {**PORT, "interface": "x"}, if_none_match="*").status_code == 201
    tags = f'"7.00", {second.headers["etag"]}'
    assert site.ask("PUT", "/ports/blue/a", PORT, if_match=tags).status_code == 200
    assert site.ask("DELETE", "/ports/blue/a", if_match="*").status_code == 204


def test_what_happens_on_switches_is_no_other_version(site: WriteSite) -> None:
    before = site.ask("PUT", "/ports/blue/a", PORT).headers["etag"]
    site.core.switch_ready("s1", [Interface("tap2", 2)], True, 0.0)
    read = site.ask("GET", "/ports/blue/a")
    assert read.json()["state"] == "up"
    assert read.headers["etag"] != before, "or nobody would see that it is up"
    assert site.ask("PUT", "/ports/blue/a", {**PORT, "description": "x"}, if_match=before).status_code == 200


def test_a_tenant_is_replaced_as_a_whole(site: WriteSite) -> None:
    site.ask("PUT", "/ports/blue/a", PORT)
    before = site.ask("GET", "/tenants/blue")
    assert before.json() == {"name": "blue", "owner": "api", "networks": 1, "ports": 1}
    site.ask("PUT", "/networks/blue/web", {"segment": "vlan", "description": "x"}, if_match="*")
    whole = {"networks": {"db": {"segment": "vlan"}}, "ports": {"a": {**PORT, "network": "db"}, "b": {}}}
    stale = site.ask("PUT", "/tenants/blue", whole, if_match=before.headers["etag"])
    assert stale.status_code == 412, "a network of it was changed"
    tag = site.ask("GET", "/tenants/blue").headers["etag"]
    wrong = site.ask("PUT", "/tenants/blue", whole, if_match=tag)
    assert pointers(wrong).keys() == {"/ports/b"}
    del whole["ports"]["b"]
    tried = site.ask("PUT", "/tenants/blue?dry_run=true", whole, if_match=tag)
    assert (tried.status_code, tried.json()["result"]) == (200, "replaced")
    assert {one["resource"]: one["result"] for one in tried.json()["changes"]} == {
        "/api/v1/networks/blue/db": "created",
        "/api/v1/networks/blue/web": "deleted",
        "/api/v1/ports/blue/a": "replaced",
    }
    assert site.ask("PUT", "/tenants/blue", whole, if_match=tag).json()["ports"] == 1
    assert [one["id"] for one in site.ask("GET", "/networks?tenant=blue").json()["items"]] == ["blue/db"]
    assert site.ask("DELETE", "/tenants/blue", if_match="*").status_code == 204
    assert [one["name"] for one in site.ask("GET", "/tenants").json()["items"]] == ["red"]
    assert site.configuration.part.entries == {}


def test_tenants_of_files_are_changed_there(site: WriteSite) -> None:
    place = f"tenant red is defined at {site.file}:7:3; change it there"
    assert told(site.ask("PUT", "/networks/red/db", {})) == (409, place)
    assert told(site.ask("DELETE", "/ports/red/a", if_match="*")) == (409, place)
    assert told(site.ask("PUT", "/tenants/red", {}, if_none_match="*")) == (409, place)
    assert site.ask("GET", "/tenants/red").json()["owner"] == "files"


def test_everything_has_to_fit_what_is_in_files_and_here(site: WriteSite) -> None:
    taken = f"at port red/a, of the tenant at {site.file}:7:3; give each port its own"
    answer = site.ask("PUT", "/ports/blue/a", {**PORT, "interface": "tap1"})
    assert told(answer) == (422, f"interface tap1 of switch s1 is taken, {taken}")
    answer = site.ask("PUT", "/networks/blue/db", {"segment": "vlan", "key": 7})
    assert pointers(answer)["/key"].startswith("vlan key 7 of network blue/db is taken, at network red/web, of the")
    wrong = {"network": "wbe", "switch": "s9", "interface": "a/b", "mac": 5, "colour": "red", "ip": ["x"]}
    answer = site.ask("PUT", "/ports/blue/a", wrong)
    assert answer.status_code == 422
    assert pointers(answer) == {
        "/interface": '"a/b" cannot be an interface; leave out blanks, colons and slashes',
        "/mac": 'the MAC address 5 is a number to YAML; write it in quotes: "5"',
        "/colour": 'unknown key "colour" in port blue/a; '
        "known: description, endpoint, hosts, iface_id, interface, ip, mac, network, switch, trunk",
        "/ip/0": '"x" is not an IP address; write it as 192.0.2.1 or 2001:db8::1',
    }
    answer = site.ask("PUT", "/ports/blue/a", {**PORT, "network": "wbe", "switch": "s9"})
    assert pointers(answer) == {
        "/network": 'unknown network blue/wbe; the nearest network of tenant blue is "web"',
        "/switch": 'unknown switch "s9"; known: s1, s2, s3',
    }
    answer = site.ask("PUT", "/tenants/-no-", {})
    assert told(answer) == (422, '"-no-" cannot be a name; use up to 63 letters, digits and inner . _ -')
    assert told(site.ask("PUT", "/networks/green/web", {})) == (
        404,
        "there is no tenant green; make it first: PUT /api/v1/tenants/green with {}",
    )
    assert site.ask("PUT", "/ports/blue/a", PORT).status_code == 201
    assert told(site.ask("DELETE", "/networks/blue/web", if_match="*")) == (
        409,
        "network blue/web has ports: blue/a; delete them, or put them elsewhere",
    )


def test_a_dry_run_changes_nothing(site: WriteSite) -> None:
    intent, journal = site.core.situation.intent, (site.state / "api.journal").read_bytes()
    for method, path, body, result in (
        ("PUT", "/ports/blue/a", PORT, "created"),
        ("PUT", "/networks/blue/web", {"segment": "vlan", "mtu": 9000}, "replaced"),
        ("PUT", "/networks/blue/web", {"segment": "vlan"}, "unchanged"),
        ("DELETE", "/networks/blue/web", None, "deleted"),
        ("PUT", "/draining/switches/s1", {}, "created"),
    ):
        asks = {"if_match": "*"} if "web" in path else {}
        answer = site.ask(method, f"{path}?dry_run=true", body, **asks)
        assert (answer.status_code, answer.json()["result"]) == (200, result)
        if "mtu" in (body or {}):
            assert answer.json()["warnings"] == [
                "mtu 9000 of network blue/web is more than the underlay's 1500 leaves; "
                "set the guests to 1500, or underlay_mtu to 9000"
            ]
    assert told(site.ask("PUT", "/networks/blue/web?dry_run=true", {}))[0] == 428
    assert site.core.situation.intent is intent
    assert (site.state / "api.journal").read_bytes() == journal
    assert len(events(site)) == 2, "blue and its network"


def test_what_is_as_it_was_is_not_written(site: WriteSite) -> None:
    journal = (site.state / "api.journal").read_bytes()
    before = site.ask("GET", "/networks/blue/web").headers["etag"]
    again = site.ask("PUT", "/networks/blue/web", {"segment": "vlan", "description": ""}, if_match=before)
    assert (again.status_code, again.headers["etag"]) == (200, before)
    assert (site.state / "api.journal").read_bytes() == journal


NO_CONTENTS = (
    (b"{", "application/json", (400, "this is no JSON: expecting property name enclosed in double quotes: ")),
    (b"[]", "application/json", (400, "write an object: {...}")),
    (b'{"key": NaN}', "application/json", (400, "this is no JSON: nan is no number")),
    (b'{"a": 1, "a": 2}', "application/json", (400, 'this is no JSON: "a" is given twice')),
    (b'{"description": "\\ud800"}', "application/json", (400, "this is no text in UTF-8")),
    (b'{"description": "\xff"}', "application/json", (400, "this is no text in UTF-8")),
    (100_000 * b'{"a":', "application/json", (400, "nested too deep")),
    (b'{"key": ' + 5000 * b"1" + b"}", "application/json", (400, "this is no JSON: exceeds the limit")),
    (b'{"key": 1.5}', "application/json", (422, "key of network blue/db is a number; write a whole number")),
    (b"{}", "application/yaml", (415, "write JSON: Content-Type: application/json")),
    ((1024 * 1024 + 1) * b" ", "application/json", (413, "the body has more than 1048576 bytes")),
)


def test_what_is_no_content(site: WriteSite) -> None:
    async def asked(body: bytes, kind: str) -> httpx.Response:
        async with site.client() as client:
            return await client.put("/networks/blue/db", content=body, headers={"Content-Type": kind})

    for body, kind, (status, begin) in NO_CONTENTS:
        found, detail = told(asyncio.run(asked(body, kind)))
        assert (found, detail[: len(begin)]) == (status, begin)


def test_a_body_that_does_not_come(site: WriteSite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content, "BODY_WITHIN", 0.05)

    async def asked() -> tuple[int, bytes]:
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            return await asyncio.Future()

        async def send(message: Any) -> None:  # noqa: ANN401
            sent.append(message)

        scope = {"type": "http", "method": "PUT", "path": "/api/v1/networks/blue/db", "query_string": b""}
        await site.app({**scope, "headers": [(b"content-length", b"5")]}, receive, send)
        return sent[0]["status"], sent[1]["body"]

    status, body = asyncio.run(asked())
    assert (status, b"the body did not come" in body) == (408, True)


def test_what_cannot_be_stored_is_not_done(site: WriteSite, monkeypatch: pytest.MonkeyPatch) -> None:
    intent, part = site.core.situation.intent, dict(site.configuration.part.entries)
    journal = (site.state / "api.journal").read_bytes()
    unstored = (503, "the state directory cannot be written; see the daemon's log")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    def refuse(*_: object) -> None:
        raise StateError("no room for keys")

    for owner, name, failing in ((os, "fsync", full), (LedgerFiles, "write", refuse)):
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, failing)
            assert told(site.ask("PUT", "/networks/blue/db", {})) == unstored
        assert site.core.situation.intent is intent
        assert site.configuration.part.entries == part
    assert site.ask("PUT", "/networks/blue/any", {}).status_code == 201
    lines = (site.state / "api.journal").read_bytes()
    assert lines.startswith(journal)
    assert lines.count(b"\n") == journal.count(b"\n") + 1
    assert b"blue/db" not in lines


def test_a_restart_and_a_reload_keep_it(tmp_path: Path) -> None:
    with write_site(tmp_path) as site:
        for path, body in (("tenants/blue", {}), ("networks/blue/web", {}), ("ports/blue/a", PORT)):
            site.ask("PUT", f"/{path}", body)
        site.ask("PUT", "/draining/links/s3:y/s1:x", {})
        tags = {path: site.ask("GET", path).headers["etag"] for path in ("/networks/blue/web", "/tenants/blue")}
        intent, keys = ordered(site.core.situation.intent), dict(site.core.situation.keys)
        assert site.load() == []
        assert ordered(site.core.situation.intent) == intent
    with write_site(tmp_path) as after:
        assert ordered(after.core.situation.intent) == intent
        assert after.core.situation.keys == keys
        assert {path: after.ask("GET", path).headers["etag"] for path in tags} == tags
        answer = after.ask("PUT", "/networks/blue/db", {})
        assert answer.headers["etag"].startswith('"5.'), "numbers go on"


def test_a_file_cannot_take_a_tenant_of_the_api(site: WriteSite) -> None:
    site.ask("PUT", "/ports/blue/a", PORT)
    text, intent = site.file.read_text(), site.core.situation.intent
    site.file.write_text(text + "  blue: {}\n")
    assert site.load() == [f'{site.file}:10:3: tenant "blue" is given twice, first at /api/v1/tenants/blue; keep one']
    other = text.replace("tap1", "tap2")
    site.file.write_text(other)
    taken = "interface tap2 of switch s1 is taken, at /api/v1/ports/blue/a; give each port its own"
    assert site.load() == [f"{site.file}:9:54: {taken}"]
    site.file.write_text(text.replace("s1: {", "s9: {").replace("switch: s1", "switch: s9"))
    unknown = 'unknown switch "s1"; known: s2, s3, s9'
    assert site.load() == [f"/api/v1/ports/blue/a: {unknown}"]
    assert site.core.situation.intent is intent


def test_files_and_the_api_may_both_say_that_something_drains(site: WriteSite) -> None:
    def marks() -> dict[str, tuple[bool, bool, str]]:
        items = site.ask("GET", "/draining").json()["items"]
        return {one["name"]: (one["by_files"], one["by_api"], one["kind"]) for one in items}

    def draining(core: Core) -> set[str]:
        return {name for name, switch in core.situation.intent.fabric.switches.items() if switch.draining}

    assert marks() == {"s2": (True, False, "switch")}
    assert [site.ask("PUT", "/draining/switches/s1").status_code for _ in range(2)] == [201, 200]
    assert site.ask("PUT", "/draining/switches/s2", {}).status_code == 201
    assert site.ask("PUT", "/draining/links/s3:y/s1:x", {}).json()["name"] == "s1:x -- s3:y"
    assert marks() == {
        "s1:x -- s3:y": (False, True, "link"),
        "s1": (False, True, "switch"),
        "s2": (True, True, "switch"),
    }
    assert draining(site.core) == {"s1", "s2"}
    assert site.core.situation.intent.fabric.links[("s1", "x"), ("s3", "y")].draining
    assert site.ask("GET", "/draining/switches/s1").json()["uses"] == ["a port of a tenant is on it"]
    for path in ("switches/s1", "switches/s2", "links/s1:x/s3:y"):
        assert site.ask("DELETE", f"/draining/{path}").status_code == 204
        assert told(site.ask("DELETE", f"/draining/{path}")) == (404, "it is not marked as draining over the API")
    assert (marks(), draining(site.core)) == ({"s2": (True, False, "switch")}, {"s2"})
    assert told(site.ask("PUT", "/draining/switches/s9")) == (404, "there is no switch s9")
    assert told(site.ask("PUT", "/draining/switches/s1", {"a": 1})) == (422, "a mark has no content")
    assert told(site.ask("PUT", "/draining/links/s1/s2")) == (404, "s1 and s2 are no link; write switch:interface")
    assert told(site.ask("PUT", "/draining/links/s1:a/s1:b")) == (404, "both ends of the link are on switch s1")
    assert told(site.ask("GET", "/draining/switches/s3")) == (404, "s3 does not drain")


def test_writes_are_counted(site: WriteSite) -> None:
    site.ask("PUT", "/networks/blue/web", {})
    lines = site.ask("GET", "http://localhost/metrics").text.splitlines()
    assert 'tenantry_api_writes_total{result="accepted"} 2.0' in lines
    assert 'tenantry_api_writes_total{result="refused"} 1.0' in lines
