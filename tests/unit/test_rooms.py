"""Imports point one way, and the pure rooms stay pure."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

PLANNING = {
    *("apps", "controller.situation", "controller.network_plan"),
    *("controller.dataplane", "controller.fabric", "controller.intent"),
}
ALLOWED = {
    "controller.intent": {"controller.intent"},
    "controller.fabric": {"controller.fabric", "controller.intent"},
    "controller.dataplane": {"controller.dataplane", "controller.intent"},
    "apps": {"apps", "controller.dataplane", "controller.fabric", "controller.intent"},
    "controller.situation": {"controller.dataplane", "controller.fabric", "controller.intent"},
    "controller.network_plan": PLANNING,
    "controller.vlan_plan": PLANNING,
    "controller.overlay_plan": PLANNING,
    "controller.fabric_plan": PLANNING,
    "controller.lookup": PLANNING | {"controller.fabric_plan", "controller.vlan_plan", "controller.overlay_plan"},
    "controller.compiler": {"apps", "controller.dataplane"},
    "controller.touched": {"controller.situation", "controller.intent"},
    "controller.missing": {"controller.situation"},
    "controller.attachments": {"controller.situation", "controller.fabric", "controller.intent"},
    "controller.answers": {
        *("controller.compiler", "controller.situation", "controller.dataplane", "controller.fabric"),
    },
    "controller.consequences": {
        *("controller.answers", "controller.compiler", "controller.lookup", "controller.situation"),
        *("controller.touched", "controller.fabric", "controller.intent"),
    },
    "controller.core": {
        *("apps", "controller.consequences", "controller.attachments"),
        *("controller.dataplane", "controller.fabric", "controller.intent"),
    },
    "controller.self_check": {
        *("apps", "controller.compiler", "controller.lookup", "controller.situation"),
        *("controller.dataplane", "controller.fabric", "controller.intent"),
    },
    "controller.verify": {"controller.verify", "controller.dataplane", "controller.fabric", "controller.intent"},
    "controller.verification": {
        *("controller.situation", "controller.verify"),
        *("controller.dataplane", "controller.fabric", "controller.intent"),
    },
    "controller.isolation": {
        *("apps", "controller.compiler", "controller.situation", "controller.verification", "controller.verify"),
        "controller.dataplane",
    },
    "controller.why": {
        *("controller.why", "controller.answers", "controller.compiler", "controller.situation"),
        "controller.verification",
        *("apps", "controller.dataplane", "controller.fabric", "controller.intent"),
    },
    "controller.southbound": {"controller.southbound", "controller.dataplane", "controller.fabric"},
    "controller.rehearsal": {"controller.core", "controller.dataplane", "controller.intent"},
    "controller.plan": {
        *("controller.core", "controller.placing", "controller.rehearsal", "controller.dataplane", "controller.intent"),
    },
    "controller.rates": {
        *("controller.core", "controller.dataplane", "controller.intent", "controller.southbound.counters"),
    },
    "controller.link_rates": {"controller.core", "controller.rates", "controller.fabric.model"},
    "controller.ovsdb": {
        *("controller.ovsdb", "controller.fabric.departures", "controller.fabric.plugs", "controller.intent.model"),
        "controller.southbound.listen",
        *("controller.southbound.bounded_log", "controller.southbound.claims", "controller.southbound.framing"),
        *(
            "controller.southbound.statistics",
            "controller.southbound.peer_connection",
            "controller.southbound.liveness",
        ),
    },
    "controller.placing": {"controller.fabric", "controller.intent"},
    "controller.host_plans": {"controller.intent", "controller.ovsdb.plan"},
    "controller.event_log": set(),
    "controller.timings": set(),
    "controller.api": {
        *("controller.api", "controller.core", "controller.compiler", "controller.event_log", "controller.timings"),
        *(
            "controller.plan",
            "controller.rates",
            "controller.link_rates",
            "controller.southbound.counters",
            "controller.southbound.drift",
        ),
        *("controller.dataplane", "controller.fabric", "controller.intent", "controller.why"),
        *("controller.southbound.listen", "controller.southbound.statistics", "controller.southbound.bounded_log"),
        *("controller.fabric_plan", "controller.drain_plan"),
    },
}
"""What each room may import of ours; rooms that are not named may import anything."""

PURE = ("controller.intent", "controller.fabric", "controller.dataplane", "controller.verify", "controller.why", "apps")
PURE_FILES = (
    "controller.situation",
    "controller.network_plan",
    "controller.vlan_plan",
    "controller.overlay_plan",
    "controller.fabric_plan",
    "controller.lookup",
    "controller.compiler",
    "controller.touched",
    "controller.missing",
    "controller.attachments",
    "controller.answers",
    "controller.core",
    "controller.self_check",
    "controller.api.order",
    "controller.api.tenant_rows",
    "controller.api.fabric_rows",
    "controller.api.draining_rows",
    "controller.change_plan",
    "controller.reduced_document",
    "controller.drain_plan",
    "controller.verification",
    "controller.isolation",
    "controller.rehearsal",
    "controller.plan",
    "controller.api.plan_rows",
    "controller.api.drift_rows",
    "controller.rates",
    "controller.link_rates",
    "controller.api.rate_rows",
    "controller.api.link_rate_rows",
    "controller.placing",
    "controller.ovsdb.session",
    "controller.ovsdb.joining",
    "controller.ovsdb.replica",
)
IMPURE = {"asyncio", "os_ken", "ovs", "random", "select", "signal", "socket", "ssl", "subprocess", "threading", "time"}


def modules() -> dict[str, Path]:
    files = [*ROOT.glob("controller/**/*.py"), *ROOT.glob("apps/*.py")]
    return {".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): file for file in files}


def imported(file: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names if node.module in ("apps", "controller"))
    return found


def is_in(module: str, room: str) -> bool:
    return module == room or module.startswith(room + ".")


@pytest.mark.parametrize("name", sorted(modules()))
def test_imports_point_one_way(name: str) -> None:
    ours = {
        module
        for module in imported(modules()[name])
        if module.partition(".")[0] in ("apps", "controller") and module not in ("apps", "controller")
    }
    for room, allowed in ALLOWED.items():
        if is_in(name, room):
            strangers = {module for module in ours if not any(is_in(module, other) for other in allowed)}
            assert not strangers, f"{name} must not import {sorted(strangers)}"


@pytest.mark.parametrize("name", sorted(name for name in modules() if any(is_in(name, room) for room in PURE)))
def test_pure_rooms_do_no_io(name: str) -> None:
    strangers = {module for module in imported(modules()[name]) if module.partition(".")[0] in IMPURE}
    assert not strangers, f"{name} must not import {sorted(strangers)}"


@pytest.mark.parametrize("name", PURE_FILES)
def test_the_core_does_no_io(name: str) -> None:
    assert not {module.partition(".")[0] for module in imported(modules()[name])} & IMPURE
