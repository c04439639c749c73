"""The cookies of the flows that a switch holds, remembered as the difference to those that it should hold.

Mostly there is none. So a million flows on a hundred switches cost no second set of a million cookies; what is kept
are the *absent* ones (wanted, not held) and the *strays* (held, not wanted). Whoever edits what is wanted says so
(`rebase`), as both are counted from there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from itertools import chain

from controller.southbound.wanted import Edit, Wanted


class HeldFlows:
    """Of one switch."""

    def __init__(self, wanted: Wanted, cookies: Set[int] = frozenset()) -> None:
        """`cookies` are held."""
        self._wanted = wanted
        self._absent: set[int] = set(wanted.flows.keys() - cookies)
        self._strays: set[int] = set(cookies - wanted.flows.keys())

    def rebase(self, edit: Edit) -> None:
        """What is wanted was edited; what is held is the same as before."""
        for cookie in edit.come:
            if cookie in self._strays:
                self._strays.remove(cookie)
            else:
                self._absent.add(cookie)
        for cookie in edit.gone:
            if cookie in self._absent:
                self._absent.remove(cookie)
            else:
                self._strays.add(cookie)

    def __contains__(self, cookie: int) -> bool:
        """Whether it is held."""
        return cookie in self._strays or (cookie in self._wanted.flows and cookie not in self._absent)

    def __iter__(self) -> Iterator[int]:
        """All that are held."""
        return chain(self._strays, (cookie for cookie in self._wanted.flows if cookie not in self._absent))

    def add(self, cookie: int) -> None:
        """It is held now."""
        if cookie not in self._wanted.flows:
            self._strays.add(cookie)
        elif cookie in self._absent:
            self._absent.remove(cookie)
            if not self._absent:
                self._absent = set()  # An emptied set keeps the room that it had.

    def discard(self, cookie: int) -> None:
        """It is not held now."""
        if cookie in self._wanted.flows:
            self._absent.add(cookie)
        else:
            self._strays.discard(cookie)

    def discard_all(self, cookies: Iterable[int]) -> None:
        """None of them is held now."""
        for cookie in cookies:
            self.discard(cookie)

    @property
    def unlike_wanted(self) -> set[int]:
        """Those that are held and not wanted, or wanted and not held."""
        return self._strays | self._absent

    def missing_in(self, found: Set[int]) -> set[int]:
        """Those that are held and not in `found`."""
        return (self._wanted.flows.keys() - found - self._absent) | (self._strays - found)

    def missed_of(self, found: Set[int]) -> set[int]:
        """Those of `found` that are not held."""
        return set(found - self._wanted.flows.keys() - self._strays) | (self._absent & found)
