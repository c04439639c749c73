"""The key ledger on disk: a snapshot, a journal of what changed since, and the pair before.

    keys.json           the ledger at one moment, sealed, with the number of the last edit in it
    keys.journal        the edits since, one a line: a checksum, a space, and JSON with the edit's number
    keys.json.bak       the snapshot before
    keys.journal.bak    the edits between the two

An edit costs its own line and one flush to disk, however large the ledger is. When the journal has become longer than
the snapshot (and 64 KiB), it is folded: a new snapshot is written beside and renamed over the old one, which becomes
`.bak`, as does the journal. Edits carry consecutive numbers and those that a snapshot has are skipped, so a crash
between any two of these steps does no harm.

A last line that is not whole is an edit that was being written when the daemon died. Nobody has acted on it, and it is
dropped. Anything else that is not whole, or missing between two numbers, is damage by a disk or by hand. A damaged
snapshot is replaced by the one before and both journals, which lose nothing; a warning says so. Otherwise the daemon
must not guess, for it would give away keys that are in use: `StateError`.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from controller.intent.allocation import KeyLedger
from controller.intent.key_register import LedgerEdit, edited
from controller.intent.model import Segment, SegmentKey
from controller.intent.moves import Unsettled
from controller.sealed import Damaged, UnknownVersion, seal, unseal
from controller.state_file import StateError, replace_file, sync_directory, unusable

LEDGER, JOURNAL = "keys.json", "keys.journal"
SHORT = 65_536
"""Bytes of a journal that is not folded yet, however small the snapshot is."""
_CHECKSUM = 16
_REMEDY = "restore it from a backup, or remove it to give all networks without a chosen key new ones"
_JOURNAL_REMEDY = "restore all keys.* from a backup, or remove them to give all networks without a chosen key new ones"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A ledger, and the number of the last edit in it."""

    ledger: KeyLedger = field(default_factory=KeyLedger)
    number: int = 0


class LedgerFiles:
    """The ledger in a directory that nobody else writes to."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._number = 0
        self._length = 0
        """Bytes of the journal that are whole edits."""
        self._folded = 0
        """Bytes of the snapshot."""
        self._is_sound = True
        """Whether the snapshot may become the one before: a damaged one must not push out a good one."""
        self._is_clean = False
        """Whether the journal ends at `_length`."""

    def read(self) -> tuple[KeyLedger, str | None]:
        """See `read_ledger`; to be called before `write`."""
        snapshot, warning, self._length = _replayed(self._path)
        self._number, self._is_clean = snapshot.number, False
        self._is_sound = warning is None
        with suppress(OSError):
            self._folded = (self._path / LEDGER).stat().st_size
        return snapshot.ledger, warning

    def write(self, ledger: KeyLedger, edit: LedgerEdit) -> None:
        """Store that `edit` has made the ledger what it is now. Raises StateError, and then the old one is stored."""
        line = _line(edit, self._number + 1)
        try:
            self._append(line)
        except OSError as error:
            self._is_clean = False
            raise unusable(self._path / JOURNAL, error) from None
        self._number += 1
        self._length += len(line)
        if self._is_long or not self._is_sound:
            # The edit is stored, so a disk that has no room for more is no reason to refuse it.
            with suppress(OSError):
                self._fold(ledger)

    @property
    def _is_long(self) -> bool:
        return self._length > max(SHORT, self._folded)

    def _append(self, line: bytes) -> None:
        is_new = not (self._path / JOURNAL).exists()
        journal = os.open(self._path / JOURNAL, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with os.fdopen(journal, "wb") as stream:
            if not self._is_clean:
                stream.truncate(self._length)
                self._is_clean = True
            stream.seek(self._length)
            stream.write(line)
            stream.flush()
            os.fsync(stream.fileno())
        if is_new:
            sync_directory(self._path)

    def _fold(self, ledger: KeyLedger) -> None:
        current, previous, journal = self._path / LEDGER, self._path / f"{LEDGER}.bak", self._path / JOURNAL
        if self._is_sound and current.exists():
            spare = previous.with_name(f"{previous.name}.tmp")
            spare.unlink(missing_ok=True)
            os.link(current, spare)
            spare.replace(previous)
        content = _encode(Snapshot(ledger, self._number))
        replace_file(current, content)
        self._folded = len(content)
        if not self._is_sound:
            # The one before is older than the journal that would have led from it to here.
            replace_file(previous, content)
            self._is_sound = True
        journal.replace(self._path / f"{JOURNAL}.bak")
        self._length, self._is_clean = 0, False
        sync_directory(self._path)


def read_ledger(path: Path) -> tuple[KeyLedger, str | None]:
    """The ledger in a state directory, empty at first, and a warning when the snapshot before had to be taken.

    Nothing is locked or changed. Raises StateError.
    """
    snapshot, warning, _ = _replayed(path)
    return snapshot.ledger, warning


def _replayed(path: Path) -> tuple[Snapshot, str | None, int]:
    """Snapshot and edits together, a warning, and how many bytes of the journal are whole edits."""
    # In this order, as a daemon may fold the journal meanwhile: what is in a later snapshot is skipped.
    lines, length = _lines(path / JOURNAL)
    snapshot, warning = _snapshot(path)
    if warning is not None:
        older, _ = _lines(path / f"{JOURNAL}.bak")
        lines = [*older, *lines]
    edits, number = [], snapshot.number
    for content in lines:
        if content["number"] > number:
            if content["number"] != number + 1:
                raise StateError(
                    f"{path / JOURNAL}: edits {number + 1:,} to {content['number'] - 1:,} are missing; "
                    f"{_JOURNAL_REMEDY}"
                )
            number += 1
            edits.append(_edit(content))
    return Snapshot(edited(snapshot.ledger, edits), number), warning, length


def _snapshot(path: Path) -> tuple[Snapshot, str | None]:
    current, previous = path / LEDGER, path / f"{LEDGER}.bak"
    try:
        snapshot = _read(current)
        if snapshot is not None:
            return snapshot, None
        damage = f"{current}: missing"
    except Damaged as damaged:
        damage = f"{current}: {damaged}"
    try:
        snapshot = _read(previous)
    except Damaged as damaged:
        raise StateError(f"{damage}, and {previous}: {damaged}; {_REMEDY}") from None
    if snapshot is not None:
        return snapshot, f"{damage}; took the one before, {previous}, and its journal"
    if current.exists():
        raise StateError(f"{damage}; {_REMEDY}")
    return Snapshot(), None


def _lines(file: Path) -> tuple[list[dict[str, Any]], int]:
    """The edits in a journal, and how many bytes they take; what was being written last is left out."""
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        return [], 0
    except OSError as error:
        raise unusable(file, error) from None
    edits: list[dict[str, Any]] = []
    length = 0
    for line in content.splitlines(keepends=True):
        checksum, _, text = line.rstrip(b"\n").partition(b" ")
        if not line.endswith(b"\n") or checksum != _checksum(text):
            if length + len(line) < len(content):
                raise StateError(f"{file}: line {len(edits) + 1:,} is damaged; {_JOURNAL_REMEDY}")
            break
        edits.append(json.loads(text))
        length += len(line)
    return edits, length


def _line(edit: LedgerEdit, number: int) -> bytes:
    content = {
        "number": number,
        "held": {name: _plain(key) for name, key in edit.held.items()},
        "released": [[*(_plain(key) or ()), since] for key, since in edit.released.items()],
    }
    if edit.unsettled is not None:
        content |= _plain_unsettled(edit.unsettled)
    text = json.dumps(content).encode()
    return _checksum(text) + b" " + text + b"\n"


def _edit(content: dict[str, Any]) -> LedgerEdit:
    held = {name: _key(*key) if key else None for name, key in content["held"].items()}
    released = {_key(segment, key): since for segment, key, since in content["released"]}
    return LedgerEdit(held, released, _unsettled(content) if "moving" in content else None)


def _checksum(text: bytes) -> bytes:
    return hashlib.sha256(text).hexdigest()[:_CHECKSUM].encode()


def _encode(snapshot: Snapshot) -> bytes:
    held, released = snapshot.ledger.held, snapshot.ledger.released
    content = {
        "number": snapshot.number,
        "held": {network: _plain(held[network]) for network in sorted(held)},
        "released": [[*(_plain(key) or ()), released[key]] for key in sorted(released)],
        **_plain_unsettled(snapshot.ledger.unsettled),
    }
    return seal(json.dumps(content))


def _read(file: Path) -> Snapshot | None:
    """The ledger in one file, None when there is none. Raises Damaged, and StateError where `.bak` is no remedy."""
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise unusable(file, error) from None
    try:
        return _decode(json.loads(unseal(content)))
    except UnknownVersion as error:
        raise StateError(f"{file}: {error}") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Damaged("damaged (its content is not a ledger)") from None


def _decode(content: dict[str, Any]) -> Snapshot:
    held = {network: _key(segment, key) for network, (segment, key) in content["held"].items()}
    released = {_key(segment, key): float(since) for segment, key, since in content["released"]}
    # Snapshots of before there were journals have no number, and those of before there were moves have none of them.
    return Snapshot(KeyLedger(held, released, _unsettled(content)), int(content.get("number", 0)))


def _plain_unsettled(unsettled: Unsettled) -> dict[str, Any]:
    return {
        "moving": {network: [_plain(key) for key in keys] for network, keys in unsettled.moving.items()},
        "vacated": [[*(_plain(key) or ()), network] for key, network in unsettled.vacated.items()],
    }


def _unsettled(content: dict[str, Any]) -> Unsettled:
    moving = {
        network: (_key(*entered) if entered else None, _key(*second) if second else None)
        for network, (entered, second) in content.get("moving", {}).items()
    }
    return Unsettled(moving, {_key(segment, key): str(name) for segment, key, name in content.get("vacated", [])})


def _plain(key: SegmentKey | None) -> tuple[str, int] | None:
    return (key.segment.value, key.key) if key else None


def _key(segment: str, key: int) -> SegmentKey:
    return SegmentKey(Segment(segment), key)
