"""YAML as plain Python values that remember where they were written.

`Map` is a dict and `Seq` a list, so that anything that takes plain data (pydantic, `json`) takes them. Beside values
each keeps the position of every key and item, packed into one 64-bit integer: file number (18 bits), line (26) and
column (20), both from zero. Packed, the positions of a million values take some 16 MB, and trees of several files can
be merged into one without losing who wrote what.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from typing import Any

Path = Sequence[str | int]
"""Keys and list indices from the root to a value."""

_COLUMN_BITS, _LINE_BITS = 20, 26
_MAX_COLUMN, _MAX_LINE = 2**_COLUMN_BITS - 1, 2**_LINE_BITS - 1
MAX_FILES = 2**18


def pack(file: int, line: int, column: int) -> int:
    """One integer for a place; columns beyond a million count as a million."""
    packed: int = (file << _LINE_BITS | min(line, _MAX_LINE)) << _COLUMN_BITS | min(column, _MAX_COLUMN)
    return packed


def unpack(position: int) -> tuple[int, int, int]:
    """(file number, line, column) of a packed position."""
    return position >> (_LINE_BITS + _COLUMN_BITS), position >> _COLUMN_BITS & _MAX_LINE, position & _MAX_COLUMN


class Map(dict[str, Any]):
    """A YAML mapping; in insertion order, with the positions of keys and of values."""

    __slots__ = ("_index", "positions")

    def __init__(self) -> None:
        super().__init__()
        self.positions = array("Q")
        self._index: dict[str, int] | None = None

    def put(self, key: str, value: object, key_position: int, value_position: int) -> None:
        """Add a key that is not there yet."""
        self[key] = value
        self.positions.append(key_position)
        self.positions.append(value_position)

    def key_position(self, key: str) -> int:
        """Where the key is written."""
        return self.positions[2 * self._number(key)]

    def value_position(self, key: str) -> int:
        """Where the key's value begins."""
        return self.positions[2 * self._number(key) + 1]

    def _number(self, key: str) -> int:
        # Asked for only when something is to be reported, and then perhaps for each of 100,000 keys.
        if self._index is None or len(self._index) != len(self):
            self._index = {known: number for number, known in enumerate(self)}
        return self._index[key]

    def __reduce__(self) -> tuple[Any, ...]:
        """How it is pickled. In Python, so that other threads get their turn while a large tree is."""
        return _map, (tuple(self), tuple(self.values()), self.positions.tobytes())


class Seq(list[Any]):
    """A YAML sequence, with the position of each item."""

    __slots__ = ("positions",)

    def __init__(self) -> None:
        super().__init__()
        self.positions = array("Q")

    def add(self, value: object, position: int) -> None:
        """Append an item."""
        self.append(value)
        self.positions.append(position)

    def __reduce__(self) -> tuple[Any, ...]:
        """How it is pickled."""
        return _seq, (tuple(self), self.positions.tobytes())


def _map(keys: Iterable[str], values: Iterable[object], positions: bytes) -> Map:
    result = Map()
    result.update(zip(keys, values, strict=True))
    result.positions.frombytes(positions)
    return result


def _seq(values: Iterable[object], positions: bytes) -> Seq:
    result = Seq()
    result.extend(values)
    result.positions.frombytes(positions)
    return result


def locate(root: Map, path: Path, at_key: bool = False) -> int:
    """Position of the value at `path`, or of its key; of the deepest part that exists when the path leads nowhere."""
    key_position = value_position = 0
    value: Any = root
    for step in path:
        if isinstance(value, Map) and isinstance(step, str) and step in value:
            key_position, value_position = value.key_position(step), value.value_position(step)
        elif isinstance(value, Seq) and isinstance(step, int) and 0 <= step < len(value):
            key_position = value_position = value.positions[step]
        else:
            break
        value = value[step]
    return key_position if at_key else value_position


def without(root: Map, paths: Iterable[Path]) -> dict[str, Any]:
    """A copy of the tree that lacks what is at `paths`; parts that are not touched are shared with the tree.

    The copy is plain: positions stay with the tree, which is not changed.
    """
    removed: dict[str | int, Any] = {}
    for path in paths:
        branch = removed
        for step in path:
            branch = branch.setdefault(step, {})
        branch[_HERE] = {}
    copy = _pruned(root, removed)
    return copy if isinstance(copy, dict) else {}


_HERE = -1
"""Marks the end of a path in the tree of what is removed; no list has this index."""


def _pruned(value: Any, removed: dict[str | int, Any]) -> Any:  # noqa: ANN401
    if not removed:
        return value
    if isinstance(value, Map):
        items = ((key, child, removed.get(key, {})) for key, child in value.items())
        return {key: _pruned(child, branch) for key, child, branch in items if _HERE not in branch}
    if isinstance(value, Seq):
        numbered = ((child, removed.get(number, {})) for number, child in enumerate(value))
        return [_pruned(child, branch) for child, branch in numbered if _HERE not in branch]
    return value
