"""The daemon as a process of its own, for the demo and for tests: started, reloaded, killed and ended like any other.

    with DaemonProcess(directory, [Path("fabric.yaml")]) as daemon:
        with Lab(intent, model, port=daemon.port, socket=daemon.socket) as lab: ...

All of its files are in one directory: `state/`, `openflow.sock`, `ovsdb.sock` and `daemon.log`.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).parent.parent
_PROGRAM = "from controller.northbound.cli import main; main()"


class DaemonProcess:
    """One `tenantry run`."""

    def __init__(self, directory: Path, paths: Sequence[Path]) -> None:
        """Listen on a free port of the loopback and on a socket in `directory`; entering starts the process."""
        self.mark: Mapping[str, str] = {}
        """Environment by which a lab recognises the process as its own, to end it after a crash; see `Lab.mark`."""
        self.socket = directory / "openflow.sock"
        self.ovsdb = directory / "ovsdb.sock"
        self.state = directory / "state"
        self.log = directory / "daemon.log"
        self.port = _free_port()
        self.tls_port = 0
        self.process: subprocess.Popen[bytes] | None = None
        self.started_at = 0.0
        self.program = _PROGRAM
        """What Python runs."""
        self._paths = paths
        self._options: list[str] = []

    def serve_page(self) -> str:
        """Have it answer on a free port of the loopback from its next start on; the address of its page."""
        port = _free_port()
        self._options += ["--api", f"tcp:127.0.0.1:{port}"]
        return f"http://127.0.0.1:{port}/"

    def serve_tls(self, certificates: Path) -> None:
        """Have hosts connect with certificates, too, from its next start on: at `tls_port` of the loopback.

        In `certificates` are `controller.pem`, `controller.key`, and the authority's `ca.pem`.
        """
        self.tls_port = _free_port()
        files = {"--tls-cert": "controller.pem", "--tls-key": "controller.key", "--tls-ca": "ca.pem"}
        self._options += [word for option, name in files.items() for word in (option, str(certificates / name))]
        self._options += ["--ovsdb", f"ssl:127.0.0.1:{self.tls_port}"]

    def start(self) -> None:
        """Start the process, or start it again; it need not listen yet on return."""
        command = [sys.executable, "-c", self.program, "run", *map(str, self._paths), "--state", str(self.state)]
        listen = ["--listen", f"tcp:127.0.0.1:{self.port}", "--listen", f"unix:{self.socket}"]
        listen += ["--ovsdb", f"unix:{self.ovsdb}", *self._options]
        env = {**os.environ, **self.mark, "PYTHONPATH": str(ROOT)}
        with self.log.open("ab") as log:
            self.started_at = time.monotonic()
            self.process = subprocess.Popen([*command, *listen], stdout=log, stderr=log, env=env, cwd=ROOT)

    def reload(self) -> None:
        """Make it read its files again."""
        self._signal(signal.SIGHUP)

    def audit(self) -> None:
        """Let it compare all switches with what they should hold."""
        self._signal(signal.SIGUSR1)

    def kill(self) -> None:
        """End it as a crash would."""
        self._signal(signal.SIGKILL)
        self._wait()

    def stop(self) -> int | None:
        """End it in good order; its exit status."""
        self._signal(signal.SIGTERM)
        return self._wait()

    def is_running(self) -> bool:
        """Whether the process lives."""
        return self.process is not None and self.process.poll() is None

    def log_tail(self, lines: int = 15) -> str:
        """The last lines of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:]) if self.log.exists() else ""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _signal(self, number: signal.Signals) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(number)

    def _wait(self) -> int | None:
        if self.process is None:
            return None
        try:
            return self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
