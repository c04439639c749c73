"""The same change on OVN: one more logical switch with two ports, beside others on two chassis, by `ovn-nbctl`.

The logical switches that are there already have their ports as children of four parent ports on each chassis, told
apart by tags, as the networks of `bench_change` share trunk interfaces. The new ones have interfaces that are there
before.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import islice

from ovn_site import CHASSIS, OvnSite, ovn_site

SIZES = (100, 1000)
CHANGES = 20
PER_PARENT = 2500
_PARENTS = 4
_BATCH = 200


def measure(size: int) -> list[float]:
    """Milliseconds that each of `CHANGES` changes took beside `size` logical switches.

    Raises CommandError when OVN cannot be started, or does not take a change within a minute.
    """
    with ovn_site() as site:
        _plug(site)
        _populate(site, size)
        return [_one_more(site, number) for number in range(CHANGES)]


def _plug(site: OvnSite) -> None:
    for name, ovs in site.ovs.items():
        for port in (*(f"parent{at}" for at in range(_PARENTS)), *(f"x{at}" for at in range(CHANGES))):
            interface = ("set", "interface", port, "type=internal", f"external_ids:iface-id={port}-{name}")
            ovs.vsctl("add-port", "br-int", port, "--", *interface)


def _populate(site: OvnSite, size: int) -> None:
    """Make the logical switches that are there already, and wait until both chassis have them."""
    site.do(["ls-add", "parents"])
    for name in CHASSIS:
        site.do(word for at in range(_PARENTS) for word in ("--", "lsp-add", "parents", f"parent{at}-{name}"))
    commands = (command for number in range(size) for command in _network(number))
    while batch := list(islice(commands, _BATCH)):
        site.do(word for command in batch for word in ("--", *command))
    site.do(["sync"], "--wait=hv")


def _one_more(site: OvnSite, number: int) -> float:
    """Milliseconds that one more logical switch with two ports took until both chassis had it."""
    words = ["--", "ls-add", f"x{number}"]
    for at, name in enumerate(CHASSIS):
        port = f"x{number}-{name}"
        words += ["--", "lsp-add", f"x{number}", port]
        words += ["--", "lsp-set-addresses", port, f"02:02:00:00:{number:02x}:{at:02x}"]
    started = time.perf_counter()
    site.do(words, "--wait=hv")
    return (time.perf_counter() - started) * 1000


def _network(number: int) -> Iterator[tuple[str, ...]]:
    """A logical switch with a child port on each chassis."""
    parent, tag = divmod(number, PER_PARENT)
    yield "ls-add", f"n{number}"
    for at, name in enumerate(CHASSIS, 1):
        port = f"n{number}-{name}"
        yield "lsp-add", f"n{number}", port, f"parent{parent}-{name}", str(tag + 2)
        yield "lsp-set-addresses", port, f"02:01:00:00:00:{at:02x}"
