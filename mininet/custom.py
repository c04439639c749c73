"""Builds a topology file from Mininet's own command line:

    tenantry run topologies/leaf-spine.yaml --state /tmp/state \\
        --listen tcp:127.0.0.1:6653 --listen unix:/run/tenantry.sock &
    mn --custom mininet/custom.py --topo tenantry,topologies/leaf-spine.yaml --controller remote,port=6653

Both commands are those of the virtual environment, and need root. Hypervisors, whose namespaces have no route to the
daemon's TCP port, connect to the Unix socket: `--topo tenantry,FILE,SOCKET` names another than `/run/tenantry.sock`.

`mn` runs this file under its own names, and takes names from it: `topos`, and `cleanup`, which it calls after Ctrl-C
and after errors. Its own `cleanup` ends every process and removes every bridge and device of the machine that looks as
if Mininet had made it; ours removes what this lab made.
"""

from __future__ import annotations

import atexit
import sys
from pathlib import Path

from mininet.net import Mininet

HERE = Path(sys._getframe().f_code.co_filename).resolve().parent  # `mn` executes the text, without `__file__`
sys.path[:0] = [str(HERE), str(HERE.parent)]

from lab_ledger import Ledger, sweep  # noqa: E402
from lab_topology import LabTopology, load_topology  # noqa: E402

SOCKET = "/run/tenantry.sock"

_ledgers: list[Ledger] = []


def tenantry(file: str, socket: str = SOCKET) -> LabTopology:
    """The topology of a file."""
    intent, model = load_topology([Path(file)])
    sweep()
    _ledgers.append(Ledger())
    return LabTopology(intent=intent, lab=model, ledger=_ledgers[-1], socket=Path(socket))


def cleanup() -> None:
    """Remove what was built."""
    while _ledgers:
        _ledgers.pop().close()


atexit.register(cleanup)
Mininet.inited = True  # or it would raise limits of the whole machine, and leave them so
topos = {"tenantry": tenantry}
