"""The tutorial works as printed: its `sh` blocks run in order in one shell, each followed by what it prints."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.ovs

PAGE = Path(__file__).parents[2] / "docs" / "tutorial.md"
BLOCK = re.compile(r"^```sh\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", re.DOTALL | re.MULTILINE)
END = "---- end of block"


class Shell:
    """A shell in a directory, given one block after another."""

    def __init__(self, directory: Path) -> None:
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        self._process = subprocess.Popen(
            ["bash", "-eu"],
            cwd=directory,
            env={**os.environ, "PATH": path, "COLUMNS": "80"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, block: str) -> str:
        """What the block printed; fails when the shell ended in it."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{block}\necho '{END}'\n")
        self._process.stdin.flush()
        lines: list[str] = []
        for line in self._process.stdout:
            if line.rstrip("\n") == END:
                return "".join(lines)
            lines.append(line)
        raise AssertionError(f"the shell ended with {self._process.wait()} in:\n{block}\nafter:\n{''.join(lines)}")

    def close(self) -> None:
        """End the shell."""
        self._process.communicate(timeout=10)


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    shell = Shell(tmp_path)
    yield shell
    # First what may still hold the shell's output open.
    remove_what_is_left(tmp_path)
    shell.close()


def remove_what_is_left(directory: Path) -> None:
    """After a failure in the middle: end the daemon by its pid, and take away what the page makes."""
    pid = directory / "tutorial.pid"
    if pid.exists():
        subprocess.run(["kill", "-9", pid.read_text().strip()], check=False, capture_output=True)
    subprocess.run(["ovs-vsctl", "--if-exists", "del-br", "tut1", "--", "--if-exists", "del-br", "tut2"], check=True)
    for guest in ("blue1", "blue2", "red1", "red2"):
        subprocess.run(["ip", "link", "del", f"tut-{guest}"], check=False, capture_output=True)
        subprocess.run(["ip", "netns", "del", f"tut-{guest}"], check=False, capture_output=True)


def test_the_tutorial_prints_what_it_says(shell: Shell) -> None:
    blocks = BLOCK.findall(PAGE.read_text())
    assert len(blocks) >= 9
    for block, printed in blocks:
        output = shell.run(block)
        if printed:
            assert [line.rstrip() for line in output.splitlines()] == printed.splitlines(), f"printed by:\n{block}"
