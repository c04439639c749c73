"""Networks that are looped outside of us, and which ports are blocked for that.

The daemon sends signed probes out of every tenant's port, and none is ever carried inside the fabric. So one that comes
in at a port shows that this port and the one it left by are connected outside: by a guest that bridges both, or by a
cable. Attachments (a port on a network) that are connected so, directly or through others, share a *segment*.

Networks and segments are the nodes of a graph, in which an attachment joins one of each. A flooded frame circles where
that graph has a circle, and nowhere else. So attachments are taken in the order in which they came, and one that would
close a circle is blocked (Kruskal's algorithm). What follows:

- Of several ports of one network on one segment, the oldest stays.
- A segment that joins two networks of a tenant once is no loop, and is left alone: a firewall may bridge them.
- A network of another tenant than the segment's oldest is blocked, loop or not: tenants are never joined.
- A port that returns what it is sent is blocked, too.

A blocked attachment goes on sending and hearing probes. It is released when none has come for some periods, and each
time that it has to be blocked again soon after, it is held for twice as long. What is blocked stays so as long as the
circle is there, even if an older port takes part in it later; otherwise two ports could take turns.

A tenant can bring itself into this state by handing probes from one port to another, and nobody else: a probe is heard
where somebody sent it into us, and was seen only by those behind the port that it left by.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Set
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

import networkx as nx
from networkx.utils import UnionFind

PERIOD = 2.0
"""Seconds between two probes from one attachment that is connected to others outside."""
LOST_AFTER = 3.5 * PERIOD
"""Seconds without a probe after which two attachments count as not connected."""
MOST_HELD = 300.0
"""Seconds for which an attachment is held at most."""
FORGIVEN_AFTER = 600.0
"""Seconds after a release from which being blocked again counts as the first time."""
MUTED = 1.0
"""Seconds in which nothing is learned from ports on the segment of one that was just blocked: frames still circle."""
MOST_SENDERS = 16
"""Senders that are remembered for one attachment. Of a hundred that hear each other, that is enough to connect all."""


@dataclass(frozen=True, slots=True, order=True)
class Attachment:
    """A port on one of its networks, by their ids."""

    network: str
    port: str

    @property
    def tenant(self) -> str:
        """Whose network it is."""
        return self.network.partition("/")[0]


Segment: TypeAlias = frozenset[Attachment]
"""Attachments that are connected outside."""


class Cause(StrEnum):
    """Why an attachment is blocked."""

    LOOPED = "looped"
    JOINED = "joined"
    REFLECTED = "reflected"


@dataclass(frozen=True, slots=True)
class Block:
    """A blocked attachment, and the one for which it is blocked; itself when it returns what it is sent."""

    at: Attachment
    partner: Attachment
    cause: Cause


@dataclass(slots=True)
class _Hold:
    """How long a blocked attachment is held after nothing wants it blocked any more; `wanted` is when something did."""

    wanted: float
    seconds: float


@dataclass(slots=True)
class OutsideLoops:
    """What was heard outside, and what is blocked for it. Times are seconds of any steady clock."""

    blocked: dict[Attachment, Block] = field(default_factory=dict)
    _heard: dict[Attachment, dict[Attachment, float]] = field(default_factory=dict)
    """Where probes came in -> by whom they had left -> when the last one came."""
    _order: dict[Attachment, int] = field(default_factory=dict)
    """Attachments that came later than those which were there at first, in the order in which they came."""
    _arrivals: int = 0
    _fixed: set[Attachment] = field(default_factory=set)
    """Attachments that cannot be blocked."""
    _holds: dict[Attachment, _Hold] = field(default_factory=dict)
    _past: dict[Attachment, tuple[float, float]] = field(default_factory=dict)
    """When an attachment was released, and after which hold."""
    _muted: dict[Attachment, float] = field(default_factory=dict)
    _segments: dict[Attachment, Segment] = field(default_factory=dict)
    _wanted: dict[Attachment, Block] = field(default_factory=dict)
    _is_stale: bool = False

    def arrived(self, attachments: Iterable[Attachment]) -> None:
        """These were attached just now, later than all others."""
        self._arrivals += 1
        self._order.update(dict.fromkeys(attachments, self._arrivals))
        self._is_stale = True

    def hear(self, at: Attachment, sender: Attachment, now: float, *, can_block: bool = True) -> None:
        """A probe that had left by `sender` came in at `at`, which cannot be blocked if it is outside of us itself."""
        senders = self._heard.setdefault(at, {})
        if sender not in senders:
            if len(senders) >= MOST_SENDERS:
                return
            self._is_stale = True
        if not can_block:
            self._fixed.add(at)
        senders[sender] = now

    def restore(self, blocks: Iterable[Block], now: float) -> None:
        """Start with what was blocked before; it is held as if it were for the second time, until probes tell."""
        for block in blocks:
            self.blocked[block.at] = block
            self._holds[block.at] = _Hold(now, LOST_AFTER)
            self.hear(block.at, block.partner, now)

    def advance(self, now: float, is_away: Callable[[Attachment], bool]) -> tuple[list[Block], list[Block]]:
        """Let time pass: what is to be blocked from now on, and what is released.

        Nothing can be said about attachments that are away, as they neither send nor hear probes for now.
        """
        if not (self._heard or self.blocked or self._muted or self._segments):
            return [], []
        self._expire(now, is_away)
        if self._is_stale:
            self._is_stale = False
            self._wanted = self._decide()
        began = [block for at, block in self._wanted.items() if at not in self.blocked]
        for block in began:
            self.blocked[block.at] = block
            self._holds[block.at] = _Hold(now, self._next_hold(block.at, now))
        self._muted.update((at, now + MUTED) for at in self.around(began))
        return began, self._release(now, is_away)

    def around(self, blocks: Iterable[Block]) -> set[Attachment]:
        """All attachments on the segments of those that are blocked, as of the last `advance`."""
        return {one for segment in {self._segments[block.at] for block in blocks} for one in segment}

    def is_muted(self, at: Attachment) -> bool:
        """Whether nothing is to be learned there: it is blocked, or what it sends may still be what circled."""
        return at in self.blocked or at in self._muted

    def watched(self) -> Set[Attachment]:
        """Attachments whose probes are waited for: those that are connected to others, and those that are blocked."""
        return self._segments.keys() | self.blocked.keys()

    def forget(self, attachments: Iterable[Attachment]) -> None:
        """These are no attachments any more."""
        for at in attachments:
            self._fixed.discard(at)
            for known in (self.blocked, self._holds, self._past, self._muted, self._order, self._heard, self._segments):
                known.pop(at, None)
            for senders in self._heard.values():
                senders.pop(at, None)
        self._is_stale = True

    def _expire(self, now: float, is_away: Callable[[Attachment], bool]) -> None:
        for at, senders in list(self._heard.items()):
            for sender, last in list(senders.items()):
                if is_away(at) or is_away(sender):
                    senders[sender] = now
                elif now - last > LOST_AFTER:
                    del senders[sender]
                    self._is_stale = True
            if not senders:
                del self._heard[at]
        for at in [at for at, until in self._muted.items() if until <= now]:
            del self._muted[at]

    def _decide(self) -> dict[Attachment, Block]:
        """What has to be blocked so that no circle is left, and no two tenants are joined."""
        graph: nx.Graph[Attachment] = nx.Graph()
        graph.add_edges_from((at, sender) for at, senders in self._heard.items() for sender in senders)
        self._segments = {at: those for those in map(frozenset, nx.connected_components(graph)) for at in those}
        joined: UnionFind[str | Segment] = UnionFind()
        elders: dict[Segment, list[Attachment]] = {}
        wanted: dict[Attachment, Block] = {}
        for at in sorted(self._segments, key=self._seniority):
            segment = self._segments[at]
            there = elders.setdefault(segment, [])
            block = None if at in self._fixed else self._judge(at, there, joined[at.network] == joined[segment])
            if block:
                wanted[at] = block
            else:
                joined.union(at.network, segment)
                there.append(at)
        return wanted

    def _judge(self, at: Attachment, elders: list[Attachment], closes_circle: bool) -> Block | None:
        if at in self._heard.get(at, ()):
            return Block(at, at, Cause.REFLECTED)
        if elders and elders[0].tenant != at.tenant:
            return Block(at, elders[0], Cause.JOINED)
        if closes_circle:
            return Block(at, next((one for one in elders if one.network == at.network), elders[0]), Cause.LOOPED)
        return None

    def _seniority(self, at: Attachment) -> tuple[bool, bool, int, Attachment]:
        return at not in self._fixed, at in self.blocked, self._order.get(at, 0), at

    def _next_hold(self, at: Attachment, now: float) -> float:
        released, held = self._past.pop(at, (0.0, 0.0))
        # LOST_AFTER has passed when nothing wants it any more; doubled, that is this much longer.
        return min(2 * held + LOST_AFTER, MOST_HELD) if released and now - released < FORGIVEN_AFTER else 0.0

    def _release(self, now: float, is_away: Callable[[Attachment], bool]) -> list[Block]:
        released = []
        for at, block in list(self.blocked.items()):
            hold = self._holds[at]
            if at in self._wanted or is_away(at) or is_away(block.partner):
                hold.wanted = now
            elif now - hold.wanted >= hold.seconds:
                released.append(block)
                del self.blocked[at], self._holds[at]
                self._past[at] = now, hold.seconds
        return released
