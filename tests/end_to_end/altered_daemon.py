"""The daemon as a version of tomorrow could be: the same functions with other tables.

    python -c "from tests.end_to_end.altered_daemon import main; main('moved')" run FILE...

`moved` follows the rule for versions whose tables mean something else (`apps.pipeline`): all but the first have ids
that were never used before, and all priorities are others. `shuffled` breaks it, by giving tables the ids of each
other; that is good as long as a switch's whole change fits into one bundle.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from apps import pipeline

IDS: Mapping[str, Mapping[str, int]] = {
    "moved": {
        **{"vlan": 23, "tunnel": 22, "source": 21, "destination": 24, "flood": 25, "deliver": 26},
        **{"mark": 27, "tree": 29},
    },
    "shuffled": {
        **{"vlan": 3, "tunnel": 1, "source": 2, "destination": 5, "flood": 6, "deliver": 4},
        **{"mark": 8, "tree": 9},
    },
}


def main(variant: str) -> None:
    """Alter the pipeline, and go on as the daemon."""
    ids = IDS[variant]
    for name in ("CLASSIFY", "VLAN", "TUNNEL", "SOURCE", "DESTINATION", "FLOOD", "DELIVER", "MARK", "TREE"):
        table = getattr(pipeline, name)
        priorities = {kind: 3 * priority + 7 for kind, priority in table.priorities.items()}
        setattr(pipeline, name, replace(table, id=ids.get(table.name, table.id), priorities=priorities))
    # Not before: all apps take the tables from there.
    from controller.northbound.cli import main as run

    run()
