"""`tenantry show` and `tenantry watch` against a real server: exact output at 80 columns, exit statuses, errors."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from controller.event_log import EventKind
from controller.northbound.cli import app
from controller.northbound.columns import Cell, column_lines
from controller.northbound.show_tables import Subject
from tests.unit.api_site import START, Site, serving

GOLDEN = Path(__file__).parent / "shown"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with serving(tmp_path_factory.mktemp("show")) as site:
        yield site


@pytest.fixture(autouse=True)
def _eighty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


def run(site: Site, *arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, [*arguments, "--state", str(site.socket.parent)])
    return result.exit_code, result.stdout, result.stderr


@pytest.mark.parametrize("subject", list(Subject))
def test_tables_at_80_columns(site: Site, subject: Subject) -> None:
    filters = ("--switch", "s1", "--network", "blue/web") if subject is Subject.FLOWS else ()
    status, output, error = run(site, "show", subject, *filters)
    assert (status, error) == (0, "")
    assert output == (GOLDEN / f"{subject}.txt").read_text()
    assert max(map(len, output.splitlines())) <= 80


def test_lines_are_whole_when_nobody_reads_them(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS")
    _, output, _ = run(site, "show", "flows", "--switch", "s1")
    assert len(output.splitlines()) == 1 + len(json.loads(run(site, "show", "flows", "--switch", "s1", "--json")[1]))
    assert max(map(len, output.splitlines())) > 80


def test_json(site: Site) -> None:
    status, output, _ = run(site, "show", "networks", "--tenant", "red", "--json")
    assert status == 0
    (network,) = json.loads(output)
    assert (network["id"], network["refused_by"]) == ("red/db", ["s2"])
    assert run(site, "show", "hosts", "--switch", "s3", "--json")[1] == "[]\n"


def test_drift_is_named_and_narrowed(site: Site) -> None:
    def shown(*arguments: str) -> list[tuple[str, str, int]]:
        rows = json.loads(run(site, "show", "drift", "--json", *arguments)[1])
        return [(row["switch"], row["what"] or row["state"], row["count"]) for row in rows]

    everything = shown()
    assert everything[0] == ("s1", "as it should be", 0)
    assert everything[-1] == ("s3", "not compared", 0)
    assert shown("--network", "blue/web") == [("s2", "missing", 2), ("s2", "changed", 1)]
    assert shown("--tenant", "red") == []
    assert shown("--switch", "s3") == [("s3", "not compared", 0)]
    assert run(site, "drift")[:2] == (1, (GOLDEN / "drift.txt").read_text())
    assert len(json.loads(run(site, "drift", "--json")[1])) == len(everything)
    assert run(site, "drift", "--repair", "--server", "tcp:localhost:1")[0] == 2


def test_nothing_is_a_table_without_lines(site: Site) -> None:
    assert run(site, "show", "tenants")[0] == 0
    assert run(site, "show", "links", "--switch", "s9") == (0, "Link  State  Cost  Speed  Latency\n", "")


def test_wrong_usage(site: Site, tmp_path: Path) -> None:
    file = tmp_path / "t.yaml"
    file.write_text("{}")
    for arguments, said in (
        (("links", "--tenant", "blue"), "Invalid value for --tenant: does not go with links"),
        (("networks", str(file), "--switch", "s1"), "Invalid value for --switch: does not go with files"),
        (("ports", str(file)), "Invalid value for FILE: go with networks only"),
        (("networks", "--server", "nowhere"), "Invalid value for --server: 'nowhere' is no endpoint"),
        (("drafts",), "'drafts' is not one of 'tenants', 'networks', 'ports',"),
    ):
        status, output, error = run(site, "show", *arguments)
        assert (status, output) == (2, "")
        assert said in re.sub(r"\s+", " ", error)


def test_there_is_no_daemon(tmp_path: Path) -> None:
    for command in (["show", "networks"], ["watch"]):
        result = CliRunner().invoke(app, [*command, "--state", str(tmp_path)])
        assert (result.exit_code, result.stdout) == (2, "")
        said = "start one, or name its --state directory or its --server"
        assert result.stderr == f"error: no daemon answers at unix:{tmp_path}/api.sock; {said}\n"


def test_the_daemon_says_what_is_wrong(site: Site) -> None:
    status, output, error = run(site, "show", "networks", "--tenant", 300 * "x")
    assert (status, output) == (1, "")
    assert error == "error: tenant: string should have at most 255 characters\n"


def test_colours_are_for_terminals(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    result = CliRunner().invoke(app, ["show", "switches", "--state", str(site.socket.parent)], color=True)
    assert "\x1b[32mconnected" in result.stdout
    assert "\x1b[31mmissing" in result.stdout
    assert "\x1b" not in run(site, "show", "switches")[1]


def test_watch_shows_events_as_they_happen(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []

    def show(text: str = "", err: bool = False) -> None:
        shown.append(text)
        if len(shown) == 2:
            raise KeyboardInterrupt

    def happen() -> None:
        site.add(EventKind.LINK_UP, "up \x1b[2J")
        site.add(EventKind.LINK_DOWN, "down")

    monkeypatch.setattr(typer, "echo", show)
    threading.Timer(0.5, happen).start()
    status, _, _ = run(site, "watch")
    assert status == 0
    assert [re.sub(r"\x1b\[\d*m", "", text) for text in shown] == [
        "22:13:29.000 link-up          up \\x1b[2J",
        "22:13:29.000 link-down        down",
    ]
    assert int(START) == 1_700_000_000


def test_columns_are_folded_where_they_must_be() -> None:
    rows = [[Cell("a" * 30), Cell("7"), Cell("one two three four")], [Cell("b"), Cell("1234567"), Cell("")]]
    lines = column_lines(("Name", "Number", "Text"), rows, (False, True, False), 30)
    assert [re.sub(r"\x1b\[\d*m", "", line) for line in lines] == [
        "Name         Number  Text",
        "aaaaaaaaaa        7  one two",
        "aaaaaaaaaa           three",
        "aaaaaaaaaa           four",
        "b           1234567",
    ]
