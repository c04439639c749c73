"""`tenantry graph`, as a shell sees it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from controller.fabric.memory import Memory
from controller.fabric.model import End, Interface, Link, SwitchView
from controller.northbound.cli import app
from controller.state_directory import StateDirectory

ROOT = Path(__file__).parents[2]
FILE = """\
fabric:
  switches: {s1: {dpid: "0000000000000001"}, s2: {dpid: "0000000000000002"}, s3: {dpid: "0000000000000003"}}
  links: [{between: ["s2:a", "s1:a"], cost: 5}]
tenants: {blue: {networks: {web: {}}, ports: {p: {network: web, switch: s1, interface: tap1}}}}
"""
A, B = End("s1", "a"), End("s2", "a")
VIEWS = {
    "s1": SwitchView("s1", 1, {"a": Interface("a", 1), "tap1": Interface("tap1", 2)}, connected=True),
    "s2": SwitchView("s2", 2, {"a": Interface("a", 1)}, connected=True),
    # As it was when another switch had this name.
    "s3": SwitchView("s3", 99, {"a": Interface("a", 1)}, connected=True),
}
MEMORY = Memory(
    VIEWS,
    ((A, B), (B, A)),
    {"blue/web": {0x020000000001: "blue/p"}, "gone/net": {1: "gone/port"}},
    {Link(A, B): 0.0001},
)
HOLD = """
import pathlib, sys
from controller.state_directory import StateDirectory
with StateDirectory(pathlib.Path("state")):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("t.yaml").write_text(FILE)


def write(memory: Memory) -> None:
    with StateDirectory(Path("state")) as directory:
        directory.write_memory(memory)


@pytest.fixture
def _state() -> None:
    """What a daemon saved an hour ago."""
    write(MEMORY)
    an_hour_ago = time.time() - 3700
    os.utime("state/memory.json", (an_hour_ago, an_hour_ago))


@pytest.fixture
def _daemon(_state: None) -> Iterator[None]:
    """Another process that uses the directory."""
    with python(HOLD, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        yield


def python(program: str, *arguments: str, **pipes: int) -> subprocess.Popen[str]:
    command, env = [sys.executable, "-c", program, *arguments], {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, env=env, text=True, **pipes)  # type: ignore[call-overload, no-any-return]


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["graph", "t.yaml", "--state", "state", *arguments])
    return result.exit_code, result.stdout, result.stderr


@pytest.mark.usefixtures("_daemon")
def test_what_a_running_daemon_knows() -> None:
    status, output, error = run()
    assert (status, error) == (0, "")
    *lines, age = output.splitlines()
    assert lines == [
        "Switch  State      Endpoint  Interfaces  Down  Ports  Guests",
        "s1      connected  -         2           0     1      1",
        "s2      connected  -         1           0     0      0",
        "s3      missing    -         0           0     0      0",
        "",
        "Link          State  Cost  Speed  Latency",
        "s1:a -- s2:a  up     5     -      0.1 ms",
        "",
    ]
    assert age.startswith("As known to the running daemon. Last change 20")
    assert age.endswith(", 1 h ago.")


@pytest.mark.usefixtures("_state")
def test_what_the_last_daemon_knew() -> None:
    before = {file: file.read_bytes() for file in Path("state").iterdir()}
    status, output, _ = run()
    assert {file: file.read_bytes() for file in Path("state").iterdir()} == before
    assert status == 0
    assert "s1      away " in output
    assert "As known to the last daemon; none runs now. Last change 20" in output


@pytest.mark.usefixtures("_daemon")
def test_as_json() -> None:
    status, output, _ = run("--format", "json")
    content = json.loads(output)
    assert status == 0
    assert content["graph"]["live"] is True
    assert {"kind": "guest", "name": "02:00:00:00:00:01", "network": "blue/web", "learned": True} in [
        {key: value for key, value in node.items() if key != "id"} for node in content["nodes"]
    ]


@pytest.mark.usefixtures("_state")
@pytest.mark.parametrize(("form", "start"), [("svg", "<svg "), ("graphml", "<graphml "), ("dot", "graph tenantry {")])
def test_other_forms(form: str, start: str) -> None:
    status, output, error = run("--format", form)
    assert (status, error) == (0, "")
    assert output.startswith(start)


def test_without_a_state() -> None:
    message = "no daemon has saved anything here yet; start one, or name its --state directory"
    assert run() == (1, "", f"error: state: {message}\n")
    Path("state").mkdir()
    assert run() == (1, "", f"error: state: {message}\n")


@pytest.mark.usefixtures("_state")
def test_with_a_damaged_state() -> None:
    Path("state/memory.json").write_text("{")
    assert run() == (1, "", "error: state/memory.json: damaged (not complete)\n")


@pytest.mark.usefixtures("_state")
def test_with_a_state_that_cannot_be_read() -> None:
    Path("state/memory.json").unlink()
    Path("state/memory.json").mkdir()
    status, output, error = run()
    assert (status, output) == (1, "")
    assert error == "error: state/memory.json: cannot be used (is a directory); check owner, mode and disk\n"


@pytest.mark.usefixtures("_state")
def test_with_files_that_have_errors() -> None:
    Path("t.yaml").write_text("fabric: {links: [{between: [s1:a, s2:a], cost: 0}]}\n")
    assert run() == (1, "", "t.yaml:1:48: cost of the link is 0; use 1 to 65535\n")


@pytest.mark.usefixtures("_state")
def test_wrong_usage() -> None:
    status, output, error = run("--format", "png")
    assert (status, output) == (2, "")
    assert "'png' is not one of 'text', 'json', 'graphml', 'dot', 'svg'" in error


@pytest.mark.usefixtures("_state")
def test_a_reader_that_has_seen_enough() -> None:
    """More than a pipe holds, so that the writer notices."""
    guests = dict.fromkeys(range(2, 4000, 2), "blue/p")
    write(Memory(VIEWS, (), {"blue/web": guests}))
    Path("t.yaml").write_text(FILE.replace("fabric:\n", "fabric:\n  learning: {limit: 5000}\n"))
    program = "from controller.northbound.cli import main; main()"
    arguments = ("graph", "t.yaml", "--state", "state", "--format", "json")
    with python(program, *arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        assert process.stdout.read(1) == "{"
        process.stdout.close()
        assert process.stderr.read() == ""
