"""OVN beside us: a central database and chassis, in directories and namespaces of this run, which end with it.

    nb, sb, ovn-northd      one database server and one northd, reached by a Unix socket
    hv1, hv2                a namespace each, with an Open vSwitch and an ovn-controller of its own

What the packages would start is not looked at. Chassis need not reach each other: what is measured ends when their
flows are in.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from lab_ledger import Ledger, sweep
from namespaces import CommandError, new_namespace, run
from private_ovs import PrivateOvs

CHASSIS = ("hv1", "hv2")
_SCHEMAS = Path("/usr/share/ovn")
_PROGRAMS = ("ovn-northd", "ovn-controller", "ovn-nbctl")
_PATIENCE = 30.0


def is_installed() -> bool:
    """Whether the packages ovn-central and ovn-host are there."""
    return (_SCHEMAS / "ovn-nb.ovsschema").exists() and all(map(shutil.which, _PROGRAMS))


@contextmanager
def ovn_site() -> Iterator[OvnSite]:
    """Everything started, and both chassis known. Raises CommandError when it does not start."""
    sweep()
    ledger = Ledger()
    try:
        with ExitStack() as stack:
            site = OvnSite(ledger.directory, {**os.environ, **ledger.mark})
            site.start_central()
            for number, name in enumerate(CHASSIS, 1):
                namespace = stack.enter_context(new_namespace())
                ovs = stack.enter_context(PrivateOvs(ledger.directory / name, pid=namespace, env=ledger.mark))
                site.start_chassis(name, number, ovs, namespace)
            site.await_chassis()
            yield site
    finally:
        ledger.close()


class OvnSite:
    """A central database and two chassis."""

    def __init__(self, directory: Path, env: dict[str, str]) -> None:
        self.ovs: dict[str, PrivateOvs] = {}
        """The Open vSwitch of each chassis; its bridge is br-int."""
        self._socket = directory / "ovn.sock"
        self._directory = directory
        self._env = env

    def start_central(self) -> None:
        """Start the database server and northd."""
        databases = []
        for name in ("nb", "sb"):
            databases.append(str(self._directory / f"{name}.db"))
            run(["ovsdb-tool", "create", databases[-1], str(_SCHEMAS / f"ovn-{name}.ovsschema")])
        self._daemon("ovsdb-server", *databases, f"--remote=punix:{self._socket}")
        remote = f"unix:{self._socket}"
        self._daemon("ovn-northd", f"--ovnnb-db={remote}", f"--ovnsb-db={remote}")

    def start_chassis(self, name: str, number: int, ovs: PrivateOvs, namespace: int) -> None:
        """Let an Open vSwitch be a chassis."""
        settings = {
            "system-id": name,
            "ovn-remote": f"unix:{self._socket}",
            "ovn-encap-type": "geneve",
            "ovn-encap-ip": f"198.51.100.{number}",
            "ovn-bridge-datapath-type": "netdev",
        }
        ovs.vsctl("set", "Open_vSwitch", ".", *(f"external_ids:{key}={value}" for key, value in settings.items()))
        bridge = ("set", "bridge", "br-int", "datapath_type=netdev", "fail_mode=secure")
        ovs.vsctl("add-br", "br-int", "--", *bridge)
        self._daemon("ovn-controller", f"unix:{ovs.directory}/db.sock", pid=namespace, directory=ovs.directory)
        self.ovs[name] = ovs

    def await_chassis(self) -> None:
        """Wait until both chassis are known: nobody waits for one that is not."""
        deadline = time.monotonic() + _PATIENCE
        while len(
            run(["ovn-sbctl", f"--db=unix:{self._socket}", "--bare", "--columns=name", "list", "Chassis"]).split()
        ) < len(CHASSIS):
            if time.monotonic() > deadline:
                raise CommandError("OVN's chassis did not register")
            time.sleep(0.1)

    def do(self, words: Iterable[str], *options: str) -> None:
        """Change the northbound database by one `ovn-nbctl`."""
        run(["ovn-nbctl", f"--db=unix:{self._socket}", "--timeout=60", *options, *words])

    def _daemon(self, program: str, *arguments: str, pid: int | None = None, directory: Path | None = None) -> None:
        where = str(directory or self._directory)
        env = {**self._env, "OVN_RUNDIR": where, "OVS_RUNDIR": where, "OVN_LOGDIR": where, "OVS_LOGDIR": where}
        run(
            [program, *arguments, "--pidfile", "--log-file", "--detach", "--no-chdir", "-vconsole:off"],
            pid=pid,
            env=env,
        )
