"""A value on disk as a snapshot, a journal of what changed since, and the pair before.

    NAME.json           the value at one moment, sealed, with the number of the last edit in it
    NAME.journal        the edits since, one a line: a checksum, a space, and JSON with the edit's number
    NAME.json.bak       the snapshot before
    NAME.journal.bak    the edits between the two

An edit costs its own line and one flush to disk, however large the value is. When the journal has become longer than
the snapshot (and 64 KiB), it is folded: a new snapshot is written beside and renamed over the old one, which becomes
`.bak`, as does the journal. Edits carry consecutive numbers and those that a snapshot has are skipped, so a crash
between any two of these steps does no harm.

A last line that is not whole is an edit that was being written when the daemon died. Nobody has acted on it, and it is
dropped. Anything else that is not whole, or missing between two numbers, is damage by a disk or by hand. A damaged
snapshot is replaced by the one before and both journals, which lose nothing; a warning says so. Otherwise the daemon
must not guess: `StateError`.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeAlias, TypeVar

from controller.sealed import Damaged, UnknownVersion, seal, unseal
from controller.state_file import StateError, replace_file, sync_directory, unusable

SHORT = 65_536
"""Bytes of a journal that is not folded yet, however small the snapshot is."""
_CHECKSUM = 16

Plain: TypeAlias = dict[str, Any]
"""What JSON can say."""
Value = TypeVar("Value")
Edit = TypeVar("Edit")


@dataclass(frozen=True, slots=True)
class Form(Generic[Value, Edit]):
    """How a value and its edits are written, and what messages say about them."""

    name: str
    """Of the files."""
    kind: str
    """What it is, with an article."""
    empty: Callable[[], Value]
    to_plain: Callable[[Value], Plain]
    from_plain: Callable[[Plain], Value]
    edit_to_plain: Callable[[Edit], Plain]
    edit_from_plain: Callable[[Plain], Edit]
    """What it gets has the edit's `number`, too."""
    edited: Callable[[Value, Iterable[Edit]], Value]
    instead: str
    """What becomes of the installation when the files are removed."""

    @property
    def remedy(self) -> str:
        """What to do about a damaged snapshot."""
        return f"restore it from a backup, or remove it {self.instead}"

    @property
    def journal_remedy(self) -> str:
        """What to do about a damaged journal."""
        return f"restore all {self.name}.* from a backup, or remove them {self.instead}"


class JournaledFiles(Generic[Value, Edit]):
    """The files in a directory that nobody else writes to."""

    def __init__(self, path: Path, form: Form[Value, Edit]) -> None:
        self._form = form
        self._snapshot, self._journal = path / f"{form.name}.json", path / f"{form.name}.journal"
        self.number = 0
        """Of the last edit that is stored."""
        self._length = 0
        """Bytes of the journal that are whole edits."""
        self._last = 0
        """Bytes of the last of them."""
        self._folded = 0
        """Bytes of the snapshot."""
        self._is_sound = True
        """Whether the snapshot may become the one before: a damaged one must not push out a good one."""
        self._is_clean = False
        """Whether the journal ends at `_length`."""

    def read(self) -> tuple[Value, str | None]:
        """See `read_journaled`; to be called before anything is written."""
        value, self.number, warning, self._length = _replayed(self._snapshot.parent, self._form)
        self._is_clean, self._is_sound = False, warning is None
        with suppress(OSError):
            self._folded = self._snapshot.stat().st_size
        return value, warning

    def write(self, value: Value, edit: Edit) -> None:
        """Store that `edit` has made the value what it is now. Raises StateError, and then the old one is stored."""
        self.append(edit)
        self.fold_if_long(value)

    def append(self, edit: Edit) -> None:
        """Store an edit. Raises StateError, and then it is not stored."""
        line = _line(self._form.edit_to_plain(edit), self.number + 1)
        try:
            self._append(line)
        except OSError as error:
            self._is_clean = False
            raise unusable(self._journal, error) from None
        self.number += 1
        self._length, self._last = self._length + len(line), len(line)

    def take_back(self) -> None:
        """Undo the last `append`, after which nothing was folded. Raises StateError when the disk does not take it."""
        self.number, self._length, self._last = self.number - 1, self._length - self._last, 0
        self._is_clean = False
        try:
            self._append(b"")
        except OSError as error:
            raise unusable(self._journal, error) from None

    def fold_if_long(self, value: Value) -> None:
        """Make a snapshot of the value, which all edits so far have led to, if the journal has become long."""
        if self._is_long or not self._is_sound:
            # The edits are stored, so a disk that has no room for more is no reason to refuse them.
            with suppress(OSError):
                self._fold(value)

    @property
    def _is_long(self) -> bool:
        return self._length > max(SHORT, self._folded)

    def _append(self, line: bytes) -> None:
        is_new = not self._journal.exists()
        journal = os.open(self._journal, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with os.fdopen(journal, "wb") as stream:
            if not self._is_clean:
                stream.truncate(self._length)
                self._is_clean = True
            stream.seek(self._length)
            stream.write(line)
            stream.flush()
            os.fsync(stream.fileno())
        if is_new:
            sync_directory(self._journal.parent)

    def _fold(self, value: Value) -> None:
        current, previous = self._snapshot, _before(self._snapshot)
        if self._is_sound and current.exists():
            spare = previous.with_name(f"{previous.name}.tmp")
            spare.unlink(missing_ok=True)
            os.link(current, spare)
            spare.replace(previous)
        content = seal(json.dumps({"number": self.number, **self._form.to_plain(value)}))
        replace_file(current, content)
        self._folded = len(content)
        if not self._is_sound:
            # The one before is older than the journal that would have led from it to here.
            replace_file(previous, content)
            self._is_sound = True
        self._journal.replace(_before(self._journal))
        self._length, self._is_clean = 0, False
        sync_directory(current.parent)


def read_journaled(path: Path, form: Form[Value, Edit]) -> tuple[Value, str | None]:
    """The value in a state directory, empty at first, and a warning when the snapshot before had to be taken.

    Nothing is locked or changed. Raises StateError.
    """
    value, _, warning, _ = _replayed(path, form)
    return value, warning


def _replayed(path: Path, form: Form[Value, Edit]) -> tuple[Value, int, str | None, int]:
    """Snapshot and edits together, the last number, a warning, and how many bytes of the journal are whole edits."""
    journal = path / f"{form.name}.journal"
    # In this order, as a daemon may fold the journal meanwhile: what is in a later snapshot is skipped.
    lines, length = _lines(journal, form)
    value, number, warning = _best_snapshot(path / f"{form.name}.json", form)
    if warning is not None:
        older, _ = _lines(_before(journal), form)
        lines = [*older, *lines]
    edits = []
    for content in lines:
        if content["number"] > number:
            if content["number"] != number + 1:
                what = f"{journal}: edits {number + 1:,} to {content['number'] - 1:,} are missing"
                raise StateError(f"{what}; {form.journal_remedy}")
            number += 1
            edits.append(form.edit_from_plain(content))
    return form.edited(value, edits), number, warning, length


def _best_snapshot(current: Path, form: Form[Value, Edit]) -> tuple[Value, int, str | None]:
    previous = _before(current)
    try:
        snapshot = _read(current, form)
        if snapshot is not None:
            return *snapshot, None
        damage = f"{current}: missing"
    except Damaged as damaged:
        damage = f"{current}: {damaged}"
    try:
        snapshot = _read(previous, form)
    except Damaged as damaged:
        raise StateError(f"{damage}, and {previous}: {damaged}; {form.remedy}") from None
    if snapshot is not None:
        return *snapshot, f"{damage}; took the one before, {previous}, and its journal"
    if current.exists():
        raise StateError(f"{damage}; {form.remedy}")
    return form.empty(), 0, None


def _read(file: Path, form: Form[Value, Edit]) -> tuple[Value, int] | None:
    """The value in one file, None when there is none. Raises Damaged, and StateError where `.bak` is no remedy."""
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise unusable(file, error) from None
    try:
        plain = json.loads(unseal(content))
        # Snapshots of before there were journals have no number.
        return form.from_plain(plain), int(plain.get("number", 0))
    except UnknownVersion as error:
        raise StateError(f"{file}: {error}") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Damaged(f"damaged (its content is not {form.kind})") from None


def _lines(file: Path, form: Form[Value, Edit]) -> tuple[list[Plain], int]:
    """The edits in a journal, and how many bytes they take; what was being written last is left out."""
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        return [], 0
    except OSError as error:
        raise unusable(file, error) from None
    edits: list[Plain] = []
    length = 0
    for line in content.splitlines(keepends=True):
        checksum, _, text = line.rstrip(b"\n").partition(b" ")
        if not line.endswith(b"\n") or checksum != _checksum(text):
            if length + len(line) < len(content):
                raise StateError(f"{file}: line {len(edits) + 1:,} is damaged; {form.journal_remedy}")
            break
        edits.append(json.loads(text))
        length += len(line)
    return edits, length


def _line(plain: Plain, number: int) -> bytes:
    text = json.dumps({"number": number, **plain}).encode()
    return _checksum(text) + b" " + text + b"\n"


def _checksum(text: bytes) -> bytes:
    return hashlib.sha256(text).hexdigest()[:_CHECKSUM].encode()


def _before(file: Path) -> Path:
    """The one before of a file."""
    return file.with_name(f"{file.name}.bak")
