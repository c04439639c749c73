"""How often a host is given what it is to have, when somebody keeps changing it back.

The same changes are given again after `RETRY` seconds, and not more than `MOST_WRITES` transactions within as long.
Interfaces that come are none of that: a host that starts with a hundred guests is told of each at once. So every
interface in the transactions allows one more.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from controller.ovsdb.session import Operation

RETRY = 5.0
MOST_WRITES = 20


class WriteLimit:
    """Of one host. Times are seconds of any steady clock."""

    def __init__(self) -> None:
        self._last: Sequence[Operation] = ()
        self._given: deque[tuple[float, frozenset[str]]] = deque()
        """When something was given in the last `RETRY` seconds, and to which interfaces."""

    def forget(self) -> None:
        """What is asked for is something else now: it may be given, even if it was before."""
        self._last = ()

    def admits(self, changes: Sequence[Operation], now: float) -> bool:
        """Whether to give these changes now; then they count as given."""
        while self._given and now >= self._given[0][0] + RETRY:
            self._given.popleft()
        interfaces = {interface for _, some in self._given for interface in some}
        is_again = changes == self._last and bool(self._given)
        if is_again or len(self._given) >= MOST_WRITES + len(interfaces):
            return False
        self._last = changes
        self._given.append((now, _interfaces(changes)))
        return True


def _interfaces(changes: Sequence[Operation]) -> frozenset[str]:
    return frozenset(str(one["where"]) for one in changes if one["table"] == "Interface" and "where" in one)
