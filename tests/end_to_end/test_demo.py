"""The demo as a newcomer runs it: a verdict, an exit status, and nothing left on the machine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TypeAlias

import pytest

import lab_ledger
from fabric_bridge import vsctl

pytestmark = pytest.mark.ovs

ROOT = Path(__file__).parents[2]
Start: TypeAlias = Callable[..., subprocess.Popen[str]]


def belongings() -> dict[str, set[str]]:
    """What a demo makes that outlives processes."""
    return {
        "devices": {path.name for path in Path("/sys/class/net").iterdir()},
        "bridges": set(vsctl("list-br").split()),
        "named namespaces": {path.name for path in Path("/run/netns").glob("*")},
    }


def processes_of(owner: int) -> list[Path]:
    """Processes that the demo's run started; its namespaces live as long as they do."""
    mark = f"{lab_ledger.VARIABLE}={owner}-".encode()
    found = []
    for environ in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            if mark in environ.read_bytes():
                found.append(environ)
    return found


@pytest.fixture
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the demo has its files."""
    return tmp_path_factory.mktemp("demo")


@pytest.fixture
def start(directory: Path) -> Iterator[Start]:
    """Starts the demo with arguments; afterwards, whatever became of it, nothing of it may be left."""
    before = belongings()
    started: list[subprocess.Popen[str]] = []

    def run(*arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "mininet/demo.py", *arguments]
        env = {**os.environ, "PYTHONUNBUFFERED": "1", "TMPDIR": str(directory)}
        started.append(
            subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        )
        return started[-1]

    yield run
    for demo in started:
        with suppress(subprocess.TimeoutExpired):
            demo.wait(timeout=30)
        demo.kill()
        assert processes_of(demo.pid) == []
        assert list(lab_ledger.ROOT.glob(f"{demo.pid}-*")) == []
    assert belongings() == before


def test_the_demo_ends_well(start: Start, directory: Path) -> None:
    demo = start()
    printed, _ = demo.communicate(timeout=180)
    assert demo.returncode == 0, printed
    assert "VXLAN 70001" in printed
    assert "crowd/n04100" in printed, "a network beyond the last VLAN"
    assert "As it should be" in printed.splitlines()[-1]
    assert list(directory.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_demo_cleans_up(start: Start, number: signal.Signals) -> None:
    demo = start("--topology", "topologies/line.yaml")
    assert demo.stdout
    assert any("Who reaches whom" in line for line in demo.stdout), "the lab is built"
    assert processes_of(demo.pid)
    demo.send_signal(number)
    printed, _ = demo.communicate(timeout=60)
    assert demo.returncode != 0
    assert "Traceback" not in printed


def test_the_demo_names_what_is_wrong_with_a_topology(start: Start, tmp_path: Path) -> None:
    file = tmp_path / "empty.yaml"
    file.write_text("fabric: {switches: {}}\n")
    demo = start("--topology", str(file))
    printed, _ = demo.communicate(timeout=60)
    assert demo.returncode == 1
    assert "no `lab:` to build" in printed
