"""Metrics follow Prometheus' conventions, and what is shipped for Grafana and Prometheus asks for those that exist."""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from controller.api.census import Census
from controller.api.metrics import LABELLED, PLAIN, Metrics
from controller.event_log import EventKind
from controller.southbound.statistics import Statistics
from controller.timings import Timings
from tests.unit.api_site import Switches, core_of, events_of

PACKAGING = Path(__file__).parents[2] / "packaging"
UNITS = ("_seconds", "_bytes")


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def text_of(statistics: Statistics, timings: Timings | None = None) -> str:
    metrics = Metrics(core_of(), Switches(statistics), events_of(), timings or Timings(Clock()), "1.2.3")
    metrics.census.counts["s1"] = Counter(access=5)
    return b"".join(metrics.texts()).decode()


def busy() -> Statistics:
    statistics = Statistics(sessions=3, self_checks=7)
    statistics.sent.update({"flow": 11})
    for attribute in LABELLED:
        getattr(statistics, attribute)["some"] += 2
    return statistics


def test_numbers() -> None:
    lines = text_of(busy()).splitlines()
    for line in (
        'tenantry_build_info{version="1.2.3"} 1.0',
        "tenantry_sessions_total 3.0",
        'tenantry_messages_sent_total{kind="flow"} 11.0',
        'tenantry_announcements_refused_total{reason="some"} 2.0',
        'tenantry_switch_connected{switch="s1"} 1.0',
        'tenantry_switch_connected{switch="s3"} 0.0',
        'tenantry_switch_in_sync{switch="s2"} 0.0',
        'tenantry_switch_flows{app="access",switch="s1"} 5.0',
        'tenantry_networks{segment="vxlan"} 1.0',
        "tenantry_networks_without_key 1.0",
        "tenantry_learned_addresses 1.0",
        "tenantry_blocked_ports 1.0",
        'tenantry_endpoints_out_of_reach{encapsulation="vxlan"} 1.0',
        "tenantry_underlay_paths_broken 1.0",
        "tenantry_underlay_paths_narrow 1.0",
        'tenantry_senders_total{verdict="learned"} 1.0',
        'tenantry_events_total{kind="link-down"} 1.0',
        'tenantry_events_total{kind="port-blocked"} 0.0',
        'tenantry_reloads_total{result="refused"} 0.0',
    ):
        assert line in lines, line


def test_names_follow_the_conventions() -> None:
    families = list(text_string_to_metric_families(text_of(busy())))
    names = [family.name for family in families if not family.name.startswith("process_")]
    assert len(names) == len(set(names))
    for family in families:
        assert family.documentation
        assert re.fullmatch(r"(tenantry|process)(_[a-z]+)+", family.name)
        if family.type == "histogram":
            assert family.name.endswith(UNITS)


def test_everything_that_the_southbound_counts_is_a_metric() -> None:
    assert PLAIN.keys() | LABELLED.keys() == {one.name for one in fields(Statistics)}


def test_times() -> None:
    clock = Clock()
    timings = Timings(clock)
    timings.compiled(0.002, is_done=False)
    timings.compiled(0.002, is_done=True)
    timings.changed("s1", is_connected=True)
    clock.now = 0.03
    timings.changed("s1", is_connected=True)
    timings.changed("s2", is_connected=False)
    for switch in ("s1", "s2", "s1"):
        timings.settled(switch)
    timings.changed("s3", is_connected=True)
    timings.lost("s3")
    timings.settled("s3")
    lines = text_of(Statistics(), timings).splitlines()
    assert 'tenantry_compile_seconds_bucket{le="0.0025"} 0.0' in lines
    assert 'tenantry_compile_seconds_bucket{le="0.005"} 1.0' in lines
    assert "tenantry_sync_seconds_count 1.0" in lines
    assert "tenantry_sync_seconds_sum 0.03" in lines
    assert timings.revisions == {"s1": 2, "s2": 1, "s3": 1}


def test_flows_are_counted_where_something_changed() -> None:
    core, revisions = core_of(), {"s1": 1}

    async def counted() -> dict[str, Counter[str]]:
        census = Census(core.compiler, lambda: revisions)
        running = asyncio.create_task(census.run())
        while "s1" not in census.counts:
            await asyncio.sleep(0)
        running.cancel()
        return census.counts

    program = core.compiler.program("s1").flows.values()
    assert asyncio.run(counted()) == {"s1": Counter(flow.reason.app for flow in program)}


def exported() -> set[str]:
    """All series that there are."""
    return {line.partition("{")[0].partition(" ")[0] for line in text_of(busy()).splitlines() if line[:1] != "#"}


def labels() -> dict[str, set[str]]:
    """Labels of each series."""
    found: dict[str, set[str]] = {}
    for line in text_of(busy()).splitlines():
        if match := re.match(r"(\w+)\{(.*)\} ", line):
            found.setdefault(match[1], set()).update(re.findall(r"(\w+)=", match[2]))
    return found


def dashboard() -> list[str]:
    document = json.loads((PACKAGING / "grafana-dashboard.json").read_text())
    return [target["expr"] for panel in document["panels"] for target in panel["targets"]]


def alerts() -> list[dict[str, Any]]:
    document = yaml.safe_load((PACKAGING / "prometheus-alerts.yaml").read_text())
    return [rule for group in document["groups"] for rule in group["rules"]]


@pytest.mark.parametrize("expression", [*dashboard(), *(rule["expr"] for rule in alerts())])
def test_what_is_shipped_asks_for_what_exists(expression: str) -> None:
    asked = set(re.findall(r"\b(?:tenantry|process)_\w+", expression))
    assert asked or expression.startswith("up{")
    assert asked <= exported()
    for name, inside in re.findall(r"\b(tenantry_\w+)\{([^}]*)\}", expression):
        by_scrape = {"instance", "job"}
        assert set(re.findall(r"(\w+)=", inside)) <= labels().get(name, set()) | by_scrape
    for by in re.findall(r"by \((\w+)\)", expression):
        assert by in set().union(*(labels().get(name, set()) for name in asked)) | {"instance"}


def test_alerts_can_be_read() -> None:
    rules = alerts()
    assert len({rule["alert"] for rule in rules}) == len(rules)
    for rule in rules:
        assert rule["labels"]["severity"] in ("warning", "critical")
        assert rule["annotations"]["summary"]


def test_each_kind_of_event_is_counted_from_the_start() -> None:
    text = text_of(Statistics())
    for kind in EventKind:
        assert f'tenantry_events_total{{kind="{kind.value}"}}' in text
