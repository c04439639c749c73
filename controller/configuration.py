"""From files to what is in force: load, give keys, keep the ledger.

Reading can take seconds for a large installation, so it is apart from giving keys: `read` touches no state and may run
in a worker thread; `settle_keys` is quick, and writes the ledger before anybody acts on the keys in it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from controller.intent.allocation import allocate
from controller.intent.loader import Loaded, load
from controller.intent.model import Intent, SegmentKey
from controller.state_directory import StateDirectory
from controller.watch import Signature, signature

log = logging.getLogger(__name__)


class Configuration:
    """The files that an operator gave, and the keys of the networks in them."""

    def __init__(self, paths: Sequence[Path], state: StateDirectory) -> None:
        """Raises StateError when the key ledger cannot be read."""
        self._paths = tuple(paths)
        self._state = state
        self._ledger, warning = state.read_ledger()
        if warning:
            log.warning(warning)

    def signature(self) -> Signature:
        """What the files look like now."""
        return signature(self._paths)

    def read(self) -> Loaded:
        """Load the files; errors and warnings are in the result."""
        return load(self._paths)

    def settle_keys(self, intent: Intent) -> Mapping[str, SegmentKey]:
        """The key of each network that has one; networks without are logged.

        Raises StateError when the ledger cannot be written; the keys given before stay in force then.
        """
        ledger, keys, problems = allocate(intent, self._ledger, time.time())
        if ledger != self._ledger:
            self._state.write_ledger(ledger)
            self._ledger = ledger
        for problem in problems:
            level = logging.ERROR if problem.fatal else logging.WARNING
            log.log(level, "%s", problem, extra={"network": problem.network})
        return keys


def report(loaded: Loaded) -> None:
    """Log what was found wrong with the files, in the order of the files."""
    for problem in loaded.errors:
        log.error(str(problem))
    for problem in loaded.warnings:
        log.warning(str(problem))
