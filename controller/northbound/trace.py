"""What a bridge of this machine would do with a frame, as it says itself: `ovs-appctl ofproto/trace`.

It prints the flow that decides in each table, with its cookie, and each output (ovs-vswitchd(8)).
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from controller.southbound.look import LookError

PATIENCE = 10.0
RECEIVERS = {4: ("tun_", "192.0.2.9"), 6: ("tun_ipv6_", "2001:db8::9")}
"""Fields of a tunnel's header by IP version; without some receiver Open vSwitch takes no notice of the header."""

_TABLE = re.compile(r" *(\d+)\. (.*)")
_COOKIE = re.compile(r"cookie (0x[0-9a-f]+)")
_OUTPUT = re.compile(r" *output:(\d+)")
_BRIDGE = 'bridge("'
_RETURN = "skipping output to input port"


@dataclass(frozen=True, slots=True)
class Traced:
    """What became of a frame in a switch."""

    decided: tuple[tuple[int, int | None], ...]
    """(table, cookie of the flow that decided); None for no match."""
    sends: tuple[int, ...] | None
    """Numbers of the interfaces by which something leaves, ascending; None where that cannot be told.

    A trace goes on through other bridges behind a tunnel or patch, and does not say when it is back.
    """


def trace(directory: Path, bridge: str, hop: Mapping[str, Any]) -> Traced:
    """Ask a bridge of the Open vSwitch whose run directory that is. Raises LookError."""
    into = f"in_port={hop['number']}"
    if tunnel := hop["tunnel"]:
        prefix, receiver = RECEIVERS[ip_address(tunnel["source"]).version]
        into += f",tun_id={tunnel['id']:#x},{prefix}src={tunnel['source']},{prefix}dst={receiver}"
    command = ["ovs-appctl", f"--timeout={PATIENCE:.0f}", "ofproto/trace", bridge, into, hop["frame"]]
    environment = {**os.environ, "OVS_RUNDIR": str(directory)}
    try:
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    except OSError as error:
        raise LookError(f"ovs-appctl: {error.strerror}") from None
    if done.returncode:
        raise LookError(f"{bridge}: {done.stderr.strip() or 'ofproto/trace failed'}")
    return read_trace(done.stdout)


def read_trace(text: str) -> Traced:
    """What a trace says."""
    lines = text.partition("\nFinal flow:")[0].splitlines()
    decided: list[tuple[int, int | None]] = []
    for found in filter(None, map(_TABLE.fullmatch, lines)):
        # A packet never goes to a table before (OpenFlow 1.3.5, 5.1), so this is one of another bridge.
        if not decided or int(found[1]) > decided[-1][0]:
            cookie = _COOKIE.search(found[2])
            decided.append((int(found[1]), int(cookie[1], 16) if cookie else None))
    is_alone = sum(line.startswith(_BRIDGE) for line in lines) == 1
    return Traced(tuple(decided), tuple(sorted(set(_outputs(lines)))) if is_alone else None)


def _outputs(lines: list[str]) -> Iterator[int]:
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        if (found := _OUTPUT.fullmatch(line)) and _RETURN not in following:
            yield int(found[1])
