"""The soak: `./run soak [OPERATIONS] [--seed N]`.

Random operations on a small real fabric, with an oracle watching: after each, reachability is exactly what is asked
for, and at no time does a frame arrive in another network. Every operation is written to `operations.log`; with the
same seed the same operations come again. Exit status 0 when all was as it should be, 1 when not.
"""

from __future__ import annotations

import argparse
import random
import shutil
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from namespaces import CommandError
from soak_run import Soak, SoakFailure

DEFAULT = 1000


def main(arguments: Sequence[str]) -> int:
    """Run the soak; the exit status."""
    parser = argparse.ArgumentParser(prog="./run soak", description="Random operations, with an oracle watching.")
    parser.add_argument("operations", type=int, nargs="?", default=DEFAULT, help=f"how many (default {DEFAULT})")
    parser.add_argument("--seed", type=int, help="of the random numbers; printed, to repeat a run")
    parser.add_argument(
        "--allow-circles", action="store_true", help="count frames that came twice or came back, and go on"
    )
    options = parser.parse_args(list(arguments))
    signal.signal(signal.SIGTERM, _interrupt)
    seed = random.randrange(1_000_000) if options.seed is None else options.seed
    directory = Path(tempfile.mkdtemp(prefix="tenantry-soak-"))
    print(f"soak: {options.operations:,} operations, --seed {seed}, in {directory}", flush=True)
    soak = Soak(directory, seed, allow_circles=options.allow_circles)
    try:
        soak.run(options.operations)
    except (SoakFailure, CommandError) as failure:
        print(f"\n{failure}\n\n{soak.figures}\nNOT as it should be; everything is in {directory}", flush=True)
        return 1
    except KeyboardInterrupt:
        print(f"\n{soak.figures}\ninterrupted; everything is in {directory}", flush=True)
        return 1
    if soak.figures.astray:
        print(f"\n{soak.figures}\nAs it should be, but for circles; everything is in {directory}", flush=True)
    else:
        shutil.rmtree(directory)
        print(f"\n{soak.figures}\nAs it should be.", flush=True)
    return 0


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
