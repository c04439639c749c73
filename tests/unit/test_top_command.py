"""`tenantry top` against a real server: exact output at 80 columns, sums, and how it ends."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from controller.api import sampling
from controller.northbound.cli import app
from controller.northbound.top import short
from tests.unit.api_site import Site, serving

GOLDEN = Path(__file__).parent / "shown"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    patch = pytest.MonkeyPatch()
    patch.setattr(sampling, "FRESH", 0.01)
    with serving(tmp_path_factory.mktemp("top")) as site:
        yield site
    patch.undo()


def top(site: Site, *arguments: str) -> str:
    result = CliRunner().invoke(app, ["top", *arguments, "--state", str(site.socket.parent)], env={"COLUMNS": "80"})
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout


def rates(site: Site, *arguments: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = json.loads(top(site, *arguments, "--json"))["items"]
    return items


def test_tables_at_80_columns(site: Site) -> None:
    shown = "\n".join(top(site, subject) for subject in ("ports", "networks", "tenants", "links"))
    assert shown == (GOLDEN / "top.txt").read_text()
    assert max(map(len, shown.splitlines())) <= 80


def test_what_is_of_a_trunk_is_told_apart_by_flows(site: Site) -> None:
    (web,) = rates(site, "networks", "--network", "blue/web")
    guest, trunk = rates(site, "ports", "--tenant", "blue")
    assert (guest["name"], trunk["name"], trunk["network"]) == ("blue/a", "blue/t", None)
    assert (guest["packets_in"], trunk["packets_in"], web["packets_in"]) == (10, 5, 10 + 4)
    assert (web["bits_in"], web["drops"]) == (8 * (1500 + 400), None)
    assert (guest["drops"], trunk["drops"]) == (0, 7)
    assert rates(site, "--network", "blue/spare") == [trunk]
    assert rates(site, "tenants", "--network", "blue/web")[0]["packets_in"] == 14
    assert rates(site, "tenants")[0]["packets_in"] == 15
    assert rates(site, "--tenant", "red") == rates(site, "--switch", "s2") == []


def test_links_are_loaded_in_both_directions(site: Site) -> None:
    (link,) = rates(site, "links", "--switch", "s2")
    assert link == {
        "id": "s1:wire1 -- s2:wire1",
        "speed": 10_000_000,
        "packets_a_to_b": 100_000,
        "packets_b_to_a": 30,
        "bits_a_to_b": 1_000_000_000,
        "bits_b_to_a": 24_000,
        "drops": 2,
        "load": 0.1,
    }
    assert rates(site, "links", "--switch", "s3") == []
    for option in ("--tenant", "--network"):
        result = CliRunner().invoke(app, ["top", "links", option, "blue", "--state", str(site.socket.parent)])
        assert (result.exit_code, result.stdout) == (2, "")
        assert "does not go with links" in result.stderr


def test_numbers_are_short() -> None:
    numbers = (0, 7.46, 99.94, 123.4, 999.4, 1234, 99_960, 999_600, 1_500_000, 2.5e12)
    assert [short(number) for number in numbers] == [
        *("0", "7.46", "99.9", "123", "999", "1.23k", "100k", "1.00M", "1.50M", "2.50T"),
    ]


def test_on_a_terminal_it_is_drawn_again_and_ends_cleanly_by_ctrl_c(site: Site) -> None:
    ours, theirs = pty.openpty()
    program = [sys.executable, "-c", "from controller.northbound.cli import main; main()"]
    environment = {**os.environ, "COLUMNS": "80", "LINES": "24", "TERM": "xterm"}
    command = [*program, "top", "--state", str(site.socket.parent)]
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=subprocess.PIPE, env=environment) as process:
        os.close(theirs)
        screen = ""
        while screen.count("blue/a") < 2:
            screen += os.read(ours, 4096).decode()
        process.send_signal(signal.SIGINT)
        rest = read_all(ours)
        assert process.stderr
        assert process.stderr.read() == b""
        assert process.wait() == 0
    assert "\x1b[?1049h" in screen, "a screen of its own"
    assert "\x1b[?1049l" in rest, "which is left again"
    assert "\x1b[?25h" in rest, "with the cursor shown"
    os.close(ours)


def read_all(terminal: int) -> str:
    found = b""
    while True:
        try:
            found += os.read(terminal, 4096)
        except OSError:
            return found.decode()


def test_there_is_no_daemon(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["top", "--state", str(tmp_path)])
    assert (result.exit_code, result.stdout) == (2, "")
