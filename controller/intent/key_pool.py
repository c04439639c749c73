"""A pool of segment keys, from which the lowest one that may be used is taken.

Three things keep a key from being taken: another network holds it, it is reserved, or it was released a short while
ago and is in quarantine. The last only postpones: when nothing else is left, `take_oldest` takes what was released
first.

A pool lives as long as the fabric stays what it is, and taking a key costs the same however many are held. Keys are
looked at once in ascending order; one that becomes free behind that point waits in a heap.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from heapq import heappop, heappush

from controller.intent.model import KeyRange


def merged(ranges: Collection[KeyRange]) -> tuple[KeyRange, ...]:
    """The same keys in ascending ranges that do not overlap."""
    result: list[KeyRange] = []
    for one in sorted(ranges, key=lambda item: item.first):
        if result and one.first <= result[-1].last + 1:
            result[-1] = KeyRange(result[-1].first, max(result[-1].last, one.last))
        else:
            result.append(one)
    return tuple(result)


def vlan_pool_size(vlans: Collection[KeyRange], reserved: Collection[KeyRange]) -> int:
    """How many VLANs can be given out."""
    return sum(1 for _ in _keys(merged(vlans), merged(reserved)))


def _keys(ranges: Collection[KeyRange], excluded: Collection[KeyRange]) -> Iterator[int]:
    return (key for one in ranges for key in range(one.first, one.last + 1) if not any(key in out for out in excluded))


class KeyPool:
    """The keys of `ranges` but for `reserved`.

    Keys are counted, as networks of different encapsulations may hold one tunnel ID, if operators chose it so.
    """

    def __init__(self, ranges: Collection[KeyRange], reserved: Collection[KeyRange]) -> None:
        self._ranges = merged(ranges)
        self._reserved = merged(reserved)
        self._used: Counter[int] = Counter()
        self._cooling: Counter[int] = Counter()
        self._ascending = _keys(self._ranges, self._reserved)
        self._seen = -1
        """The last key that was looked at in ascending order."""
        self._spare: list[int] = []
        """A heap: every free key up to `_seen`, and some that are not free any more."""

    def __str__(self) -> str:
        text = ", ".join(map(str, self._ranges))
        return f"{text} less the reserved {', '.join(map(str, self._reserved))}" if self._reserved else text

    @property
    def size(self) -> int:
        """Keys in the pool, used ones included."""
        reserved = sum(1 for out in self._reserved for key in range(out.first, out.last + 1) if self._in_ranges(key))
        return sum(one.last - one.first + 1 for one in self._ranges) - reserved

    def use(self, key: int) -> None:
        """A network holds the key, of the pool or not."""
        self._used[key] += 1

    def disuse(self, key: int) -> None:
        """A network holds the key no more; it is used again, or cooled, before the next one is taken."""
        _count_down(self._used, key)

    def cool(self, key: int) -> None:
        """The key is in quarantine."""
        self._cooling[key] += 1

    def warm(self, key: int) -> None:
        """The key is in quarantine no more."""
        _count_down(self._cooling, key)
        if key <= self._seen and self._may_take(key):
            heappush(self._spare, key)

    def take(self) -> int | None:
        """The lowest free key, which is to be used now; None when there is none."""
        while self._spare:
            if self._is_free(key := heappop(self._spare)):
                return key
        for key in self._ascending:
            self._seen = key
            if self._is_free(key):
                return key
        return None

    def take_oldest(self, released: Mapping[int, float]) -> int | None:
        """Of the keys in quarantine, given with when each was released, the one released first; None without any."""
        for _, key in sorted((since, key) for key, since in released.items()):
            if key not in self._used and self._may_take(key):
                return key
        return None

    def _is_free(self, key: int) -> bool:
        return key not in self._used and key not in self._cooling

    def _may_take(self, key: int) -> bool:
        return self._in_ranges(key) and not any(key in out for out in self._reserved)

    def _in_ranges(self, key: int) -> bool:
        return any(key in one for one in self._ranges)


def _count_down(counter: Counter[int], key: int) -> None:
    counter[key] -= 1
    if not counter[key]:
        del counter[key]
