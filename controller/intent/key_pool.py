"""A pool of segment keys, from which the lowest one that may be used is taken.

Three things keep a key from being taken: another network holds it, it is reserved, or it was released a short while
ago. The last only postpones: when nothing else is left, the key that was released first is taken (`urgent`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

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
    """The keys of `ranges` but for `reserved`, of which `used` are held by networks."""

    def __init__(
        self,
        ranges: Collection[KeyRange],
        reserved: Collection[KeyRange],
        used: set[int],
        cooling: Mapping[int, float],
    ) -> None:
        """`cooling` gives keys in quarantine, with when each was released."""
        self._used = used
        self._ranges = merged(ranges)
        self._reserved = merged(reserved)
        self._cooling = dict(cooling)
        self._ascending = _keys(self._ranges, self._reserved)

    def __str__(self) -> str:
        text = ", ".join(map(str, self._ranges))
        return f"{text} less the reserved {', '.join(map(str, self._reserved))}" if self._reserved else text

    @property
    def size(self) -> int:
        """Keys in the pool, used ones included."""
        reserved = sum(1 for out in self._reserved for key in range(out.first, out.last + 1) if self._in_ranges(key))
        return sum(one.last - one.first + 1 for one in self._ranges) - reserved

    def take(self, urgent: bool = False) -> int | None:
        """Mark the lowest free key as used and return it; None when there is none.

        With `urgent` a key in quarantine is taken rather than none: the one that was released first.
        """
        for key in self._ascending:
            if key not in self._used and key not in self._cooling:
                self._used.add(key)
                return key
        return self._take_cooling() if urgent else None

    def _take_cooling(self) -> int | None:
        for _, key in sorted((released, key) for key, released in self._cooling.items()):
            if key not in self._used and self._in_ranges(key) and not any(key in out for out in self._reserved):
                self._used.add(key)
                return key
        return None

    def _in_ranges(self, key: int) -> bool:
        return any(key in one for one in self._ranges)
