"""A virtual machine for tests, small enough to start in seconds without hardware support.

    kernel of Debian's cloud images + an initramfs [busybox, virtio's modules, an init that pings]

The machine says on its console what it reaches, once a second: `10.0.0.2 answers` or `10.0.0.9 is silent`. Addresses
are given on the kernel's command line. The kernel is taken out of its package, not installed.
"""

from __future__ import annotations

import gzip
import shutil
from dataclasses import dataclass
from pathlib import Path

from namespaces import CommandError, run

PACKAGES = Path(__file__).parents[1] / "build" / "vm"
"""Where `./run test --vm` puts the package with the kernel."""
MODULES = ("virtio_ring", "virtio", "virtio_pci_modern_dev", "virtio_pci_legacy_dev", "virtio_pci")
"""In the order in which they need each other; then those of `NETWORK`."""
NETWORK = ("failover", "net_failover", "virtio_net")
_INIT = """#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
for module in {modules}; do insmod /lib/$module.ko; done
for word in $(cat /proc/cmdline); do
    case $word in
        guest.address=*) ip address add ${{word#*=}} dev eth0; ip link set eth0 up ;;
        guest.ping=*) targets="$targets ${{word#*=}}" ;;
    esac
done
while sleep 1; do
    for target in $targets; do
        if ping -c 1 -W 1 $target >/dev/null 2>&1; then echo "$target answers"; else echo "$target is silent"; fi
    done
done
"""


@dataclass(frozen=True, slots=True)
class Image:
    """What a machine starts from."""

    kernel: Path
    initramfs: Path


def command_line(address: str, pings: list[str]) -> str:
    """The kernel's: the machine's own address, such as `10.0.0.1/24`, and what it pings."""
    return " ".join(["console=ttyS0", "quiet", f"guest.address={address}", *(f"guest.ping={one}" for one in pings)])


def build(directory: Path) -> Image:
    """Make the files, in a new directory; raises CommandError when there is no kernel to be found."""
    directory.mkdir()
    unpacked = directory / "kernel"
    packages = list(PACKAGES.glob("linux-image-*.deb"))
    if not packages:
        raise CommandError(f"no kernel in {PACKAGES}; `./run test --vm` puts one there")
    run(["dpkg-deb", "--extract", str(packages[0]), str(unpacked)])
    root = directory / "root"
    for name in ("bin", "dev", "lib", "proc", "sys"):
        (root / name).mkdir(parents=True)
    shutil.copy("/bin/busybox", root / "bin")
    for module in (*MODULES, *NETWORK):
        for found in unpacked.rglob(f"{module}.ko"):
            shutil.copy(found, root / "lib")
    modules = [name for name in (*MODULES, *NETWORK) if (root / "lib" / f"{name}.ko").exists()]
    init = root / "init"
    init.write_text(_INIT.format(modules=" ".join(modules)))
    init.chmod(0o755)
    run(["sh", "-c", f"cd {root} && find . | cpio --create --format newc --quiet > ../initramfs.cpio"])
    initramfs = directory / "initramfs.gz"
    initramfs.write_bytes(gzip.compress((directory / "initramfs.cpio").read_bytes(), 1))
    (kernel,) = unpacked.glob("boot/vmlinuz-*")
    return Image(kernel, initramfs)
