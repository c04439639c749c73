"""The disk with the state directory is full or read-only: the daemon says so, and neither traffic nor keys are lost."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from controller.ledger_files import read_ledger
from tests.end_to_end.eventually import eventually
from tests.end_to_end.fault_site import standing, train
from tests.end_to_end.running import Installation

pytestmark = pytest.mark.ovs

STRANGER = "02:00:00:00:00:77"


class SmallDisk:
    """A file system of 256 KiB in memory; it is in the mount namespace of a process that ends with this one."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir()
        mount = f"mount -t tmpfs -o size=256k,mode=0700 tenantry-test {directory} && echo there && cat"
        self._holder = subprocess.Popen(
            ["unshare", "--mount", "sh", "-c", mount], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self._holder.stdout
        assert self._holder.stdout.readline() == b"there\n"
        self._directory = directory
        self.path = Path(f"/proc/{self._holder.pid}/root{directory}")
        """How to reach it from outside."""

    @contextmanager
    def read_only(self) -> Iterator[None]:
        """Nothing can be written while inside; what is open stays open, as when the kernel gives up a disk."""
        there = str(self._directory)
        self._run("mount", "--bind", there, there)
        self._run("mount", "-o", "remount,bind,ro", there)
        try:
            yield
        finally:
            self._run("umount", "--lazy", there)

    def _run(self, *command: str) -> None:
        subprocess.run(["nsenter", "--mount", f"--target={self._holder.pid}", *command], check=True)

    def close(self) -> None:
        """Remove it."""
        self._holder.communicate()


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallDisk]:
    made = SmallDisk(tmp_path_factory.mktemp("mounted") / "disk")
    yield made
    made.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, disk: SmallDisk) -> Iterator[Installation]:
    directory = tmp_path_factory.mktemp("disk")
    (directory / "state").symlink_to(disk.path)
    with standing(directory) as (installation, _):
        yield installation


@contextmanager
def full(disk: SmallDisk) -> Iterator[None]:
    """The disk without a free byte."""
    filler = disk.path / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass
    try:
        yield
    finally:
        filler.unlink()


@contextmanager
def read_only(disk: SmallDisk) -> Iterator[None]:
    """The disk after the kernel has given up writing to it."""
    with disk.read_only():
        yield


def add_networks(document: dict[str, Any]) -> None:
    """So many that their keys do not fit into what is left of the journal's last block."""
    document["tenants"]["green"] = {"networks": {f"new{number}": {"segment": "auto"} for number in range(300)}}


@pytest.mark.parametrize(("trouble", "said"), [(full, "no space left on device"), (read_only, "read-only file system")])
def test_a_disk_that_takes_nothing(site: Installation, disk: SmallDisk, trouble: Any, said: str) -> None:  # noqa: ANN401
    state, keys = site.daemon.state, read_ledger(site.daemon.state)
    before, logged, text = site.all_cookies(), len(site.log()), site.topology.read_text()
    with train(site) as running:
        with trouble(disk):
            site.edit(add_networks)
            news = site.log()[logged:]
            assert f"{state}/keys.journal: cannot be used ({said}); check owner, mode and disk" in news
            assert "not reloaded; the configuration before stays in force" in news
            assert read_ledger(state) == keys
            assert site.all_cookies() == before
        running.pass_frames(100)
        site.edit(add_networks)
        assert "green/new299" in read_ledger(state)[0].held, "taken up when there is room again"
        site.write(text)
    assert running.faults() == {}


def test_what_is_learned_meanwhile_is_kept_later(site: Installation, disk: SmallDisk) -> None:
    state, logged = site.daemon.state, len(site.log())
    with full(disk), site.prober() as prober:
        prober.send("blueweb3", "stranger", src=STRANGER)
        eventually(lambda: f"address {STRANGER}: learned" in site.log()[logged:], "it is learned")
        said = f"what is learned is not kept: {state}/memory.json: cannot be used (no space left on device)"
        eventually(lambda: said in site.log()[logged:], "a warning")
    eventually(lambda: str(int(STRANGER.replace(":", ""), 16)) in (state / "memory.json").read_text(), "it is kept")


@pytest.mark.parametrize("trouble", [full, read_only])
def test_a_daemon_that_dies_meanwhile(site: Installation, disk: SmallDisk, trouble: Any) -> None:  # noqa: ANN401
    before = site.all_cookies()
    with train(site) as running:
        with trouble(disk):
            site.daemon.kill()
            site.start()
            site.settle()
            assert site.all_cookies() == before, "it works from what is there"
        running.pass_frames(100)
    assert running.faults() == {}
