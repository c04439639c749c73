"""The benchmarks: `./run bench [NAME]`, all of them without a name.

One line of JSON for each figure goes to standard output, a table of all to standard error. See `bench_report`.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from types import FrameType

import bench_change
import bench_dataplane
import bench_discovery
import bench_failover
import bench_flows
import bench_join
import bench_memory
import bench_restart
import bench_start
import bench_sync
import bench_verify
from bench_report import Figure, emit, note, print_table
from namespaces import CommandError
from shapes import SHAPES

BENCHES: Mapping[str, Callable[[], Iterator[Figure]]] = {
    bench_flows.NAME: bench_flows.run,
    bench_start.NAME: bench_start.run,
    bench_change.NAME: bench_change.run,
    bench_sync.NAME: bench_sync.run,
    bench_restart.NAME: bench_restart.run,
    bench_memory.NAME: bench_memory.run,
    bench_dataplane.NAME: bench_dataplane.run,
    bench_discovery.NAME: bench_discovery.run,
    bench_join.NAME: bench_join.run,
    bench_failover.NAME: bench_failover.run,
    bench_verify.NAME: bench_verify.run,
}


def main(arguments: Collection[str]) -> int:
    """Run benchmarks; the exit status."""
    parser = argparse.ArgumentParser(prog="./run bench", description="What Tenantry costs, measured on this machine.")
    parser.add_argument("name", nargs="?", choices=sorted(BENCHES), help="which; all when left out")
    parser.add_argument("--quick", action="store_true", help="fewer cuts in failover, less time in discovery")
    parser.add_argument("--shape", choices=SHAPES, help="failover: this one alone")
    options = parser.parse_args(list(arguments))
    benches = {**BENCHES, **_chosen(options.quick, options.shape)}
    signal.signal(signal.SIGTERM, _interrupt)
    figures: list[Figure] = []
    try:
        for name, bench in benches.items():
            if options.name in (None, name):
                for figure in bench():
                    emit(figure)
                    figures.append(figure)
    except CommandError as error:
        note(str(error))
        return 1
    except KeyboardInterrupt:
        note("interrupted")
        return 1
    print_table(figures)
    return 0


def _chosen(is_quick: bool, shape: str | None) -> dict[str, Callable[[], Iterator[Figure]]]:
    """Benches in another way than usual."""
    chosen: dict[str, Callable[[], Iterator[Figure]]] = {}
    if is_quick:
        chosen[bench_discovery.NAME] = partial(bench_discovery.run, bench_discovery.QUICK)
    if is_quick or shape:
        shapes = (shape,) if shape else tuple(SHAPES)
        chosen[bench_failover.NAME] = partial(bench_failover.run, shapes, is_quick=is_quick)
    return chosen


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
