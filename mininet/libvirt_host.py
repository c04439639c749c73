"""libvirt on a hypervisor of a lab: a libvirtd with directories, processes and a view of Open vSwitch of its own.

libvirt finds Open vSwitch where everybody does, in /run/openvswitch; there it finds the hypervisor's. What it starts
ends with it, and what it writes is in memory or in the directory that it was given.
"""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from hypervisor import Hypervisor
from namespaces import CommandError, run

_QEMU = """user = "root"
group = "root"
security_driver = "none"
cgroup_controllers = [ ]
namespaces = [ ]
stdio_handler = "file"
remember_owner = 0
"""
_DAEMON = """unix_sock_dir = "{directory}"
unix_sock_group = "root"
auth_unix_rw = "none"
"""
_INSIDE = """set -e
for name in /etc /var/lib /var/cache /var/log /run; do mkdir -p $name/libvirt; mount -t tmpfs tmpfs $name/libvirt; done
mkdir -p /run/openvswitch /var/lib/libvirt/qemu
mount --bind "$1" /run/openvswitch
cp "$2/qemu.conf" /etc/libvirt/
# Not in the place of this shell, which is the namespace's init and has orphans to bury: libvirt waits for their end.
libvirtd --config "$2/libvirtd.conf" --pid-file "$2/libvirtd.pid" || exit
"""
_STARTED_WITHIN = 30.0


class LibvirtHost:
    """A libvirtd in the namespace of a hypervisor, from entering to leaving."""

    def __init__(self, hypervisor: Hypervisor, directory: Path) -> None:
        """`directory` is for its configuration and socket."""
        self._hypervisor = hypervisor
        self._directory = directory
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self._directory.mkdir()
        (self._directory / "qemu.conf").write_text(_QEMU)
        (self._directory / "libvirtd.conf").write_text(_DAEMON.format(directory=self._directory))
        outside = ["nsenter", f"--net=/proc/{self._hypervisor.namespace}/ns/net"]
        inside = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
        script = ["bash", "-c", _INSIDE, "libvirtd", str(self._hypervisor.ovs.directory), str(self._directory)]
        with (self._directory / "log").open("wb") as log:
            env = {**os.environ, **self._hypervisor.ledger.mark}
            self._process = subprocess.Popen([*outside, *inside, *script], stdout=log, stderr=log, env=env)
        deadline = time.monotonic() + _STARTED_WITHIN
        while not self._is_answering():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.__exit__(None, None, None)
                raise CommandError(f"libvirtd does not start: {(self._directory / 'log').read_text()[-2000:]}")
            time.sleep(0.2)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process:
            # Its child is the first process of the namespace, with which all others end.
            self._process.kill()
            self._process.wait()

    def virsh(self, *words: str) -> str:
        """What a command of virsh says."""
        address = f"qemu+unix:///system?socket={self._directory / 'libvirt-sock'}"
        return run(["virsh", "--quiet", "--connect", address, *words])

    def _is_answering(self) -> bool:
        if not (self._directory / "libvirt-sock").exists():
            return False
        try:
            self.virsh("list")
        except CommandError:
            return False
        return True
