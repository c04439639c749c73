"""The same change on OVN: one more logical switch with two ports, beside others on two chassis, by `ovn-nbctl`.

    nb, sb, ovn-northd      one database server and one northd, reached by a Unix socket
    hv1, hv2                a namespace each, with an Open vSwitch and an ovn-controller of its own

Everything is started here, in directories and namespaces of this run, and ends with it; what the packages would start
is not looked at. The logical switches that are there already have their ports as children of four parent ports on each
chassis, told apart by tags, as the networks of `bench_change` share trunk interfaces. The new ones have interfaces that
are there before. Chassis need not reach each other, as a change counts when their flows are in.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path

from lab_ledger import Ledger, sweep
from namespaces import CommandError, new_namespace, run
from private_ovs import PrivateOvs

SIZES = (100, 1000)
CHANGES = 20
CHASSIS = ("hv1", "hv2")
PER_PARENT = 2500
_SCHEMAS = Path("/usr/share/ovn")
_PROGRAMS = ("ovn-northd", "ovn-controller", "ovn-nbctl")
_BATCH = 200
_PATIENCE = 30.0


def is_installed() -> bool:
    """Whether the packages ovn-central and ovn-host are there."""
    return (_SCHEMAS / "ovn-nb.ovsschema").exists() and all(map(shutil.which, _PROGRAMS))


def measure(size: int) -> list[float]:
    """Milliseconds that each of `CHANGES` changes took beside `size` logical switches.

    Raises CommandError when OVN cannot be started, or does not take a change within a minute.
    """
    sweep()
    ledger = Ledger()
    try:
        with _site(ledger) as site:
            site.populate(size)
            return [site.one_more(number) for number in range(CHANGES)]
    finally:
        ledger.close()


class _Site:
    """A central database and two chassis."""

    def __init__(self, directory: Path, env: dict[str, str]) -> None:
        self.socket = directory / "ovn.sock"
        self._directory = directory
        self._env = env

    def start_central(self) -> None:
        """Start the database server and northd."""
        databases = []
        for name in ("nb", "sb"):
            databases.append(str(self._directory / f"{name}.db"))
            run(["ovsdb-tool", "create", databases[-1], str(_SCHEMAS / f"ovn-{name}.ovsschema")])
        self.daemon("ovsdb-server", *databases, f"--remote=punix:{self.socket}")
        remote = f"unix:{self.socket}"
        self.daemon("ovn-northd", f"--ovnnb-db={remote}", f"--ovnsb-db={remote}")

    def start_chassis(self, name: str, number: int, ovs: PrivateOvs, namespace: int) -> None:
        """Let an Open vSwitch be a chassis that has all interfaces."""
        settings = {
            "system-id": name,
            "ovn-remote": f"unix:{self.socket}",
            "ovn-encap-type": "geneve",
            "ovn-encap-ip": f"198.51.100.{number}",
            "ovn-bridge-datapath-type": "netdev",
        }
        ovs.vsctl("set", "Open_vSwitch", ".", *(f"external_ids:{key}={value}" for key, value in settings.items()))
        bridge = ("set", "bridge", "br-int", "datapath_type=netdev", "fail_mode=secure")
        ovs.vsctl("add-br", "br-int", "--", *bridge)
        for port in (*(f"parent{at}" for at in range(4)), *(f"x{at}" for at in range(CHANGES))):
            interface = ("set", "interface", port, "type=internal", f"external_ids:iface-id={port}-{name}")
            ovs.vsctl("add-port", "br-int", port, "--", *interface)
        self.daemon("ovn-controller", f"unix:{ovs.directory}/db.sock", pid=namespace, directory=ovs.directory)

    def await_chassis(self) -> None:
        """Wait until both chassis are known: nobody waits for one that is not."""
        deadline = time.monotonic() + _PATIENCE
        while len(
            run(["ovn-sbctl", f"--db=unix:{self.socket}", "--bare", "--columns=name", "list", "Chassis"]).split()
        ) < len(CHASSIS):
            if time.monotonic() > deadline:
                raise CommandError("OVN's chassis did not register")
            time.sleep(0.1)

    def daemon(self, program: str, *arguments: str, pid: int | None = None, directory: Path | None = None) -> None:
        """Start a daemon that the ledger's mark lets end."""
        where = str(directory or self._directory)
        env = {**self._env, "OVN_RUNDIR": where, "OVS_RUNDIR": where, "OVN_LOGDIR": where, "OVS_LOGDIR": where}
        run(
            [program, *arguments, "--pidfile", "--log-file", "--detach", "--no-chdir", "-vconsole:off"],
            pid=pid,
            env=env,
        )

    def populate(self, size: int) -> None:
        """Make the logical switches that are there already, and wait until both chassis have them."""
        self._do(["ls-add", "parents"])
        for name in CHASSIS:
            self._do(word for at in range(4) for word in ("--", "lsp-add", "parents", f"parent{at}-{name}"))
        commands = (command for number in range(size) for command in _network(number))
        while batch := list(islice(commands, _BATCH)):
            self._do(word for command in batch for word in ("--", *command))
        self._do(["sync"], "--wait=hv")

    def one_more(self, number: int) -> float:
        """Milliseconds that one more logical switch with two ports took until both chassis had it."""
        words = ["--", "ls-add", f"x{number}"]
        for at, name in enumerate(CHASSIS):
            port = f"x{number}-{name}"
            words += ["--", "lsp-add", f"x{number}", port]
            words += ["--", "lsp-set-addresses", port, f"02:02:00:00:{number:02x}:{at:02x}"]
        started = time.perf_counter()
        self._do(words, "--wait=hv")
        return (time.perf_counter() - started) * 1000

    def _do(self, words: Iterator[str] | Sequence[str], *options: str) -> None:
        run(["ovn-nbctl", f"--db=unix:{self.socket}", "--timeout=60", *options, *words])


def _network(number: int) -> Iterator[tuple[str, ...]]:
    """A logical switch with a child port on each chassis."""
    parent, tag = divmod(number, PER_PARENT)
    yield "ls-add", f"n{number}"
    for at, name in enumerate(CHASSIS, 1):
        port = f"n{number}-{name}"
        yield "lsp-add", f"n{number}", port, f"parent{parent}-{name}", str(tag + 2)
        yield "lsp-set-addresses", port, f"02:01:00:00:00:{at:02x}"


@contextmanager
def _site(ledger: Ledger) -> Iterator[_Site]:
    with ExitStack() as stack:
        site = _Site(ledger.directory, {**os.environ, **ledger.mark})
        site.start_central()
        for number, name in enumerate(CHASSIS, 1):
            namespace = stack.enter_context(new_namespace())
            ovs = stack.enter_context(PrivateOvs(ledger.directory / name, pid=namespace, env=ledger.mark))
            site.start_chassis(name, number, ovs, namespace)
        site.await_chassis()
        yield site
