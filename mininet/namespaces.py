"""Reaching into network namespaces that are known by the id of a process inside.

The lab names no namespace under /run/netns: each one lives exactly as long as the processes in it, so a crash leaves no
name behind. Two ways in: a command goes through `mnexec -a`, and a socket is opened by entering the namespace for an
instant, since a socket belongs for good to the namespace in which it was made. `setns` moves only the calling thread.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

CLONE_NEWNET = 0x40000000

_VSCTL_FAILURE = "Error detected while setting up"
"""What `ovs-vsctl` says, and ends with status 0, when ovs-vswitchd could not do what the database asks."""

_libc = ctypes.CDLL(None, use_errno=True)


class CommandError(RuntimeError):
    """A command of the lab failed; the message holds the command and what it said."""


def inside(pid: int | None, command: Sequence[str]) -> list[str]:
    """The command as it has to be started to run in the namespace of `pid`; None is this process's own."""
    return list(command) if pid is None else ["mnexec", "-a", str(pid), *command]


def run(
    command: Sequence[str], *, pid: int | None = None, stdin: str = "", env: Mapping[str, str] | None = None
) -> str:
    """Run a command to its end in the namespace of `pid` and return what it printed."""
    done = subprocess.run(inside(pid, command), input=stdin, capture_output=True, text=True, check=False, env=env)
    if done.returncode or _VSCTL_FAILURE in done.stderr:
        said = (done.stderr.strip() or done.stdout.strip() or "nothing").replace("\n", "; ")
        raise CommandError(f"`{' '.join(command)[:200]}` ended with status {done.returncode} and said: {said}")
    return done.stdout


def ip_batch(lines: Sequence[str], *, pid: int | None = None) -> None:
    """Run several `ip` commands with one process."""
    if lines:
        run(["ip", "-batch", "-"], pid=pid, stdin="\n".join(lines) + "\n")


@contextmanager
def new_namespace() -> Iterator[int]:
    """A fresh namespace with its loopback up; yields the id of the process that holds it, which ends with its owner."""
    with subprocess.Popen(
        ["unshare", "--net", "cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as holder:
        if holder.stdin is None or holder.stdout is None:
            raise CommandError("a namespace's holder was started without pipes")
        holder.stdin.write("are you there?\n")
        holder.stdout.readline()
        ip_batch(["link set lo up"], pid=holder.pid)
        try:
            yield holder.pid
        finally:
            holder.stdin.close()


@contextmanager
def entered(pid: int) -> Iterator[None]:
    """Hold the calling thread in the network namespace of `pid`."""
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        there = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY)
        try:
            _setns(there)
        finally:
            os.close(there)
        try:
            yield
        finally:
            _setns(home)
    finally:
        os.close(home)


def _setns(descriptor: int) -> None:
    if _libc.setns(descriptor, CLONE_NEWNET):
        code = ctypes.get_errno()
        raise OSError(code, f"cannot enter the network namespace: {os.strerror(code)}")
