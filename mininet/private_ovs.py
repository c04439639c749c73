"""An Open vSwitch of its own: one ovsdb-server and one ovs-vswitchd beside whatever the host runs.

Everything the two daemons write (database, sockets, pid files, logs) is in one run directory, so several can live on
one machine. `--disable-system` keeps ovs-vswitchd from the kernel datapath: bridges have `datapath_type=netdev`. Two
such daemons cannot share a network namespace with each other or with the host's Open vSwitch, as each makes a device
`ovs-netdev`; give each a namespace, by the id of a process in it.

    with PrivateOvs(Path("/tmp/x"), pid=shell.pid) as ovs:
        ovs.vsctl("add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=netdev")
        print(ovs.ofctl("show", "br0"))

Daemons are ended by the process id that they wrote, and only while that process still has our database's socket or
run directory on its command line, so that a recycled id is never signalled.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from namespaces import run

SCHEMA = "/usr/share/openvswitch/vswitch.ovsschema"
DATABASE, SWITCH = "ovsdb-server", "ovs-vswitchd"
_PATIENCE = 10.0


class PrivateOvs:
    """The two daemons, and their command line tools pointed at them."""

    def __init__(self, directory: Path, *, pid: int | None = None, env: Mapping[str, str] | None = None) -> None:
        """Keep everything in `directory`; run in the network namespace of `pid`, with `env` added to the daemons'."""
        self.directory = directory
        self._namespace = pid
        self._env = {
            **os.environ,
            **(env or {}),
            "OVS_RUNDIR": str(directory),
            "OVS_DBDIR": str(directory),
            "OVS_LOGDIR": str(directory),
        }
        self._socket = directory / "db.sock"

    # Life and death

    def start(self) -> Self:
        """Make an empty database when there is none, and start both daemons; they are ready on return."""
        self.directory.mkdir(parents=True, exist_ok=True)
        if not (self.directory / "conf.db").exists():
            run(["ovsdb-tool", "create", str(self.directory / "conf.db"), SCHEMA])
        self.start_database()
        run(["ovs-vsctl", f"--db=unix:{self._socket}", "--no-wait", "init"], env=self._env)
        self.start_switch()
        return self

    def start_database(self) -> None:
        """Start ovsdb-server on the database as it is, with managers and certificates from there, as hosts have it."""
        remotes = [f"--remote=punix:{self._socket}", "--remote=db:Open_vSwitch,Open_vSwitch,manager_options"]
        files = {"private-key": "private_key", "certificate": "certificate", "ca-cert": "ca_cert"}
        tls = [f"--{option}=db:Open_vSwitch,SSL,{column}" for option, column in files.items()]
        self._daemon(DATABASE, str(self.directory / "conf.db"), *remotes, *tls)

    def start_switch(self) -> None:
        """Start ovs-vswitchd; it makes the bridges that the database lists, without their flows."""
        self._daemon(SWITCH, f"unix:{self._socket}", "--disable-system")

    def stop(self) -> None:
        """End both daemons, whichever still runs; the run directory stays."""
        self._signal(SWITCH, signal.SIGTERM)
        self._signal(DATABASE, signal.SIGTERM)

    def kill_database(self) -> None:
        """End ovsdb-server as a crash would."""
        self._signal(DATABASE, signal.SIGKILL)

    def kill_switch(self) -> None:
        """End ovs-vswitchd as a crash would; its devices vanish with it."""
        self._signal(SWITCH, signal.SIGKILL)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # Tools

    def vsctl(self, *arguments: str) -> str:
        """Run `ovs-vsctl`; it waits until ovs-vswitchd has done what was asked."""
        return self._tool("ovs-vsctl", f"--db=unix:{self._socket}", "--timeout=10", *arguments)

    def ofctl(self, *arguments: str, stdin: str = "") -> str:
        """Run `ovs-ofctl -O OpenFlow13`, in the run directory, so that a bridge is named by its name alone."""
        return self._tool("ovs-ofctl", "-O", "OpenFlow13", *arguments, stdin=stdin)

    def appctl(self, *arguments: str) -> str:
        """Run `ovs-appctl` on ovs-vswitchd."""
        return self._tool("ovs-appctl", "--timeout=10", *arguments)

    def pid(self, daemon: str) -> int | None:
        """Process id of the daemon, or None when it does not run."""
        with suppress(OSError, ValueError):
            pid = int((self.directory / f"{daemon}.pid").read_text())
            if str(self.directory).encode() in Path(f"/proc/{pid}/cmdline").read_bytes():
                return pid
        return None

    def _tool(self, *command: str, stdin: str = "") -> str:
        return run(command, pid=self._namespace, stdin=stdin, env=self._env)

    def _daemon(self, program: str, *arguments: str) -> None:
        run(
            [program, *arguments, "--pidfile", "--log-file", "--detach", "--no-chdir", "-vconsole:off"],
            pid=self._namespace,
            env=self._env,
        )

    def _signal(self, daemon: str, number: signal.Signals) -> None:
        deadline = time.monotonic() + _PATIENCE
        while (pid := self.pid(daemon)) is not None:
            with suppress(ProcessLookupError):
                os.kill(pid, number)
            time.sleep(0.01)
            if time.monotonic() > deadline:
                number = signal.SIGKILL
