"""What files were read as the last time, so that a reload parses only those that changed.

Parsing YAML is most of the time of a load. A tree depends on the text of its file and on the number by which its
positions name the file, and on nothing else; so an equal text under an equal number has an equal tree. What merges,
checks and reports sees all trees every time, and so reports what it would have reported.

Trees are kept compressed: that of 100,000 ports takes 4 MB instead of 60, and half a second to get it back.
"""

from __future__ import annotations

import pickle
import zlib
from hashlib import sha256

from controller.intent.problems import Problems
from controller.intent.tree import Map
from controller.intent.yaml_reader import read


class KeptTrees:
    """The trees of one load after the other."""

    def __init__(self) -> None:
        self._before: dict[int, tuple[bytes, bytes]] = {}
        self._now: dict[int, tuple[bytes, bytes]] = {}

    def begin(self) -> None:
        """Another load begins; what the one before did not ask for is forgotten."""
        self._before, self._now = self._now, {}

    def read(self, text: str, file: int, problems: Problems) -> Map | None:
        """The same as `controller.intent.yaml_reader.read`."""
        digest = sha256(text.encode()).digest()
        known = self._before.get(file)
        if known is not None and known[0] == digest:
            self._now[file] = known
            return _unpacked(known[1])
        found = problems.count
        tree = read(text, file, problems)
        if tree is not None and problems.count == found:
            # Otherwise it has to be read again to be reported again.
            self._now[file] = digest, _packed(tree)
        return tree


def _packed(tree: Map) -> bytes:
    return zlib.compress(pickle.dumps(tree, pickle.HIGHEST_PROTOCOL), level=1)


def _unpacked(packed: bytes) -> Map:
    tree: Map = pickle.loads(zlib.decompress(packed))
    return tree
