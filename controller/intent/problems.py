"""What is wrong with a document, where, and what would be right.

Every part of the loader reports to one `Problems`, which knows the files by number, so that all problems of all files
come out at once and in the order of reading.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from controller.intent.tree import pack, unpack

_SUGGESTIONS = 200
"""After so many searches for the nearest name no more are made: they cost milliseconds among 10,000 names."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One error or warning; line and column count from 1, and are 0 where there are none."""

    file: str
    line: int
    column: int
    what: str
    instead: str

    def __str__(self) -> str:
        return f"{_place(self.file, self.line, self.column)}: {self.what}; {self.instead}"


class Problems:
    """The errors and warnings of one load."""

    def __init__(self) -> None:
        self.files: list[Path] = []
        self._resources: set[int] = set()
        """Which of them are no files."""
        self._errors: set[Problem] = set()
        self._warnings: set[Problem] = set()
        self._suggestions = _SUGGESTIONS

    def add_file(self, file: Path) -> int:
        """The number of a file, for positions in it."""
        self.files.append(file)
        return len(self.files) - 1

    def add_resource(self, path: str) -> int:
        """The number of something that is named by its path in the API, and has no lines."""
        self._resources.add(number := self.add_file(Path(path)))
        return number

    def error(self, position: int, what: str, instead: str) -> None:
        """Report what makes the document invalid, at a packed position."""
        self._errors.add(self._problem(position, what, instead))

    def file_error(self, file: Path, what: str, instead: str) -> None:
        """Report a file that cannot be read at all."""
        self.error(pack(self.add_file(file), 0, 0), what, instead)

    def warning(self, position: int, what: str, instead: str) -> None:
        """Report what is valid and probably not meant."""
        self._warnings.add(self._problem(position, what, instead))

    @property
    def valid(self) -> bool:
        """Whether there are no errors."""
        return not self._errors

    @property
    def count(self) -> int:
        """How many errors and warnings there are."""
        return len(self._errors) + len(self._warnings)

    @property
    def errors(self) -> tuple[Problem, ...]:
        """All errors by file, line and column."""
        return tuple(sorted(self._errors))

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """All warnings by file, line and column."""
        return tuple(sorted(self._warnings))

    def place(self, position: int) -> str:
        """`file:line:column` of a packed position, to name a second place in a message."""
        return _place(*self._located(position))

    def choose(self, name: str, known: Collection[str], kind: str) -> str:
        """Advice after an unknown name: the nearest known one, or all when they are few."""
        if not known:
            return f"there is no {kind}"
        self._suggestions -= 1
        nearest = get_close_matches(name, known, n=1) if self._suggestions >= 0 else []
        if nearest:
            return f'the nearest {kind} is "{nearest[0]}"'
        if len(known) <= 20:
            return f"known: {', '.join(sorted(known))}"
        return f"none of the {len(known):,} known is near"

    def _problem(self, position: int, what: str, instead: str) -> Problem:
        return Problem(*self._located(position), what, instead)

    def _located(self, position: int) -> tuple[str, int, int]:
        file, line, column = unpack(position)
        return (
            (str(self.files[file]), 0, 0) if file in self._resources else (str(self.files[file]), line + 1, column + 1)
        )


def _place(file: str, line: int, column: int) -> str:
    return f"{file}:{line}:{column}" if line else file
