"""What runs in `mininet/isolated` has a machine of its own, and leaves nothing behind however it ends."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.end_to_end.eventually import eventually

pytestmark = pytest.mark.ovs

ISOLATED = Path(__file__).parents[2] / "mininet" / "isolated"
START = "import subprocess, sys; subprocess.Popen(sys.argv[1:]); sys.stdin.read()"
"""A program that starts another and waits until it is killed."""


def isolated(*command: str) -> list[str]:
    return [str(ISOLATED), *command]


def run(command: Sequence[str]) -> tuple[int, list[str]]:
    """Exit status, and lines that were printed."""
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    return done.returncode, done.stdout.splitlines()


def lives(sign: str) -> bool:
    """Whether a process carries the sign on its command line."""
    return any(sign.encode() in read(path) for path in Path("/proc").glob("[0-9]*/cmdline"))


def read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def test_it_has_its_own_switch_devices_and_processes_and_its_commands_status() -> None:
    look = "ovs-vsctl add-br inner -- list-br && ls /sys/class/net && ls -d /proc/1/ && ls /run && exit 3"
    status, said = run(isolated("bash", "-c", look))
    assert status == 3
    # Each kind of datapath has a device, too.
    assert set(said) - {"ovs-netdev", "ovs-system"} == {"inner", "lo", "/proc/1/", "openvswitch"}
    assert "inner" not in run(["ovs-vsctl", "list-br"])[1]
    assert not Path("/sys/class/net/inner").exists()


def test_what_goes_on_in_the_background_ends_with_the_command(tmp_path: Path) -> None:
    sign = str(tmp_path)
    command = f"setsid tail -f /dev/null {sign}/none >/dev/null 2>&1 & pgrep -cf {sign}/none"
    status, said = run(isolated("bash", "-c", command))
    assert (status, len(said)) == (0, 1)
    assert not lives(f"{sign}/none")


def test_it_ends_at_once_when_its_parent_is_killed(tmp_path: Path) -> None:
    inner = isolated("bash", "-c", f"trap '' TERM INT; touch {tmp_path}/runs; sleep 1000; true")
    with subprocess.Popen([sys.executable, "-c", START, *inner], stdin=subprocess.PIPE) as parent:
        eventually((tmp_path / "runs").exists, "the command runs")
        assert lives(f"{tmp_path}/runs")
        parent.kill()
    eventually(lambda: not lives(f"{tmp_path}/runs"), "all of it has ended", timeout=5)
