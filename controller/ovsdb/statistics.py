"""What the sessions with hosts' databases count, since the start."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class HostStatistics:
    """Counters of all sessions together."""

    connections: int = 0
    """Peers that connected, whoever they were."""
    sessions: int = 0
    """Hosts that were taken on."""
    closed: Counter[str] = field(default_factory=Counter)
    """Ends of connections by kind, such as `malformed`, `unknown host`, `duplicate`, `tls`, `silent`."""
    transactions: int = 0
    """Changes that hosts were asked to make."""
    transactions_refused: int = 0
    """Of those, what hosts did not make."""
