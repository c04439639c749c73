"""The benchmarks' output, and the counts of flows that need no switch."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import bench
import bench_change
import bench_change_ovn
import bench_flows
import bench_memory
import bench_report
import bench_sync
import full_switch
import ovn_site
from bench_report import Figure
from controller.intent.edit import difference
from controller.intent.loader import load
from controller.situation import IntentIndex
from installation import Installation
from namespaces import CommandError


def test_figure_is_one_line_of_json() -> None:
    assert json.loads(Figure("b", "a case", 30.0, "us", 20.0).line()) == {
        "bench": "b",
        "case": "a case",
        "value": 30.0,
        "unit": "us",
        "peer": 20.0,
        "ratio": 1.5,
    }


@pytest.mark.parametrize("peer", [None, 0.0])
def test_figure_without_a_peer_has_no_ratio(peer: float | None) -> None:
    line = Figure("b", "c", 1.0, "s", peer).line()
    assert "\n" not in line
    assert json.loads(line)["ratio"] is None


def test_table_is_for_people_and_shows_every_figure(capsys: pytest.CaptureFixture[str]) -> None:
    bench_report.print_table([Figure("b", "first", 12345.6, "us", 2.0), Figure("b", "second", 4, "flows")])
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "first" in printed.err
    assert "12,346" in printed.err
    assert printed.err.splitlines()[-1].split() == ["b", "second", "flows", "4", "-", "-"]


def test_flows_bench_prints_lines_and_its_aims_are_met(capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.main(["flows"]) == 0
    printed = capsys.readouterr()
    figures = {line["case"]: line for line in map(json.loads, printed.out.splitlines())}
    assert {figure["bench"] for figure in figures.values()} == {"flows"}
    aims = {case: figure for case, figure in figures.items() if figure["peer"] is not None}
    assert len(aims) == 6
    assert all(figure["value"] <= figure["peer"] for figure in aims.values()), aims
    assert figures["vxlan: each network of others"]["value"] == 0
    assert figures["vxlan: a switch with 1,000 networks of 2 local ports and 2 remote addresses"]["value"] > 1000


def test_memory_bench_measures_a_daemon_that_serves_all_switches() -> None:
    figures = {figure.case: figure for figure in bench_memory.measure(Installation(networks=20, switches=4, spread=3))}
    values = {case.partition(": ")[2]: figure.value for case, figure in figures.items()}
    assert {figure.case.partition(": ")[0] for figure in figures.values()} == {"20 networks of 3 ports over 4 switches"}
    each_switch = 11 + 3 * (1 + 2 * 3)
    assert values["flows"] == 20 * 3 * (3 + 2 + 2) + 4 * each_switch
    assert 10 < values["daemon with the intent alone"] <= values["daemon in sync with all"]
    assert values["daemon in sync with all"] <= values["daemon at its largest"]
    assert {case: figure.unit for case, figure in figures.items() if figure.peer} == {
        "20 networks of 3 ports over 4 switches: compiled": "s",
        "20 networks of 3 ports over 4 switches: daemon in sync with all": "MB",
    }


def test_the_full_switch_is_asked_for_ten_flows_for_each_network(tmp_path: Path) -> None:
    flows = {}
    for networks in (1, 5000):
        document = tmp_path / f"{networks}.yaml"
        document.write_text(full_switch.topology(networks))
        names = [*full_switch.interfaces(networks), "vxlan0"]
        program = bench_sync.compiled(document, {name: number for number, name in enumerate(names, 1)})
        flows[networks] = len(program.flows)
    assert full_switch.interfaces(5000) == ["a0", "a1", "b0", "b1"]
    assert flows[5000] - flows[1] == 10 * 4999 + 2, "and one for each further trunk"


def test_failure_of_a_bench_is_told_and_ends_with_status_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise CommandError("no such wire")

    monkeypatch.setattr(bench, "BENCHES", {bench_flows.NAME: fail})
    assert bench.main([]) == 1
    assert capsys.readouterr().err == "bench: no such wire\n"


def test_unknown_bench_is_wrong_usage() -> None:
    with pytest.raises(SystemExit) as ended:
        bench.main(["speed"])
    assert ended.value.code == 2


def test_change_bench_adds_one_network_on_both_switches(tmp_path: Path) -> None:
    (tmp_path / "fabric.yaml").write_text(bench_change.FABRIC)
    (tmp_path / "installation.yaml").write_text(bench_change.installation(2501))
    (tmp_path / "more.yaml").write_text(bench_change.more_files(range(1)))
    before = load([tmp_path / "fabric.yaml", tmp_path / "installation.yaml"]).intent
    more = load([tmp_path]).intent
    assert before is not None
    assert len(before.networks) == 2501
    assert all(len(ports) == 2 for ports in IntentIndex(before).ports_by_network.values())
    after = bench_change.one_more(before, 0)
    edit = difference(before, after)
    assert (edit.fabric, set(edit.networks)) == (False, {"more/x0"})
    assert {port.switch for port in edit.new_ports()} == set(bench_change.SWITCHES)
    assert more is not None
    assert (after.networks, after.ports) == (more.networks, more.ports), "file and edit are not the same change"


def test_change_bench_reports_its_aims_and_growth(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        bench_change,
        "_measure",
        lambda _, size: bench_change.Samples([size / 100 + at / 100 for at in range(101)], [1.0], [2.0]),
    )
    monkeypatch.setattr(ovn_site, "is_installed", lambda: True)
    monkeypatch.setattr(bench_change_ovn, "measure", lambda size: [size / 10])
    figures = {figure.case: figure for figure in bench_change.run()}
    assert {figure.bench for figure in figures.values()} == {"change"}
    assert len(figures) == 4 * len(bench_change.SIZES) + 1 + len(bench_change_ovn.SIZES)
    first = figures["one more beside 100 networks, p50"]
    assert (first.value, first.peer) == (1.5, bench_change.P50)
    assert figures["one more beside 10,000 networks, p99"].value == 100.99
    growth = figures["one more beside 10,000 networks, and beside 100, p50 (aim: ratio 1.3 at most)"]
    assert (growth.value, growth.peer, growth.ratio) == (100.5, 1.5, 67.0)
    assert figures["one more beside 1,000 networks, and OVN's, p50"].peer == 100


def test_change_bench_does_without_ovn(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(bench_change, "_measure", lambda *_: bench_change.Samples([1.0, 2.0], [1.0], [2.0]))
    monkeypatch.setattr(ovn_site, "is_installed", lambda: False)
    assert not any("OVN" in figure.case for figure in bench_change.run())
    assert "ovn-central and ovn-host are not there" in capsys.readouterr().err
