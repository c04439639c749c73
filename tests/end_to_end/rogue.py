"""A rogue database that speaks as a host, as a process of its own, until it is ended.

    with rogue_as("hv3", site.daemon.ovsdb, claims=["..."]): ...

First it connects with what ends a session. Then it stays: a huge map, and updates without end, each of which names its
interfaces anew, claims the ids of others, and says that the host is at another address.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

from controller.ovsdb.replica import MOST_ROWS
from tests.switch.fake_host import BRIDGE_ROW
from tests.unit.host_script import answer, root_row, update

ROOT = Path(__file__).parents[2]


@contextmanager
def rogue_as(host: str, meeting: Path, claims: Sequence[str]) -> Iterator[None]:
    """A rogue that claims these ids in the name of a host, where hosts connect."""
    command = [sys.executable, "-m", "tests.end_to_end.rogue", host, str(meeting), *claims]
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)})
    try:
        yield
        assert process.poll() is None, "the rogue has given up"
    finally:
        process.kill()
        process.wait()


def interface(name: object, **ids: str) -> dict[str, Any]:
    return {
        "name": name,
        "type": "",
        "link_state": "up",
        "options": ["map", []],
        "external_ids": ["map", [*ids.items()]],
    }


def rows(host: str, *, number: int = 0, filling: int = 0, claims: Sequence[str] = ()) -> dict[str, Any]:
    """All rows of the host, for the so-and-so-many-th time, with that much in a map that nobody asked for."""
    ids = [["tenantry-host", host], ["tenantry-encap-ip", f"198.51.100.{200 + number % 2}"]]
    ids += [[f"key{one}", "x"] for one in range(filling)]
    bridge = {**BRIDGE_ROW, "ports": ["set", [["uuid", f"p{one}"] for one, _ in enumerate(claims)]]}
    interfaces = {f"i{one}": interface(f"{one}.{number}", **{"iface-id": iface}) for one, iface in enumerate(claims)}
    return {
        "Open_vSwitch": {"root": {"new": root_row(bridges=["uuid", "b"], external_ids=["map", ids])}},
        "Bridge": {"b": {"new": bridge}},
        "Port": {f"p{one}": {"new": port(f"i{one}")} for one, _ in enumerate(claims)},
        "Interface": {uuid: {"new": row} for uuid, row in interfaces.items()},
    }


def port(uuid: str) -> dict[str, Any]:
    return {"name": uuid, "interfaces": ["uuid", uuid], "external_ids": ["map", []]}


def deadly(host: str) -> Iterator[bytes]:
    """What ends a session."""
    yield update({"Interface": {"i": {"new": interface(7)}}})
    yield update({"Interface": {"i": {"new": interface(["set", [["map", []], None]])}}})
    yield answer(9, rows(host))
    yield update({"Port": {f"p{number}": {"new": port("i")} for number in range(MOST_ROWS + 1)}})


def main(host: str, meeting: str, *claims: str) -> None:
    """Be that rogue."""
    for nonsense in deadly(host):
        with socket.socket(socket.AF_UNIX) as daemon, suppress(ConnectionError):
            daemon.connect(meeting)
            daemon.sendall(answer(1, rows(host)))
            daemon.sendall(nonsense)
            while daemon.recv(65536):
                pass
    with socket.socket(socket.AF_UNIX) as daemon:
        daemon.connect(meeting)
        daemon.sendall(answer(1, rows(host, filling=100_000)))
        for number in count(1):
            daemon.sendall(update(rows(host, number=number, claims=claims)))


if __name__ == "__main__":
    main(*sys.argv[1:])
