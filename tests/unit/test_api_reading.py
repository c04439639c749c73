"""What the API answers, and that it is what the OpenAPI document says."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import networkx as nx
import pytest
from fastapi import FastAPI

from controller.api import rows
from tests.unit import page_fabrics
from tests.unit.api_site import app_of, core_of, events_of

CORE = core_of()
APP = app_of(CORE, events_of())


def get(path: str, headers: dict[str, str] | None = None, app: FastAPI = APP) -> httpx.Response:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.get(path, headers=headers)

    return asyncio.run(ask())


def items(path: str) -> list[dict[str, Any]]:
    answer = get(f"/api/v1/{path}")
    assert answer.status_code == 200, answer.text
    assert answer.json()["next"] is None
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def test_tenants() -> None:
    assert items("tenants") == [
        {"name": "blue", "owner": "files", "networks": 2, "ports": 3},
        {"name": "red", "owner": "files", "networks": 1, "ports": 3},
    ]
    assert get("/api/v1/tenants/red").json() == {"name": "red", "owner": "files", "networks": 1, "ports": 3}


def test_networks() -> None:
    spare, web, db = items("networks")
    assert spare == {
        **{"id": "blue/spare", "tenant": "blue", "name": "spare", "segment": None, "key": None, "moving_to": None},
        **{"switches": ["s1"], "refused_by": [], "ports": 1, "learned": 0, "guest_mtu": None},
        **{"description": "without a key", "owner": "files"},
        "written": {"segment": "vlan", "description": "without a key"},
    }
    assert (web["segment"], web["key"], web["switches"], web["ports"]) == ("vlan", 101, ["s1", "s2"], 3)
    assert (web["learned"], web["guest_mtu"], web["refused_by"]) == (1, 1500, [])
    assert (db["segment"], db["key"], db["guest_mtu"], db["refused_by"]) == ("vxlan", 70000, 1450, ["s2"])
    assert get("/api/v1/networks/red/db").json() == db


def test_the_tree_of_a_network_joins_its_members_and_no_others() -> None:
    core = page_fabrics.leaf_spine()
    app = app_of(core, events_of())
    tree = get("/api/v1/networks/blue/web/tree", app=app).json()["links"]
    graph: nx.Graph[str] = nx.Graph([(link.a.switch, link.b.switch) for link in map(page_fabrics.link_of, tree)])
    assert nx.is_tree(graph)
    assert {name for name in graph if graph.degree(name) == 1} == {"leaf1", "leaf3", "hv4"}
    assert get("/api/v1/networks/blue/db/tree", app=app).json() == {"links": []}
    assert get("/api/v1/networks/blue/none/tree", app=app).json()["detail"] == "there is no network blue/none"
    page_fabrics.set_link(core, tree[-1], up=False)
    page_fabrics.settle(core)
    assert tree[-1] not in get("/api/v1/networks/blue/web/tree", app=app).json()["links"]


def test_ports() -> None:
    found = {port["id"]: port for port in items("ports")}
    assert list(found) == ["blue/a", "blue/b", "blue/t", "red/a", "red/gone", "red/out"]
    states = {name: port["state"] for name, port in found.items()}
    assert states == {
        **{"blue/a": "up", "blue/b": "up", "blue/t": "down"},
        **{"red/a": "down", "red/gone": "missing", "red/out": "outside"},
    }
    assert found["blue/t"]["trunk"] == [{"vlan": 5, "network": "blue/web"}, {"vlan": 6, "network": "blue/spare"}]
    assert (found["blue/a"]["mac"], found["blue/a"]["ip"]) == ("02:00:00:00:00:01", ["10.0.0.1"])
    assert found["blue/t"]["written"] == {
        **{"trunk": {"5": "web", "6": "spare"}, "switch": "s1", "interface": "tap2"},
    }
    assert found["blue/a"]["written"] == {
        **{"network": "web", "switch": "s1", "interface": "tap1", "mac": "02:00:00:00:00:01", "ip": ["10.0.0.1"]},
    }
    assert found["red/a"]["blocked_on"] == ["red/db"]
    assert found["red/out"]["endpoint"] == "203.0.113.9"
    assert get("/api/v1/ports/red/out").json() == found["red/out"]


def test_switches() -> None:
    s1, s2, s3 = items("switches")
    assert s1 == {
        **{"name": "s1", "dpid": "0000000000000001", "state": "connected", "sync": "in sync", "session_seconds": 12.3},
        **{"endpoint": "198.51.100.1", "draining": False, "interfaces": 4, "down": 1, "ports": 2, "networks": 2},
        **{"flows": 17, "out_of_reach": ["vxlan"]},
    }
    assert s2["out_of_reach"] == []
    assert (s2["sync"], s2["draining"]) == ("changing", True)
    assert (s3["state"], s3["sync"], s3["session_seconds"]) == ("missing", None, None)
    detail = get("/api/v1/switches/s1").json()
    assert detail["interface_list"][3] == {"name": "wire1", "number": 4, "state": "up", "speed": 10_000_000}


def test_links() -> None:
    assert items("links") == [
        {
            **{"id": "s1:wire1 -- s2:wire1", "a_switch": "s1", "a_interface": "wire1", "b_switch": "s2"},
            **{"b_interface": "wire1", "state": "up", "cost": 1, "draining": True, "speed": 10_000_000},
            "latency": 0.002,
        },
        {
            **{"id": "s1:wire9 -- s3:wire9", "a_switch": "s1", "a_interface": "wire9", "b_switch": "s3"},
            **{"b_interface": "wire9", "state": "down", "cost": 10, "draining": False, "speed": None, "latency": None},
        },
    ]


def test_hosts_are_given_or_learned() -> None:
    assert items("hosts") == [
        {
            **{"network": "blue/web", "mac": "02:00:00:00:00:01", "port": "blue/a", "switch": "s1"},
            **{"interface": "tap1", "endpoint": None, "learned": False, "ip": ["10.0.0.1"]},
        },
        {
            **{"network": "blue/web", "mac": "02:00:00:00:00:99", "port": "blue/b", "switch": "s2"},
            **{"interface": "tap1", "endpoint": None, "learned": True, "ip": []},
        },
    ]


def test_flows_say_why_they_are_there() -> None:
    found = items("flows?limit=1000")
    program = {name: CORE.compiler.program(name).flows for name in ("s1", "s2")}
    assert {(flow["switch"], int(flow["cookie"], 16)) for flow in found} == {
        (name, cookie) for name, flows in program.items() for cookie in flows
    }
    for flow in found:
        why = program[flow["switch"]][int(flow["cookie"], 16)].reason
        assert (flow["app"], flow["note"]) == (why.app, why.note)
        assert (flow["network"] or "", flow["port"] or "") == (why.network, why.port)
        assert f"table={flow['table']}, " in flow["text"]
    learned = [flow for flow in found if flow["app"] == "learning" and "02:00:00:00:00:99" in flow["text"]]
    assert [(flow["switch"], flow["network"], flow["port"]) for flow in learned] == [("s2", "blue/web", "blue/b")]


@pytest.mark.parametrize("subject", ["networks", "ports", "hosts", "flows", "switches", "links", "tenants", "events"])
@pytest.mark.parametrize("limit", [1, 3])
def test_pages_are_all_of_it_in_order(subject: str, limit: int) -> None:
    whole, found, after = items(f"{subject}?limit=1000"), [], ""
    while True:
        page = get(f"/api/v1/{subject}?limit={limit}{after}").json()
        found += page["items"]
        if page["next"] is None:
            break
        assert len(page["items"]) == limit
        after = f"&after={page['next']}"
    assert found == whole
    assert len(whole) > 1


@pytest.mark.parametrize(
    ("question", "ids"),
    [
        ("networks?tenant=blue", ["blue/spare", "blue/web"]),
        ("networks?tenant=blu", []),
        ("networks?switch=s2", ["blue/web", "red/db"]),
        ("networks?switch=s2&tenant=red", ["red/db"]),
        ("networks?switch=s1&network=red/db", []),
        ("networks?network=red/db", ["red/db"]),
        ("networks?network=red/none", []),
        ("networks?network=red/db&tenant=blue", []),
        ("networks?after=blue/spare&tenant=blue", ["blue/web"]),
        ("networks?after=zzz&tenant=blue", []),
        ("ports?network=blue/web", ["blue/a", "blue/b", "blue/t"]),
        ("ports?network=blue/web&switch=s1", ["blue/a", "blue/t"]),
        ("ports?tenant=red&switch=s2", ["red/a", "red/gone"]),
        ("links?switch=s3", ["s1:wire9 -- s3:wire9"]),
    ],
)
def test_filters(question: str, ids: list[str]) -> None:
    assert [item["id"] for item in items(question)] == ids


def test_flows_of_a_network_are_its_own_only() -> None:
    by = {(flow["switch"], flow["network"]) for flow in items("flows?network=blue/web&limit=1000")}
    assert by == {("s1", "blue/web"), ("s2", "blue/web")}
    assert {flow["network"] for flow in items("flows?tenant=red&limit=1000")} == {"red/db"}
    assert {flow["switch"] for flow in items("flows?switch=s2&limit=1000")} == {"s2"}
    assert None in {flow["network"] for flow in items("flows?switch=s2&limit=1000")}


def test_events() -> None:
    first, second, third = items("events")
    assert first == {
        **{"id": 1_700_000_001_000, "time": "2023-11-14T22:13:21.000Z", "kind": "switch-connected", "level": "info"},
        **{"text": "connected with 4 interfaces", "switch": "s1", "interface": None, "tenant": None},
        **{"network": None, "port": None},
    }
    assert items(f"events?after={second['id']}") == [third]
    assert items("events?network=blue/web") == [second]


def test_underlay() -> None:
    trouble = {"switch": "s2", "to": "s1"}
    assert items("underlay") == [
        {"switch": "s1", "to": None, "encapsulation": "vxlan", "state": "out of reach", "passes": None},
        {**trouble, "encapsulation": "gre", "state": "narrow", "passes": 1400},
        {**trouble, "encapsulation": "vxlan", "state": "broken", "passes": 0},
    ]
    first = get("/api/v1/underlay?limit=1").json()
    assert get(f"/api/v1/underlay?after={first['next']}").json()["items"] == items("underlay")[1:]
    assert items("underlay?switch=s3") == []


def test_status() -> None:
    status = get("/api/v1/status").json()
    assert status.pop("uptime_seconds") > 0
    assert status == {
        **{"version": "1.2.3", "started": "2023-11-14T22:13:20Z", "tenants": 2, "networks": 3, "ports": 6},
        **{"networks_without_key": 1, "switches": 3, "connected": 2, "in_sync": 1, "links": 1, "learned": 1},
        **{
            "blocked": 1,
            "out_of_reach": 1,
            "last_event": 1_700_000_003_000,
            "sync": {"s1": "in sync", "s2": "changing", "s3": None},
        },
    }


def test_a_tag_spares_the_body_until_something_changed() -> None:
    core = core_of()
    app = app_of(core, events_of())

    async def ask() -> list[tuple[int, bytes]]:
        found = []
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
            first = await client.get("/api/v1/hosts")
            for tag in (first.headers["etag"], f'"other", W/{first.headers["etag"]}', "*", '"other"'):
                again = await client.get("/api/v1/hosts", headers={"If-None-Match": tag})
                found.append((again.status_code, again.content[:8]))
            core.observed("blue/web", "blue/b", 0x020000000098)
            again = await client.get("/api/v1/hosts", headers={"If-None-Match": first.headers["etag"]})
            found.append((again.status_code, again.content[:8]))
        return found

    same, other = (304, b""), (200, b'{"items"')
    assert asyncio.run(ask()) == [same, same, same, other, other]


@pytest.mark.parametrize(
    ("path", "status", "detail"),
    [
        ("/page/none.js", 404, "there is no such thing"),
        ("/api/v1/networks/", 404, "there is no such thing"),
        ("/api/v1/networks/red/none", 404, "there is no network red/none"),
        ("/api/v1/switches/s9", 404, "there is no switch 's9'"),
        ("/api/v1/networks?limit=0", 422, "limit: input should be greater than or equal to 1"),
        ("/api/v1/networks?limit=1001", 422, "limit: input should be less than or equal to 1000"),
        ("/api/v1/networks?colour=blue", 422, "colour: extra inputs are not permitted"),
        ("/api/v1/status?x", 422, "x: extra inputs are not permitted"),
        ("/api/v1/flows?after=s1", 422, "after: is not the `next` of a page"),
        ("/api/v1/flows?after=s1 blue/web -1", 422, "after: is not the `next` of a page"),
        ("/api/v1/events?after=-1", 422, "after: is not the id of an event"),
    ],
)
def test_errors_are_problems(path: str, status: int, detail: str) -> None:
    answer = get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    problem = rows.Problem.model_validate(answer.json())
    assert (problem.type, problem.status, problem.detail) == ("about:blank", status, detail)
    if status == 422:
        assert problem.errors
        assert isinstance(problem.errors[0], rows.ParameterError)
        assert f"{problem.errors[0].parameter}: {problem.errors[0].detail}" == detail


def test_the_document_describes_what_is_answered() -> None:
    document = get("/api/v1/openapi.json").json()
    assert document["openapi"].startswith("3.")
    forms = {
        "tenants": rows.Tenant,
        "networks": rows.Network,
        "ports": rows.Port,
        "switches": rows.Switch,
        "links": rows.Link,
        "hosts": rows.Host,
        "flows": rows.Flow,
        "events": rows.Event,
    }
    for subject, form in forms.items():
        described = document["paths"][f"/api/v1/{subject}"]["get"]["responses"]["200"]["content"]["application/json"]
        assert described["schema"]["$ref"] == f"#/components/schemas/Page_{form.__name__}_"
        rows.Page[form].model_validate(get(f"/api/v1/{subject}").json())  # type: ignore[valid-type]
        properties = document["components"]["schemas"][form.__name__]["properties"]
        assert properties.keys() == items(f"{subject}?limit=1000")[0].keys()
    changed = {path for path, methods in document["paths"].items() if methods.keys() & {"put", "delete"}}
    assert changed == {
        "/api/v1/tenants/{tenant}",
        "/api/v1/networks/{tenant}/{network}",
        "/api/v1/ports/{tenant}/{port}",
        "/api/v1/draining/switches/{switch}",
        "/api/v1/draining/links/{end}/{other}",
    }
    assert all(document["paths"][path].keys() == {"get", "put", "delete"} for path in changed)
    assert [path for path, methods in document["paths"].items() if "post" in methods] == ["/api/v1/plan"]
