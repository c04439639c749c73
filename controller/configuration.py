"""From files to what is in force: load, give keys, keep the ledger.

Reading can take seconds for a large installation, so it is apart from giving keys: `read` touches no state and may run
in a worker thread. It ends with the difference to the intent in force, and everything after it costs what differs.
`settle_keys` writes the ledger before anybody acts on the keys in it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from controller.intent.edit import IntentEdit, difference
from controller.intent.kept_trees import KeptTrees
from controller.intent.key_register import KeyRegister
from controller.intent.loader import Loaded, load
from controller.intent.model import Intent, SegmentKey
from controller.state_directory import StateDirectory
from controller.state_file import StateError
from controller.watch import Signature, signature

log = logging.getLogger(__name__)


class Configuration:
    """The files that an operator gave, and the keys of the networks in them."""

    def __init__(self, paths: Sequence[Path], state: StateDirectory) -> None:
        """Raises StateError when the key ledger cannot be read."""
        self._paths = tuple(paths)
        self._kept = KeptTrees()
        self._state = state
        self._in_force: Intent | None = None
        ledger, warning = state.read_ledger()
        self._register = KeyRegister(ledger)
        if warning:
            log.warning(warning)

    def signature(self) -> Signature:
        """What the files look like now."""
        return signature(self._paths)

    def read(self) -> tuple[Loaded, IntentEdit | None]:
        """Load the files, and compare with the intent in force; errors and warnings are in the first result."""
        loaded = load(self._paths, self._kept)
        return loaded, difference(self._in_force or Intent(), loaded.intent) if loaded.intent else None

    def settle_keys(self, edit: IntentEdit) -> Mapping[str, SegmentKey | None]:
        """Give keys to an edit that comes into force: the keys that change; None where a network has none any more.

        Networks without a key are logged. Raises StateError when the ledger cannot be written; the keys given before
        stay in force then.
        """
        changed, problems = self._register.settle(edit, time.time())
        if changed:
            try:
                self._state.write_ledger(self._register.ledger, changed)
            except StateError:
                self._register.undo()
                raise
        is_first, self._in_force = self._in_force is None, edit.after
        for problem in problems:
            level = logging.ERROR if problem.fatal else logging.WARNING
            log.log(level, "%s", problem, extra={"network": problem.network})
        # At first nobody knows the keys in the ledger, either.
        return dict(self._register.ledger.held) if is_first else changed.held


def report(loaded: Loaded) -> None:
    """Log what was found wrong with the files, in the order of the files."""
    for problem in loaded.errors:
        log.error(str(problem))
    for problem in loaded.warnings:
        log.warning(str(problem))
