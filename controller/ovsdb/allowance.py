"""Who may be heard now: shares of the daemon's time, and who waits for one, in the order in which they came.

A host has one for itself, by its name, so a new connection buys no fresh credit. All who have not shown who they are
have one in common. What one of them spent there until it was taken on is its host's, so many may come at once; but
whoever does that again and again spends the host's first, and then theirs.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import Protocol

from controller.ovsdb.share import Share
from controller.southbound.bounded_log import BoundedLog

log = logging.getLogger(__name__)

SLACK = 0.001
"""Seconds: timers may come a little early."""
SAY_AGAIN = 10.0
"""Seconds between two lines about the same one."""


class Waiting(Protocol):
    """Who waits."""

    def go_on(self) -> None:
        """It is your turn: take what there is, and spend what that costs."""


class Allowance:
    """One share, and who waits for it."""

    def __init__(self, complaints: BoundedLog) -> None:
        self._loop = asyncio.get_running_loop()
        self._share = Share(self._loop.time())
        self._waiting: deque[Waiting] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._complaints = complaints
        self._said = float("-inf")

    @property
    def is_spent(self) -> bool:
        """Whether whoever comes now has to wait."""
        return bool(self._waiting) or self._share.wait(self._loop.time()) > 0

    def spend(self, seconds: float) -> None:
        """So much work was done."""
        self._share.spend(seconds, self._loop.time())

    def take_over(self, seconds: float, other: Allowance) -> None:
        """What another one spent was this one's, unless this one has nothing left; then it stays where it is."""
        if not self.is_spent:
            self.spend(seconds)
            other.spend(-seconds)

    def wait(self, one: Waiting) -> None:
        """Have `one` go on when there is credit and it is its turn."""
        self._waiting.append(one)
        self._set_timer()

    def leave(self, one: Waiting) -> None:
        """`one` does not wait any more."""
        if one in self._waiting:
            self._waiting.remove(one)

    def complain(self, peer: str, host: str) -> None:
        """Say who waits, now and then."""
        now = self._loop.time()
        if now >= self._said + SAY_AGAIN:
            self._said = now
            text = "slowed down: its database sends more than it is given time for"
            self._complaints.warning(now, text, peer=peer, switch=host)

    def _set_timer(self) -> None:
        if self._timer is None and self._waiting:
            self._timer = self._loop.call_later(self._share.wait(self._loop.time()) + SLACK, self._have_turns)

    def _have_turns(self) -> None:
        self._timer = None
        # Each once at most, as others are to have their turn on the loop, too.
        for _ in range(len(self._waiting)):
            if not self._waiting or self._share.wait(self._loop.time()) > 0:
                break
            self._waiting.popleft().go_on()
        self._set_timer()


class Allowances:
    """Those of hosts, by name, and that of all others."""

    def __init__(self, is_known: Callable[[str], bool]) -> None:
        """`is_known` tells whether there is a host of that name."""
        self._is_known = is_known
        self._hosts: dict[str, Allowance] = {}
        self._others: Allowance | None = None
        self._complaints = BoundedLog(log)

    def of(self, host: str) -> Allowance:
        """That of a host, or the common one for who is none."""
        found = self._hosts.get(host)
        if found is None and host and self._is_known(host):
            found = self._hosts[host] = Allowance(self._complaints)
        if found is None:
            found = self._others = self._others or Allowance(self._complaints)
        return found

    def spend(self, host: str, seconds: float) -> None:
        """So much work followed from what a host said."""
        self.of(host).spend(seconds)

    def prune(self) -> None:
        """Forget those of hosts that are none any more."""
        self._hosts = {name: one for name, one in self._hosts.items() if self._is_known(name)}
