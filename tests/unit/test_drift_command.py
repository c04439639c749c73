"""`tenantry drift`: what is told in words; only the process that holds the state directory is asked to repair."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner

from controller.audit_report import AuditReport, SwitchReport, findings_of, from_text, to_text
from controller.dataplane.flow import Reason
from controller.holder import NoHolder, holder_of
from controller.northbound.cli import app
from controller.southbound.drift import Drift
from controller.state_directory import StateDirectory

DAEMON = """
import os, signal, sys, time
from pathlib import Path
from controller.audit_report import AuditReport, SwitchReport, to_text
from controller.state_directory import StateDirectory

def answer(*_):
    if sys.argv[2] == "end":
        os._exit(0)
    switches = [SwitchReport("s1"), SwitchReport("s2", "", ("1 flow of network blue/web missing",))]
    state.write_audit(to_text(AuditReport(os.getpid(), time.monotonic(), tuple(switches[: int(sys.argv[2])]))))

signal.signal(signal.SIGUSR1, answer)
# A daemon that ended in the process of these tests left it blocked.
signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGUSR1})
state = StateDirectory(Path(sys.argv[1]))
print("ready", flush=True)
while True:
    time.sleep(0.05)  # A signal just before `pause` would be answered after the next one.
"""


@contextmanager
def daemon(state: Path, behaviour: str) -> Iterator[int]:
    """A process that holds the directory and answers with a report about so many switches, or ends; its id."""
    command = [sys.executable, "-c", DAEMON, str(state), behaviour]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]) as process:
        assert process.stdout
        assert process.stdout.readline() == b"ready\n"
        try:
            yield process.pid
        finally:
            process.kill()


def ask(state: Path) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["drift", "--repair", "--state", str(state)])
    return result.exit_code, result.output


def test_equal_switches(tmp_path: Path) -> None:
    with daemon(tmp_path / "state", "1"):
        assert ask(tmp_path / "state") == (0, "s1: as it should be\n")
        assert ask(tmp_path / "state") == (0, "s1: as it should be\n")


def test_drift(tmp_path: Path) -> None:
    with daemon(tmp_path / "state", "2"):
        assert ask(tmp_path / "state") == (
            1,
            "s1: as it should be\ns2: changed by somebody else; repaired\n  1 flow of network blue/web missing\n",
        )


def test_there_is_no_daemon(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    assert ask(missing) == (2, f"{missing}/lock: cannot be read (no such file or directory)\n")
    state = tmp_path / "state"
    with daemon(state, "1"):
        pass
    assert ask(state) == (2, f"{state}: no daemon uses this directory\n")


def test_an_answer_of_a_daemon_before_is_none(tmp_path: Path) -> None:
    state = tmp_path / "state"
    with daemon(state, "1"):
        assert ask(state)[0] == 0
    with daemon(state, "end") as pid:
        assert ask(state) == (2, f"the daemon (process {pid}) ended before it answered\n")


def test_only_the_holder_of_the_lock_is_found(tmp_path: Path) -> None:
    state = tmp_path / "state"
    with daemon(state, "1") as pid, holder_of(state) as holder:
        assert holder.pid == pid
        assert holder.is_running()
    with pytest.raises(NoHolder), holder_of(state):
        pass


def test_reports_are_read_as_they_were_written_and_nothing_else_is() -> None:
    report = AuditReport(
        7, 1.5, (SwitchReport("s1", "it has no session"), SwitchReport("s2", "", ("group 5 ...",), False))
    )
    assert from_text(to_text(report)) == report
    assert list(report.lines()) == [
        "s1: not compared: it has no session",
        "s2: changed by somebody else; not repaired yet; the daemon's log says why",
        "  group 5 ...",
    ]
    assert not report.is_equal
    for text in ("", "[]", "{}", json.dumps({"pid": 1, "began": 2, "switches": [{"findings": 1}]})):
        with pytest.raises(ValueError, match=r".*"):
            from_text(text)


def test_what_was_found_is_told_by_network() -> None:
    missing = {
        Reason("access", "enters", "blue/web", "blue/vm1"): 2,
        Reason("flood", "flood", "blue/web"): 1,
        Reason("vlan", "from a link"): 1,
    }
    assert findings_of(Drift(missing, 1, (5,), (6, 7))) == (
        "3 flows of network blue/web missing",
        "1 flow of the switch itself missing",
        "1 flow with Tenantry's mark too many",
        "group 5 changed, missing or too many",
        "meter 6 changed, missing or too many",
        "meter 7 changed, missing or too many",
    )


def test_the_lock_keeps_a_second_daemon_out_and_does_not_say_so_of_the_asker(tmp_path: Path) -> None:
    with StateDirectory(tmp_path / "state") as state:
        state.write_audit("{}")
        # Our own lock does not count for us.
        with pytest.raises(NoHolder), holder_of(tmp_path / "state"):
            pass
