"""From files to what is in force: load, give keys, keep the ledger.

Reading can take seconds for a large installation, so it is apart from giving keys: `read` touches no state and may run
in a worker thread; `settle_keys` is quick, and writes the ledger before anybody acts on the keys in it.

A network that gets another key is moved there step by step (`controller.intent.moves`), and each step is in the ledger
before it is taken.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from controller.intent.allocation import KeyLedger, allocate
from controller.intent.loader import Loaded, load
from controller.intent.model import Intent
from controller.intent.moves import Moves
from controller.state_directory import StateDirectory, StateError
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
        self.moves = Moves(self._ledger.held, self._ledger.unsettled)
        """The keys in force; another value whenever they change."""
        self._trouble = ""

    def signature(self) -> Signature:
        """What the files look like now."""
        return signature(self._paths)

    def read(self) -> Loaded:
        """Load the files; errors and warnings are in the result."""
        return load(self._paths)

    def settle_keys(self, intent: Intent) -> None:
        """Give each network its key, as far as there are any, and begin to move those that have another one.

        Networks without key are logged. Raises StateError when the ledger cannot be written; the keys given before stay
        in force then.
        """
        ledger, keys, problems = allocate(intent, self._ledger, time.time())
        self._take(ledger, self.moves.retargeted(keys))
        for problem in problems:
            level = logging.ERROR if problem.fatal else logging.WARNING
            log.log(level, "%s", problem, extra={"network": problem.network})

    def advance_moves(self, is_complete: bool) -> None:
        """Take the next step of all moves, see `Moves.advanced`; none while the ledger cannot be written."""
        try:
            self._take(self._ledger, self.moves.advanced(is_complete))
        except StateError as error:
            if str(error) != self._trouble:
                log.error("networks that change their key stay in between: %s", error)
            self._trouble = str(error)

    def _take(self, ledger: KeyLedger, moves: Moves) -> None:
        ledger = replace(ledger, unsettled=moves.unsettled)
        if ledger != self._ledger:
            self._state.write_ledger(ledger)
        self._trouble = ""
        before, self._ledger, self.moves = self.moves, ledger, moves
        for network, second in moves.second.items():
            if network not in before.second:
                log.info("moves from %s to %s", moves.entered[network], second, extra={"network": network})
        for network, last in moves.waiting.items():
            if network not in before.waiting:
                log.info("waits until no switch has its key for %s any more", last, extra={"network": network})


def report(loaded: Loaded) -> None:
    """Log what was found wrong with the files, in the order of the files."""
    for problem in loaded.errors:
        log.error(str(problem))
    for problem in loaded.warnings:
        log.warning(str(problem))
