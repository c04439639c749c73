"""What a lab made on this machine, so that exactly that can be removed, by the lab itself or after its crash.

A run is named `<pid>-<start time>-<count>` after the process that owns it; the name alone tells whether the owner still
lives, whatever pids were reused meanwhile. Three marks lead from the name to all that the run made:

* processes carry `TENANTRY_LAB=<run>` in their environment, whoever started them inside the lab; namespaces, and the
  devices in them, vanish with their last process;
* bridges of the host's Open vSwitch carry `external_ids:tenantry-lab=<run>`;
* devices of the host's own namespace cannot carry a mark from birth, so their names are written to a file in
  `/run/tenantry-lab/<run>/`, before they are made and after it was seen that the name is free.

Nothing is ever found by the name of a program or of a device.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import signal
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from namespaces import CommandError, run

ROOT = Path("/run/tenantry-lab")
VARIABLE = "TENANTRY_LAB"
EXTERNAL_ID = "tenantry-lab"
_PATIENCE = 5.0

_counts = itertools.count(1)


class Ledger:
    """The record of one run of a lab, owned by this process."""

    def __init__(self) -> None:
        pid = os.getpid()
        self.run = f"{pid}-{_start_time(pid)}-{next(_counts)}"
        self.directory = ROOT / self.run
        self.directory.mkdir(parents=True, mode=0o700)

    @property
    def mark(self) -> Mapping[str, str]:
        """The environment variable that every process of the run carries."""
        return {VARIABLE: self.run}

    def claim_device(self, name: str) -> None:
        """Write down a device of the host's namespace that is about to be made; raises when there is one."""
        refuse_taken(name)
        with (self.directory / "devices").open("a") as devices:
            devices.write(f"{name}\n")

    def close(self) -> None:
        """Remove everything that the run made."""
        _remove(self.run)


def refuse_taken(name: str) -> None:
    """Raise when the host's namespace has a device of that name."""
    if Path("/sys/class/net", name).exists():
        raise CommandError(
            f"this machine already has a device {name}, of somebody else or of another lab that is running; "
            "it is left alone, and the lab is not built"
        )


def sweep() -> list[str]:
    """Remove what runs left behind whose owner is dead; returns their names."""
    runs = {path.name for path in ROOT.iterdir()} if ROOT.exists() else set()
    runs |= {owner for owner in _bridges().values() if owner}
    dead = sorted(run for run in runs if not _is_alive(run))
    for run_name in dead:
        _remove(run_name)
    return dead


def _remove(run_name: str) -> None:
    _end_processes(run_name)
    if bridges := [bridge for bridge, owner in _bridges().items() if owner == run_name]:
        run(["ovs-vsctl", "--timeout=10", *" -- ".join(f"--if-exists del-br {name}" for name in bridges).split()])
    directory = ROOT / run_name
    with suppress(FileNotFoundError):
        for name in (directory / "devices").read_text().split():
            with suppress(CommandError):
                run(["ip", "link", "delete", name])
    shutil.rmtree(directory, ignore_errors=True)


def _end_processes(run_name: str) -> None:
    """Kill all processes that carry the run's mark, until none is left."""
    deadline = time.monotonic() + _PATIENCE
    while (pids := _marked(run_name)) and time.monotonic() < deadline:
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)


def _marked(run_name: str) -> list[int]:
    mark = f"{VARIABLE}={run_name}".encode()
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        pid = int(path.parent.name)
        with suppress(OSError):
            if pid != os.getpid() and mark in path.read_bytes().split(b"\0"):
                found.append(pid)
    return found


def _bridges() -> dict[str, str]:
    """The host's Open vSwitch bridges, each with the run that made it or an empty string; none when it is down."""
    try:
        text = run(["ovs-vsctl", "--timeout=2", "--format=json", "--columns=name,external_ids", "list", "Bridge"])
    except (CommandError, FileNotFoundError):
        return {}
    rows = json.loads(text)["data"] if text.strip() else []
    return {name: dict(pairs).get(EXTERNAL_ID, "") for name, (_, pairs) in rows}


def _is_alive(run_name: str) -> bool:
    pid, _, rest = run_name.partition("-")
    with suppress(ValueError, OSError):
        return _start_time(int(pid)) == rest.partition("-")[0]
    return False


def _start_time(pid: int) -> str:
    """Clock ticks between boot and the start of the process: with the pid, its identity until the next boot."""
    text = Path(f"/proc/{pid}/stat").read_text()
    return text.rpartition(")")[2].split()[19]
