"""From files, and what was changed over the API, to what is in force: load, give keys, keep the ledger.

Reading can take seconds for a large installation, so it is apart from giving keys: `read` touches no state and may run
in a worker thread. It ends with the difference to the intent in force, and everything after it costs what differs.
`settle_keys` writes the ledger before anybody acts on the keys in it.

A network that gets another key is moved there step by step (`controller.intent.moves`), and each step is in the ledger
before it is taken.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from controller.intent.allocation import AllocationProblem, KeyLedger
from controller.intent.edit import IntentEdit, difference
from controller.intent.kept_trees import KeptTrees
from controller.intent.key_register import KeyRegister, LedgerEdit
from controller.intent.loader import Base, Loaded, load, load_texts
from controller.intent.model import Intent
from controller.intent.moves import KeyChanges, Moves, Unsettled
from controller.state_directory import StateDirectory
from controller.state_file import StateError
from controller.watch import Signature, signature

log = logging.getLogger(__name__)


class Configuration:
    """The files that an operator gave, and the keys of the networks in them."""

    def __init__(self, paths: Sequence[Path], state: StateDirectory) -> None:
        """Raises StateError when the key ledger, or what the API keeps, cannot be read."""
        self._paths = tuple(paths)
        self._kept = KeptTrees()
        self._state = state
        self._in_force: Intent | None = None
        self.base = Base()
        """What the files in force say, for changes over the API."""
        self.part, doubt = state.api_part.read()
        """What is changed over the API."""
        ledger, warning = state.read_ledger()
        self._register = KeyRegister(ledger)
        for one in filter(None, (doubt, warning)):
            log.warning(one)
        self.moves = Moves(ledger.held, ledger.unsettled)
        """The keys in force, and which networks move from one to another."""
        self._unsettled = ledger.unsettled
        self._told: frozenset[AllocationProblem] = frozenset()
        """What is wrong with keys and was logged; after each load it is logged again, and not with each write."""
        self._waiting: dict[str, str] = {}
        self._trouble = ""

    def signature(self) -> Signature:
        """What the files look like now."""
        return signature(self._paths)

    def read(self) -> tuple[Loaded, IntentEdit | None]:
        """Load the files, and compare with the intent in force; errors and warnings are in the first result.

        Nothing may be changed over the API until the edit is in force, or it would be lost.
        """
        self._told = frozenset()
        loaded = load(self._paths, self._kept, self.part)
        return loaded, difference(self._in_force or Intent(), loaded.intent) if loaded.intent else None

    def read_as(self, files: Sequence[tuple[str, str]]) -> Loaded:
        """What `read` would load if these were the files: names and texts. Nothing comes of it."""
        return load_texts(files, self._kept, self.part)

    @property
    def in_force(self) -> Intent:
        """The intent that was settled last."""
        return self._in_force or Intent()

    @property
    def ledger(self) -> KeyLedger:
        """The keys that go with it; to be read before anything else is settled."""
        return self._register.ledger

    def settle_keys(self, edit: IntentEdit) -> KeyChanges:
        """Give keys to an edit that comes into force, and begin to move networks that have another one: what changed.

        Networks without a key are logged. Raises StateError when the ledger cannot be written; the keys given before
        stay in force then.
        """
        changed, problems = self._register.settle(edit, time.time())
        self.moves.retarget(changed.held)
        try:
            self._store(changed)
        except StateError:
            self._register.undo()
            self.moves.undo()
            raise
        is_first, self._in_force = self._in_force is None, edit.after
        for problem in problems:
            if problem in self._told:
                continue
            level = logging.ERROR if problem.fatal else logging.WARNING
            log.log(level, "%s", problem, extra={"network": problem.network})
        self._told = frozenset(problems)
        # At first nobody knows the keys in the ledger, either.
        return KeyChanges(dict(self.moves.entered), dict(self.moves.second)) if is_first else self.moves.changes

    def advance_moves(self, is_complete: bool) -> KeyChanges | None:
        """Take the next step of all moves, see `Moves.advance`; None when there is none, or it cannot be stored."""
        if not self.moves.advance(is_complete):
            return None
        try:
            self._store(LedgerEdit())
        except StateError as error:
            self.moves.undo()
            if str(error) != self._trouble:
                log.error("networks that change their key stay in between: %s", error)
            self._trouble = str(error)
            return None
        return self.moves.changes

    def _store(self, changed: LedgerEdit) -> None:
        before, self._unsettled = self._unsettled, self.moves.unsettled
        if self._unsettled != before:
            changed = replace(changed, unsettled=self._unsettled)
        if changed:
            try:
                self._state.write_ledger(replace(self._register.ledger, unsettled=self._unsettled), changed)
            except StateError:
                self._unsettled = before
                raise
        self._trouble = ""
        self._report_moves(before)

    def _report_moves(self, before: Unsettled) -> None:
        for network, (entered, second) in self._unsettled.moving.items():
            if second and before.moving.get(network, (None, None))[1] is None:
                log.info("moves from %s to %s", entered, second, extra={"network": network})
        waiting = self.moves.waiting
        for network, last in waiting.items():
            if network not in self._waiting:
                log.info("waits until no switch has its key for %s any more", last, extra={"network": network})
        self._waiting = waiting


def report(loaded: Loaded) -> None:
    """Log what was found wrong with the files, in the order of the files."""
    for problem in loaded.errors:
        log.error(str(problem))
    for problem in loaded.warnings:
        log.warning(str(problem))
