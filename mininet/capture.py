"""A tcpdump on one interface, whose lines can be read while it runs or afterwards.

with lab.capture("leaf1", "leaf1-eth1", "vlan") as seen:
    lab.ping("h1", "10.0.0.2")
print(seen.lines)
"""

from __future__ import annotations

import re
import subprocess
import threading
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from namespaces import CommandError, inside

SETTLE = 0.2
"""Seconds between the last packet of interest and the end of a capture: tcpdump takes packets from a ring in blocks."""

_TIME = re.compile(r"\d\d:\d\d:\d\d\.\d")
"""How each packet begins; what is inside a tunnel follows on lines of its own, and is joined to its packet."""


class Capture:
    """One tcpdump, listening from entering to leaving."""

    def __init__(self, pid: int, interface: str, expression: str, *, env: Mapping[str, str]) -> None:
        """Listen in the namespace of `pid` for what tcpdump's filter `expression` lets through."""
        command = ["tcpdump", "-i", interface, "-e", "-n", "-l", "--immediate-mode", *expression.split()]
        self._tcpdump = subprocess.Popen(
            inside(pid, command), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env
        )
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def start(self) -> None:
        """Return when tcpdump listens."""
        said = ""
        for line in self._tcpdump.stderr or ():
            said += line
            if line.startswith("listening on"):
                self._reader.start()
                return
        self._tcpdump.wait()
        raise CommandError(f"tcpdump did not start: {said.strip()}")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        time.sleep(SETTLE)
        self.stop()

    def stop(self) -> None:
        """End tcpdump at once."""
        self._tcpdump.terminate()
        if self._reader.is_alive():
            self._reader.join()
        self._tcpdump.wait()
        for pipe in (self._tcpdump.stdout, self._tcpdump.stderr):
            if pipe:
                pipe.close()

    def wait_for(self, text: str, timeout: float = 5.0) -> str:
        """The first line that holds `text`."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            for line in tuple(self.lines):
                if text in line:
                    return line
            time.sleep(0.02)
        raise TimeoutError(f"no packet with {text!r} within {timeout:.0f} s; seen: {self.lines[-5:]}")

    def _read(self) -> None:
        for line in self._tcpdump.stdout or ():
            if _TIME.match(line) or not self.lines:
                self.lines.append(line.strip())
            else:
                self.lines[-1] += " " + line.strip()
